"""Quirks by which another model answers than the one that is named."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from blackbox.errors import UsageError
from blackbox.serve import settings
from blackbox.serve.quirks.registry import Quirk, quirk

if TYPE_CHECKING:
    from blackbox.serve.exchange import Exchange

_OTHER, _SECOND_OTHER = "b", "a"
"""Who answers in place of a member unless it is said: b, and a in place of b."""


def _other(member: str) -> str:
    return _SECOND_OTHER if member.split("@", maxsplit=1)[0] == _OTHER else _OTHER


class _Rerouting(Quirk):
    to: str | None = None

    def members(self, member: str) -> tuple[str, ...]:
        """Return who may answer instead."""
        return (self.target(member),)

    def target(self, member: str) -> str:
        """Return who answers instead of `member`."""
        return self.to or _other(member)

    def reroute(self, exchange: Exchange) -> None:
        """Let the other one answer, and note it."""
        exchange.member = self.target(exchange.home)
        exchange.done.append(f"answered by {exchange.member}")


@quirk(
    "swap-model",
    "another model answers from this request on, or from so many seconds after the start",
    value="MEMBER:NUMBER or MEMBER:SECONDSs, e.g. b:50 or b:60s; MEMBER may be left out",
    default="20",
)
class SwapModel(_Rerouting):
    """Reproduces a model that is replaced behind its name."""

    def __init__(self, value: str | None) -> None:
        super().__init__(value)
        to, _, at = self.value.rpartition(":")
        if not re.fullmatch(r"[0-9]{1,9}s?", at):
            raise UsageError(f"{at!r} is neither a request number such as 50 nor a time such as 60s")
        self.to = to or None
        self._at, self._timed = float(at.removesuffix("s")), at.endswith("s")

    def ask(self, exchange: Exchange) -> None:
        """Let the other one answer if it is time."""
        reached = exchange.elapsed_s if self._timed else exchange.number
        if reached >= self._at:
            self.reroute(exchange)


@quirk(
    "reroute-share",
    "a share of the calls is answered by another model",
    value="SHARE or SHARE:MEMBER, e.g. 0.2:b",
    default="0.2",
)
class RerouteShare(_Rerouting):
    """Reproduces overflow traffic that goes to a cheaper model."""

    def __init__(self, value: str | None) -> None:
        super().__init__(value)
        part, _, to = self.value.partition(":")
        self._share, self.to = settings.share(part), to or None

    def ask(self, exchange: Exchange) -> None:
        """Draw who answers."""
        if exchange.drawn("reroute-share") < self._share:
            self.reroute(exchange)


@quirk(
    "two-builds",
    "half of the calls are answered by another build of the model",
    value="MEMBER or MEMBER@BUILD (int8, int4, bf16); the same member as int8 unless given",
)
class TwoBuilds(_Rerouting):
    """Reproduces a load balancer over servers that do not run the same build."""

    def __init__(self, value: str | None) -> None:
        super().__init__(value)
        self.to = self.value or None

    def target(self, member: str) -> str:
        """Return the other build."""
        return self.to or f"{member.split('@', maxsplit=1)[0]}@int8"

    def ask(self, exchange: Exchange) -> None:
        """Draw which build answers."""
        if exchange.drawn("two-builds") < 0.5:  # noqa: PLR2004 - one half each
            self.reroute(exchange)
