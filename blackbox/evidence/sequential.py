"""The sequential mode of *same*: paired answers, looked at after every pair, and the conditions that make that valid.

Null hypothesis: given the past, the two answers of a pair are exchangeable. That needs pairs of one probe whose order
was drawn before sending, each answer in one pair only and none a copy, and losses that don't depend on content.
A pair is settled in the order of the plan, never in the order of arrival: which answer is quick may tell who gave it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from blackbox.core import plain
from blackbox.evidence.loss import compare_loss
from blackbox.evidence.samples import Sample
from blackbox.stats.betting import Betting

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.core import Run

LARGEST_LOG = 700.0
"""Above it a wealth is no finite number any more."""

Side = Literal["a", "b"]
Status = Literal["different", "undecided", "void"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One place of the plan: the probe asked and the key of its observation, the same on both sides."""

    key: str
    probe_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SequentialRules:
    """Fixed before the first call.

    Args:
        alpha: Level over all endpoint pairs together.
        n_pairs: Endpoint pairs (times suites) that are tested at once.
    """

    alpha: float
    n_pairs: int

    @property
    def needed(self) -> float:
        """The wealth at which a pair is decided (Ville's inequality, Bonferroni over pairs)."""
        return self.n_pairs / self.alpha


@dataclass(frozen=True, slots=True, kw_only=True)
class SequentialResult:
    """What the sequential test of one pair of runs says; nothing else may be said of runs that it stopped.

    Args:
        status: different, undecided, or void where a condition fails.
        reason: In words.
        e_value: Highest wealth reached.
        pvalue: min(1, 1/e-value), valid whenever one stopped.
        pvalue_adjusted: Times the number of endpoint pairs.
        needed: The e-value at which a pair is decided.
        n_pairs: Pairs of answers played.
        n_skipped: Pairs of which an answer is missing.
        n_planned: Pairs of the plan.
    """

    status: Status
    reason: str
    e_value: float
    pvalue: float
    pvalue_adjusted: float
    needed: float
    n_pairs: int
    n_skipped: int
    n_planned: int


@dataclass(slots=True)
class PairedStream:
    """The e-process of two runs of one plan, fed with answers in any order.

    Args:
        slots: The plan's calls to closed probes, in its order.
        rules: Level and number of pairs.
    """

    slots: Sequence[Slot]
    rules: SequentialRules
    betting: Betting = field(default_factory=Betting)
    n_skipped: int = 0
    _next: int = 0
    _answers: dict[Side, dict[str, str | None]] = field(default_factory=lambda: {"a": {}, "b": {}})

    @property
    def decided(self) -> bool:
        """Whether the wealth has reached what was needed."""
        return self.betting.highest >= math.log(self.rules.needed)

    @property
    def e_value(self) -> float:
        """Highest wealth so far."""
        return math.exp(min(self.betting.highest, LARGEST_LOG))

    def offer(self, side: Side, key: str, answer: str | None) -> None:
        """Take one answer (None: missing) and settle every pair whose turn has come.

        Raises:
            ValueError: This call was answered before: a draw belongs to one pair only.
        """
        answers = self._answers[side]
        if key in answers:
            raise ValueError(f"{key} was answered twice on side {side}")
        answers[key] = answer
        self._settle()

    def _settle(self) -> None:
        of_a, of_b = self._answers["a"], self._answers["b"]
        while self._next < len(self.slots):
            slot = self.slots[self._next]
            if slot.key not in of_a or slot.key not in of_b:
                return
            self._next += 1
            a, b = of_a[slot.key], of_b[slot.key]
            if a is None or b is None:
                self.n_skipped += 1
            else:
                self.betting.play(slot.probe_id, a, b)


def result(stream: PairedStream, a: Run, b: Run) -> SequentialResult:
    """Return what the e-process says of two runs, or that it is void and why."""
    e_value = stream.e_value
    pvalue = min(1.0, 1.0 / e_value)
    objection = void(a, b, {slot.probe_id for slot in stream.slots})
    status: Status = "void" if objection else ("different" if stream.decided else "undecided")
    played = f"e-value {e_value:.3g} after {stream.betting.n_pairs} pairs, {stream.rules.needed:.3g} needed"
    return SequentialResult(
        status=status,
        reason=objection or played,
        e_value=e_value,
        pvalue=pvalue,
        pvalue_adjusted=min(1.0, pvalue * stream.rules.n_pairs),
        needed=stream.rules.needed,
        n_pairs=stream.betting.n_pairs,
        n_skipped=stream.n_skipped,
        n_planned=len(stream.slots),
    )


def void(a: Run, b: Run, probe_ids: set[str]) -> str | None:
    """Return why the e-process of two runs says nothing, or None."""
    return _unpaired(a, b) or _dependent(Sample.of(a, {}), Sample.of(b, {}), probe_ids)


def _unpaired(a: Run, b: Run) -> str | None:
    """Return why what the two were asked are no pairs fixed before the first call."""
    plans = [run.manifest.plan for run in (a, b)]
    if a.suite.digest != b.suite.digest or plans[0].get("order_digest") != plans[1].get("order_digest"):
        return "the two were not asked in one order drawn before the first call: there are no pairs"
    if any(rules_of(run) is None for run in (a, b)) or a.manifest.label != b.manifest.label:
        return "they were not collected together until decided: which answers are pairs was not fixed beforehand"
    if a.manifest.endpoint_name not in _partners(b) or b.manifest.endpoint_name not in _partners(a):
        return "the plan of one does not name the other: they were not collected as a pair"
    return None


def _dependent(a: Sample, b: Sample, probe_ids: set[str]) -> str | None:
    """Return why answers of a pair may not be exchangeable given the past: copies, or a loss that may be content's."""
    for name, side in (("A", a), ("B", b)):
        if side.independence.broken:
            return f"{name}: {side.independence.reason}"
    if n := a.n_shared_replies(b):
        return f"{n} replies of one side carry the identifier of a reply of the other: copies, not draws"
    loss = compare_loss(a, b, probe_ids)
    if loss.unequal:
        return f"answers were lost more often on one side (p = {loss.pvalue:.2g}): the loss may depend on content"
    return None


def plan_entry(rules: SequentialRules, endpoints: Sequence[str]) -> dict[str, Any]:
    """Return what a run's plan says of the sequential mode, fixed and digested before the first call."""
    return {
        "rule": "two-sample e-process by betting on pairs of one probe, in the order of the plan",
        "alpha": rules.alpha,
        "n_pairs": rules.n_pairs,
        "needed": rules.needed,
        "endpoints": list(endpoints),
    }


def rules_of(run: Run) -> SequentialRules | None:
    """Return the rules a run was collected under, or None where it was not collected until decided."""
    said: Mapping[str, Any] | None = run.manifest.plan.get("sequential")
    return SequentialRules(alpha=said["alpha"], n_pairs=said["n_pairs"]) if said else None


def result_entry(found: SequentialResult) -> dict[str, Any]:
    """Return a result as JSON types."""
    return dict(plain(found))


def sequential_sentence(found: SequentialResult) -> str:
    """Return what a pair collected until decided says of *same*."""
    e_value = f"e-value {found.e_value:.3g}, {found.needed:g} needed, after {found.n_pairs} pairs of answers"
    if found.status == "void":
        return f"Not applicable: {found.reason}."
    if found.status == "different":
        return f"Different: the two do not answer from one distribution ({e_value}, looked at after every pair)."
    return f"Inconclusive ({e_value}): not enough evidence that they differ, which is no evidence that they do not."


def _partners(run: Run) -> Sequence[str]:
    said: Mapping[str, Any] = run.manifest.plan.get("sequential") or {}
    return list(said.get("endpoints", ()))
