"""Quirks that accept a parameter and do not carry it out."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from blackbox.serve.quirks.registry import Quirk, quirk

if TYPE_CHECKING:
    from blackbox.serve.exchange import Exchange


@quirk("clean", "does nothing: every parameter is honoured")
class Clean(Quirk):
    """The honest profile."""


class _Ignoring(Quirk):
    fields: ClassVar[tuple[str, ...]]

    def ask(self, exchange: Exchange) -> None:
        for field in self.fields:
            exchange.body.pop(field, None)


@quirk("ignore-n", "answers once, whatever n says")
class IgnoreN(_Ignoring):
    """Reproduces servers that accept n and return one choice."""

    fields = ("n",)


@quirk("ignore-logprobs", "sends no log-probabilities, asked for or not")
class IgnoreLogprobs(_Ignoring):
    """Reproduces gateways that drop the field on the way."""

    fields = ("logprobs", "top_logprobs")


@quirk("ignore-temperature", "samples at temperature 1, whatever is asked for")
class IgnoreTemperature(_Ignoring):
    """Reproduces servers that sample at their own temperature."""

    fields = ("temperature",)


@quirk("ignore-max-completion-tokens", "honours max_tokens only, the older spelling of the limit")
class IgnoreMaxCompletionTokens(_Ignoring):
    """Reproduces servers that never learnt the newer field."""

    fields = ("max_completion_tokens",)


@quirk("ignore-max-tokens", "honours max_completion_tokens only, the newer spelling of the limit")
class IgnoreMaxTokens(_Ignoring):
    """Reproduces servers that dropped the older field."""

    fields = ("max_tokens",)


@quirk("ignore-seed", "accepts a seed and draws anew each time")
class IgnoreSeed(_Ignoring):
    """Reproduces the many servers for which a seed is decoration."""

    fields = ("seed",)


@quirk("ignore-stop", "accepts stop texts and runs past them")
class IgnoreStop(_Ignoring):
    """Reproduces gateways that drop the field on the way."""

    fields = ("stop",)
