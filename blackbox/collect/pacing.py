"""How fast one endpoint is asked: even spacing under its rate limits, pauses it asks for, and a window in flight."""

from __future__ import annotations

import asyncio
import heapq
from typing import TYPE_CHECKING

from blackbox.collect.spacing import Spacing

if TYPE_CHECKING:
    from collections.abc import Callable

    from blackbox.core import Clock

_MINUTE_S = 60.0
_WIDENING = 0.25
_RESOLUTION_S = 1e-9
"""A wait shorter than this may be too short for a float clock to move on by."""


class Pacer:
    """Hands out moments to send at: requests and tokens evenly spaced, so that no window of a minute is exceeded.

    A bucket of one: the server's own windows are unknown, and bursts are what they punish. Where no limit is
    configured, or a wrong one, the server's refusals say how far apart requests have to be (`Spacing`).

    Args:
        rpm: Requests a minute, or None.
        tpm: Tokens a minute, or None.
        clock: Time, injected.
        burst: Requests that may be under way at once.
    """

    def __init__(self, *, rpm: float | None, tpm: float | None, clock: Clock, burst: int = 1) -> None:
        self._request_s = _MINUTE_S / rpm if rpm else 0.0
        self._token_s = _MINUTE_S / tpm if tpm else 0.0
        self._clock = clock
        now = clock.monotonic()
        self._next_token = self._paused_until = now
        self._last: float | None = None
        self._turn = asyncio.Lock()
        self._n_pauses = 0
        self._sleeping: asyncio.Future[None] | None = None
        self._spacing = Spacing(now, burst=burst)

    async def admit(self, tokens: float) -> None:
        """Wait for the moment at which a request of about `tokens` tokens may be sent; who came first goes first."""
        async with self._turn:
            n_pauses = -1
            while n_pauses != self._n_pauses:  # a moment is void once a pause began or ended meanwhile
                n_pauses = self._n_pauses
                now = self._clock.monotonic()
                earliest = max(now, self._next_request(), self._next_token, self._paused_until)
                start = max(earliest, self._spacing.not_before(earliest))
                await self._wait_until(start)
            self._last, self._next_token = start, start + tokens * self._token_s
            self._spacing.sent(start)

    def _next_request(self) -> float:
        if self._last is None:
            return self._paused_until
        return self._last + max(self._request_s, self._spacing.seconds)

    def refund(self, tokens: float) -> None:
        """Give back tokens that were admitted but not used; fewer than none are charged on top."""
        self._next_token -= tokens * self._token_s

    def pause(self, seconds: float) -> None:
        """Send nothing for `seconds`; whoever waits for a moment gets a new one afterwards."""
        self._paused_until = max(self._paused_until, self._clock.monotonic() + seconds)
        self._n_pauses += 1
        if self._sleeping is not None:
            self._sleeping.cancel()

    def answered(self, *, sent_at: float) -> None:
        """Take note of a reply to a request of that moment: the server lets requests pass at this pace."""
        was_probing = self._spacing.is_probing
        is_sooner = self._spacing.answered(sent_at=sent_at, now=self._clock.monotonic())
        if is_sooner or (was_probing and not self._spacing.is_probing):
            self.pause(0)  # moments were further apart

    def refused(self, *, sent_at: float, wait_s: float, asked_s: float | None) -> None:
        """Take note of a refusal for the rate: pause, and send further apart from then on.

        Args:
            sent_at: When the refused request was sent, in seconds of the clock.
            wait_s: Seconds until the next attempt.
            asked_s: The same as the server named it, if it did.
        """
        now = self._clock.monotonic()
        self.pause(self._spacing.refused(sent_at=sent_at, now=now, wait_s=wait_s, asked_s=asked_s))

    @property
    def n_probes(self) -> int:
        """Times in a row that the server refused for the rate, and did not say when to come back."""
        return self._spacing.n_probes

    @property
    def knows_the_rate(self) -> bool:
        """Whether refusals have told what pace the server allows."""
        return self._spacing.is_firm

    async def _wait_until(self, moment: float) -> None:
        """Wait for a moment, or until a pause begins or ends."""
        n_pauses = self._n_pauses
        while (seconds := moment - self._clock.monotonic()) > _RESOLUTION_S and n_pauses == self._n_pauses:
            self._sleeping = asyncio.ensure_future(self._clock.sleep(seconds))
            try:
                await asyncio.wait({self._sleeping})
            finally:
                self._sleeping.cancel()
                self._sleeping = None


class Window:
    """How many requests may be under way: halved when the server is overrun, widened again answer by answer.

    Without it every worker comes back at the end of a pause at once. Places go to the oldest call first, so that under
    a rate limit no call is refused again and again while newer ones pass it.

    Args:
        maximum: The endpoint's configured concurrency.
        monotonic: Seconds, injected.
    """

    def __init__(self, maximum: int, *, monotonic: Callable[[], float]) -> None:
        self._maximum = maximum
        self._monotonic = monotonic
        self._limit = float(maximum)
        self._n_inside = 0
        self._narrowed_at = float("-inf")
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []

    @property
    def limit(self) -> int:
        """Requests that may be under way now."""
        return int(self._limit)

    async def enter(self, age: int) -> None:
        """Wait for a place; lower ages first."""
        place = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (age, place))
        self._let_in()
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self.leave()  # the place was given at the moment of the cancellation
            raise

    async def queue_again(self, age: int) -> None:
        """Keep the place if the window still has room for it, else wait for another."""
        if self._n_inside > self.limit:
            self.leave()
            await self.enter(age)

    def leave(self) -> None:
        """Give the place back."""
        self._n_inside -= 1
        self._let_in()

    def narrow(self, *, sent_at: float) -> None:
        """Halve the window, once for all requests sent up to the moment it was last halved."""
        if sent_at > self._narrowed_at:
            self._narrowed_at = self._monotonic()
            self._limit = max(1.0, self._limit / 2)

    def widen(self) -> None:
        """Widen by one place for every four windowfuls of answers."""
        self._limit = min(float(self._maximum), self._limit + _WIDENING / self._limit)
        self._let_in()

    def _let_in(self) -> None:
        while self._waiting and self._n_inside < self.limit:
            _, place = heapq.heappop(self._waiting)
            if not place.done():
                place.set_result(None)
                self._n_inside += 1
