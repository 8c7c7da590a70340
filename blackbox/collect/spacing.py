"""How far apart requests have to be: learnt from what a server refuses, so that a storm of refusals ends."""

from __future__ import annotations

from dataclasses import dataclass

_SLOWLY = 0.98
"""An answer shortens a spacing by so much, down to what refusals have confirmed."""
_QUICKLY = 0.8
"""The same for a first guess, which one outage can make far too long."""
_CONFIRMED = 2.0
"""A guess within this factor of the one before it confirms it."""
_MARGIN = 1.05
"""What a confirmed spacing is above the guess, so that what was overdrawn is not drawn again."""
_FORGETTING = 0.004
"""An answer lowers what is confirmed by this share of one part in so many as passed before the refusal: what was
guessed from few is corrected soon, and a limit that was raised is found in the end."""
_N_ENOUGH = 4
"""Requests that passed in a row, from which their own pace can be told where the server names no time."""
_LONGEST_REST_S = 60.0


@dataclass(slots=True, kw_only=True)
class _Stretch:
    """What was sent between two pauses."""

    began: float
    n_sent: int = 0
    n_refused: int = 0


class Spacing:
    """Seconds between requests: none until the server refuses one.

    A refusal says that what passed since the last pause is what the server allows until the pause it asks for is over.
    Each refused request after the first burst is paid for with a moment in which nothing is sent: so the requests sent,
    refused ones too, stay within what is allowed and the one burst that found the limit.

    Args:
        now: Seconds.
    """

    def __init__(self, now: float) -> None:
        self.seconds = 0.0
        self.is_firm = False
        """Whether a second guess confirmed the first."""
        self._guess = self._last_guess = self._before_s = self._floor_s = 0.0
        self._keep = 1.0
        self._n_bursts = 0
        self._stretch = self._burst = _Stretch(began=now)

    def sent(self) -> None:
        """Take note of a request."""
        self._stretch.n_sent += 1

    def answered(self) -> None:
        """Take note of an answer: try to be a little faster."""
        self._floor_s *= self._keep
        faster = self.seconds * (_SLOWLY if self.is_firm else _QUICKLY)
        self.seconds = max(min(self.seconds, self._floor_s), faster)

    def refused(self, *, sent_at: float, now: float, wait_s: float, asked_s: float | None) -> float:
        """Take note of a refusal and return the seconds to wait, those included in which nothing may be sent.

        Args:
            sent_at: When the refused request was sent.
            now: When it was refused.
            wait_s: Seconds until the next attempt.
            asked_s: The same as the server named it, if it did.
        """
        if sent_at >= self._stretch.began:
            self._begin_burst(until=now + (wait_s if asked_s is None else asked_s))
        self._burst.n_refused += 1
        n_passed = self._burst.n_sent - self._burst.n_refused
        pace_s = (now + (asked_s or 0.0) - self._burst.began) / max(1, n_passed)
        told = asked_s is not None or n_passed >= _N_ENOUGH
        self._guess = pace_s if told else max(pace_s, 2 * self._before_s)
        self.is_firm = told and self._guess <= _CONFIRMED * self._last_guess
        self._floor_s = self._guess * _MARGIN if self.is_firm else 0.0
        self._keep = 1 - _FORGETTING / max(1, n_passed)
        self.seconds = max(self._before_s, self._guess * _MARGIN)
        n_rest = 1 if self._n_bursts == 1 else self._burst.n_refused
        return wait_s + min(_LONGEST_REST_S, self.seconds * n_rest)

    def _begin_burst(self, *, until: float) -> None:
        self._n_bursts += 1
        self._last_guess, self._before_s = self._guess, self.seconds
        self._burst, self._stretch = self._stretch, _Stretch(began=until)
