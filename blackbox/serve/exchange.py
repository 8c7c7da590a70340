"""One request on its way through the endpoint, and the conditions under which a rule touches it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(slots=True, kw_only=True)
class Exchange:
    """A request being answered; quirks change it.

    Args:
        path: Where it was sent.
        asked: Its body as sent; never changed.
        body: Its body as quirks have it.
        served: Served name that answers.
        home: The model that is served under this name: a key of the loaded models.
        member: What answers it; the same unless a quirk reroutes it.
        number: Which request of this served name it is, from 1 in order of arrival.
        elapsed_s: Seconds since the endpoint started.
        seed: Of everything drawn.
        done: What was done to it, for the log.
        recalled: A reply to give instead of a new one.
    """

    path: str
    asked: Mapping[str, Any]
    body: dict[str, Any]
    served: str
    home: str
    member: str
    number: int
    elapsed_s: float
    seed: int
    done: list[str] = field(default_factory=list)
    recalled: dict[str, Any] | None = None

    def drawn(self, purpose: str) -> float:
        """Return a number in [0, 1) that depends on seed, served name, request number and purpose alone."""
        text = f"{self.seed}/{self.served}/{self.number}/{purpose}"
        return int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:7], "big") / 2**56

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The messages that have the shape of a message; what is wrong is refused later, where it is read."""
        listed = self.body.get("messages")
        return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """Under which conditions a rule holds; all of them must.

    Args:
        models: Served names; None for all.
        requests: First and last request number of the served name, from 1; the last may be None: and all after it.
        after_s: Not before so many seconds from the start.
        until_s: Not from so many seconds on.
        share: Share of the requests left, drawn by seed and request number.
    """

    models: tuple[str, ...] | None = None
    requests: tuple[tuple[int, int | None], ...] | None = None
    after_s: float = 0.0
    until_s: float | None = None
    share: float = 1.0

    def covers(self, exchange: Exchange, *, purpose: str) -> bool:
        """Return whether a rule holds for a request.

        Args:
            exchange: The request.
            purpose: Names the rule, so that two rules draw their shares independently.
        """
        if self.models is not None and exchange.served not in self.models:
            return False
        if self.requests is not None and not any(
            first <= exchange.number and (last is None or exchange.number <= last) for first, last in self.requests
        ):
            return False
        if exchange.elapsed_s < self.after_s or (self.until_s is not None and exchange.elapsed_s >= self.until_s):
            return False
        return self.share >= 1 or exchange.drawn(purpose) < self.share
