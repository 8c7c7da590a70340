"""What may be sent before refusals have told the rate: at most one request at a time that could be refused."""

from __future__ import annotations

from dataclasses import dataclass

_PATIENCE = 1.5
"""A request that is under way for so many times as long as the slowest refusal took was let pass."""
_LONGEST_S = 5.0
"""The longest it takes to tell: a server whose refusals take minutes does not make a run as slow."""
_MARGIN = 1.05
"""What a spacing is above the narrowest that is safe: requests arrive a little sooner or later than they are sent."""
_N_ENOUGH = 4
"""Requests that passed, from which a spacing can be told where the server names no time."""
_NEVER_S = float("inf")


@dataclass(slots=True)
class _Open:
    """A request of which it is not known yet whether it was refused."""

    sent_at: float
    until: float
    n: int
    """Requests since the last refusal, with this one."""
    next_at: float = _NEVER_S
    """When the one after it was sent."""

    def covers(self, sent_at: float) -> bool:
        """Return whether a request that was sent at this moment is the one."""
        return self.sent_at <= sent_at < self.next_at


class Risks:
    """Which requests could be refused, by the slowest bucket that would have let pass what passed since a refusal.

    At a refusal a bucket holds less than one request. If n requests passed in the s seconds since, it fills at more
    than (n - 1)/s a second, so that a request s/(n - 1) seconds behind the one before it is not refused, whatever
    becomes of that one. Any sooner one is a risk. So many risks are under way at a time as the burst that was refused
    was smaller than it could have been, and one at least: however late a second refusal comes, it comes alone, or
    makes the burst whole.
    """

    def __init__(self) -> None:
        self._since: float | None = None
        self._open: list[_Open] = []
        self._n_at_once = 1
        self._was_risk = True
        self._late_s = self._open_s = 0.0
        self._quiet_until = self._last = self._named = -_NEVER_S
        self._safe_s = _NEVER_S
        self._n = 0

    def told(self, *, sent_at: float, full_at: float | None) -> float | None:
        """Return the spacing that a refusal proves to be wide enough; None: nothing is proven by it.

        Args:
            sent_at: When the refused request was sent.
            full_at: When a request passes again, as the server named it, if it did; the latest reading.
        """
        for n_before, risk in enumerate(self._open):
            if risk.covers(sent_at):
                n_passed = risk.n - 1 - n_before
                exact_s = (full_at - self._named) / n_passed if full_at is not None and n_passed else _NEVER_S
                proven_s = min(exact_s, self._safe_s if n_passed >= _N_ENOUGH else _NEVER_S)
                return proven_s if proven_s < _NEVER_S else None
        return None

    def refused(self, *, sent_at: float, now: float, asked_s: float | None, n_left: int) -> None:
        """Take note of a refusal.

        Args:
            sent_at: When the refused request was sent.
            now: When it was refused.
            asked_s: Seconds until a request passes again, as the server named them, if it did.
            n_left: Refusals by which the burst is smaller than it could have been.
        """
        self._late_s = max(self._late_s, min(_LONGEST_S, _PATIENCE * (now - sent_at)))
        self._since = sent_at if self._since is None else max(sent_at, self._since)
        self._named = max(self._named, sent_at + _least(asked_s or 0.0))
        self._n_at_once = max(1, n_left)
        self._open, self._safe_s, self._n = [], _NEVER_S, 0
        self._quiet_until = self._last + self._late_s

    def known(self) -> None:
        """Take no more care: refusals have told the rate."""
        self._since, self._quiet_until = None, -_NEVER_S

    def next_at(self, now: float) -> float:
        """Return when the next request may be sent, unless an open one is answered before."""
        free_at = now if len(self._open) < self._n_at_once else max(now, self._open[0].until)
        # A risk right behind one that is safe does not put the next safe one off; so let that go first if it is near.
        near_s = self._open_s if self._was_risk and self._n_at_once == 1 else 0.0
        safe_at = self._last + self._safe_s
        return max(safe_at if safe_at <= free_at + near_s else free_at, self._quiet_until)

    def sent(self, now: float) -> None:
        """Take note of a request."""
        before, self._last = self._last, now
        if self._since is None:
            return
        while self._open and now >= self._open[0].until:
            self._passed(self._open[0], now)
        self._n += 1
        for risk in self._open[-1:]:
            risk.next_at = min(risk.next_at, now)
        if len(self._open) < self._n_at_once:
            self._was_risk = now < before + self._safe_s
            if self._was_risk:
                self._open.append(_Open(sent_at=now, until=now + self._late_s, n=self._n))

    def answered(self, *, sent_at: float, now: float) -> bool:
        """Take note of an answer; return whether the next request may be sent sooner."""
        known = [risk for risk in self._open if risk.covers(sent_at)]
        for risk in known:
            self._passed(risk, now)
        return bool(known)

    def _passed(self, risk: _Open, now: float) -> None:
        n_passed = risk.n - self._open.index(risk)
        self._open.remove(risk)
        self._open_s = min(now, risk.until) - risk.sent_at
        if self._since is not None and n_passed > 1:
            self._safe_s = min(self._safe_s, _MARGIN * (risk.sent_at - self._since) / (n_passed - 1))


def _least(asked_s: float) -> float:
    """Return the shortest time that a server may have meant: whole seconds are rounded up."""
    return asked_s if asked_s % 1 else max(0.0, asked_s - 1)
