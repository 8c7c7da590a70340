"""What is done to which requests: quirks and faults, each with its conditions."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from blackbox.serve.exchange import When
from blackbox.serve.quirks import Quirk, make_quirk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from blackbox.serve.exchange import Exchange
    from blackbox.serve.faults import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One quirk or one fault, under its name with its value, and when it holds."""

    name: str
    does: Quirk | Fault
    when: When = field(default_factory=When)


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What an endpoint does beside answering, in order; of several faults that hold, the first strikes.

    Args:
        rules: In order.
        seed: Of every share that is drawn.
        reasoning: Served names that are declared reasoning models: their answers are preceded by reasoning.
    """

    rules: tuple[Rule, ...] = ()
    seed: int = 0
    reasoning: tuple[str, ...] = ()

    def with_quirks(self, quirks: Mapping[str, Iterable[str]]) -> Script:
        """Return this script with quirks in front that always hold.

        Args:
            quirks: Served name → quirks, each written `NAME` or `NAME=VALUE`.

        Raises:
            UsageError: There is no such quirk, or its value does not fit.
        """
        always = [quirk_rule(text, models=(served,)) for served, texts in quirks.items() for text in texts]
        return replace(self, rules=(*always, *self.rules))

    @property
    def names(self) -> frozenset[str]:
        """Served names that are spoken of."""
        return frozenset(name for rule in self.rules for name in rule.when.models or ()) | {*self.reasoning}

    def holding(self, exchange: Exchange) -> Iterator[Rule]:
        """Yield the rules that hold for a request, in order."""
        for place, rule in enumerate(self.rules):
            if rule.when.covers(exchange, purpose=f"rule {place}"):
                yield rule

    def quirks_of(self, served: str) -> Iterator[Quirk]:
        """Yield the quirks that may hold for requests of a served name."""
        for rule in self.rules:
            if isinstance(rule.does, Quirk) and (rule.when.models is None or served in rule.when.models):
                yield rule.does


def quirk_rule(text: str, *, models: tuple[str, ...] | None = None) -> Rule:
    """Return the rule of a quirk that always holds, from `NAME` or `NAME=VALUE`.

    Raises:
        UsageError: There is no such quirk, or its value does not fit.
    """
    name, stated, value = text.partition("=")
    quirk = make_quirk(name, value if stated else None)
    return Rule(name=text, does=quirk, when=When(models=models))
