"""How far apart requests have to be: learnt from what a server refuses, so that a storm of refusals ends."""

from __future__ import annotations

from dataclasses import dataclass

from blackbox.collect.risks import Risks

_SLOWLY = 0.98
"""An answer shortens a spacing by so much, down to what refusals have confirmed."""
_QUICKLY = 0.8
"""The same for a first guess, which one outage can make far too long."""
_SLOWER = 2.0
"""A refusal without a time, although a spacing was kept, makes the spacing so much longer."""
_MARGIN = 1.05
"""What a spacing is above the guess, so that what was overdrawn is not drawn again."""
_FORGETTING = 0.004
"""An answer lowers what is confirmed by this share of one part in so many as passed before the refusal: what was
guessed from few is corrected soon, and a limit that was raised is found in the end."""
_N_ENOUGH = 4
"""Requests that passed in a row, from which a pace can be told where the server names no time."""
_LONGEST_FIRST_S = 1.0
"""The longest first spacing where fewer passed."""
_LONGEST_FIRST_REST_S = 20.0
"""The longest first rest behind the time that was named: enough for even spacing from three a minute on."""
_LONGEST_REST_S = 60.0
_WINDOW_S = 60.0
"""Most vendors count by the second or the minute: after so long a silence a new window has begun."""


@dataclass(slots=True, kw_only=True)
class _Stretch:
    """What was sent between two pauses."""

    began: float
    n_sent: int = 0
    n_refused: int = 0
    pause_s: float = 0.0
    """How long nothing was sent before it began."""
    refused_at: float = 0.0
    """When one of these was first refused."""
    until: float = 0.0
    """When the server lets a request pass again, as it said when it refused one of these."""

    @property
    def n_passed(self) -> int:
        """What was let pass, as far as is known."""
        return self.n_sent - self.n_refused


class Spacing:
    """Seconds between requests: none until the server refuses one.

    Where the server names a time, what passed since the last pause is what it allows until that time: exactly so from
    the second refusal on. Where it names none, single requests are sent, further and further apart, until one passes;
    what passed before the refusals is what it allows until then. Once a whole burst was refused without a time, nothing
    is sent for a minute, so that what is sent in one window stays within its limit and one burst.

    Args:
        now: Seconds.
        burst: Requests that may be under way at once.
    """

    def __init__(self, now: float, *, burst: int) -> None:
        self.seconds = 0.0
        self.is_firm = False
        """Whether more than one refusal stands behind it."""
        self.n_probes = 0
        """Times in a row that the server refused, and did not say when to come back."""
        self._burst_size = burst
        self._guess = self._before_s = self._floor_s = 0.0
        self._keep = self._faster = 1.0
        self._n_bursts = self._n_unpaid = self._n_owed = 0
        self._n_to_hold = 0.0
        self._unknown: _Stretch | None = None
        self._risks = Risks()
        self._proven_s: float | None = None
        self._stretch = self._burst = self._first = _Stretch(began=now)

    @property
    def is_probing(self) -> bool:
        """Whether single requests find out when the server lets one pass again."""
        return self._unknown is not None

    def not_before(self, now: float) -> float:
        """Return when the next request may be sent, whatever the spacing, unless one is answered before."""
        return self._risks.next_at(now)

    def sent(self, now: float) -> None:
        """Take note of a request."""
        self._stretch.n_sent += 1
        self._risks.sent(now)

    def answered(self, *, sent_at: float, now: float) -> bool:
        """Take note of an answer: try to be a little faster.

        Args:
            sent_at: When its request was sent.
            now: When it came.

        Returns:
            Whether the next request may be sent sooner because of it.
        """
        self._speed_up(sent_at)
        return self._risks.answered(sent_at=sent_at, now=now)

    def _speed_up(self, sent_at: float) -> None:
        if sent_at < self._stretch.began:
            return  # it tells nothing about what was refused since
        if self._unknown is not None:
            self._settle(self._unknown, passed_at=sent_at)
            return
        if self._n_to_hold > 0:
            self._n_to_hold -= 1
        else:
            self._floor_s, self._n_owed = self._floor_s * self._keep, 0
        self.seconds = max(min(self.seconds, self._floor_s), self.seconds * self._faster)

    def refused(self, *, sent_at: float, now: float, wait_s: float, asked_s: float | None) -> float:
        """Take note of a refusal and return the seconds to wait, those included in which nothing may be sent.

        Args:
            sent_at: When the refused request was sent.
            now: When it was refused.
            wait_s: Seconds until the next attempt.
            asked_s: The same as the server named it, if it did.
        """
        if sent_at >= self._stretch.began:
            self._begin_burst(now, until=now + (wait_s if asked_s is None else asked_s))
            self._proven_s = self._risks.told(sent_at=sent_at, full_at=None if asked_s is None else now + asked_s)
        self._burst.n_refused += 1
        self._n_owed += 1
        delay_s = self._mute(now, wait_s) if asked_s is None else self._told(now, wait_s, asked_s)
        self._risks.refused(sent_at=sent_at, now=now, asked_s=asked_s, n_left=self._burst_size - self._n_owed)
        if self.is_firm and (asked_s is not None or self._proven_s is not None):
            self._risks.known()
        return delay_s

    def _begin_burst(self, now: float, *, until: float) -> None:
        self._n_bursts += 1
        self.n_probes += 1
        if self._unknown is None:
            self._before_s = self.seconds
        self._burst, self._stretch = self._stretch, _Stretch(began=until)
        self._burst.refused_at, self._burst.until = now, until

    def _told(self, now: float, wait_s: float, asked_s: float) -> float:
        self._unknown, self.n_probes = None, 0
        pace_s = (now + asked_s - self._burst.began) / max(1, self._burst.n_passed)
        is_firm = self._n_bursts > 1 and self._burst.n_passed > 0
        self._guess = self._proven_s or (pace_s if is_firm else _first(pace_s, self._burst))
        self._hold(self._burst.n_passed, is_firm=is_firm)
        self._faster = _SLOWLY if self.is_firm else _QUICKLY
        self.seconds = max(self._before_s, self._guess * _MARGIN)
        if self._n_bursts == 1:
            return wait_s + max(self.seconds, min(pace_s, _LONGEST_FIRST_REST_S))
        return wait_s + min(_LONGEST_REST_S, self.seconds * self._burst.n_refused)

    def _mute(self, now: float, wait_s: float) -> float:
        """Send the next request alone; after a whole burst of refusals, not within the same minute."""
        self._unknown = self._unknown or self._burst
        self._n_unpaid += 1
        if self._n_unpaid >= self._burst_size:
            wait_s = max(wait_s, _WINDOW_S)
        elif self._proven_s is not None and not self._was_full(self._unknown):
            wait_s = max(wait_s, min(_WINDOW_S, _MARGIN * self._proven_s))
        self._stretch.began = max(self._stretch.began, now + wait_s)
        self._stretch.pause_s = self._stretch.began - now
        self.seconds = wait_s
        return wait_s

    def _settle(self, unknown: _Stretch, *, passed_at: float) -> None:
        """Take what passed before the refusals for what is allowed until a request passed again."""
        self._unknown, self.n_probes = None, 0
        if self._n_unpaid >= self._burst_size:
            self._n_unpaid = 0
        kept_to_it = self._before_s > 0
        pace_s = (passed_at - unknown.began) / max(1, unknown.n_passed)
        if kept_to_it:
            proven_s = None if self._was_full(unknown) else self._proven_s
            self._guess = proven_s or _SLOWER * self._before_s
        else:
            self._guess = _first(pace_s, unknown)
        self._hold(unknown.n_passed, is_firm=kept_to_it)
        self._faster = _SLOWLY if kept_to_it or unknown.n_passed >= _N_ENOUGH else _QUICKLY
        self.seconds = self._guess * _MARGIN

    def _was_full(self, stretch: _Stretch) -> bool:
        """Return whether a bucket was full as a stretch began: else more was filled in before it than one can hold."""
        seconds = stretch.pause_s + stretch.refused_at - stretch.began
        return stretch.pause_s * stretch.n_passed >= seconds * (self._first.n_passed + 1) > 0

    def _hold(self, n_passed: int, *, is_firm: bool) -> None:
        self.is_firm = is_firm
        self._floor_s = self._guess * _MARGIN if is_firm else 0.0
        self._keep = 1 - _FORGETTING / max(1, n_passed)
        self._n_to_hold = (self._depth() + self._n_owed) / (_MARGIN - 1)

    def _depth(self) -> float:
        """Return how many requests the server lets pass at once, if it counts by a bucket.

        That is what passed before its first refusal, but for what was filled in until it let one pass again. What it
        refuses stays on its account until it was full for as long.
        """
        first = self._first
        return max(1.0, 1 + first.n_passed - (first.until - first.began) / self._guess)


def _first(pace_s: float, stretch: _Stretch) -> float:
    """Return a first guess: few requests tell no pace, and where none passed it may have been an outage."""
    return pace_s if stretch.n_passed >= _N_ENOUGH else min(pace_s, _LONGEST_FIRST_S)
