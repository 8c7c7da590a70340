"""Servers with rate limits of several kinds, and how far above such a limit a client went."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Protocol

from blackbox.errors import TransientError
from support.lanes import answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.core import Completion


class Rule(Protocol):
    """A rate limit: `burst` requests at once, `rate` a second in the long run."""

    rate: float
    burst: float

    def wait_s(self, now_s: float) -> float:
        """Return 0 and count a request that passes, or the seconds until one would."""
        ...


class Tokens:
    """A bucket of `burst` tokens that fills at `rate` a second; a burst of one is even spacing."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate, self.burst = rate, burst
        self._tokens, self._at_s = burst, 0.0

    def wait_s(self, now_s: float) -> float:
        """Take a token, or say when there is one."""
        self._tokens = min(self.burst, self._tokens + (now_s - self._at_s) * self.rate)
        self._at_s = now_s
        if self._tokens >= 1 - 1e-9:
            self._tokens -= 1
            return 0.0
        return (1 - self._tokens) / self.rate


class Windows:
    """So many requests in each window of so many seconds, as most vendors count."""

    def __init__(self, n: int, seconds: float) -> None:
        self.rate, self.burst = n / seconds, float(n)
        self._n, self._seconds = n, seconds
        self._window, self._used = -1, 0

    def wait_s(self, now_s: float) -> float:
        """Count in the window, or say when the next one begins."""
        window = math.floor(now_s / self._seconds + 1e-9)
        if window != self._window:
            self._window, self._used = window, 0
        if self._used < self._n:
            self._used += 1
            return 0.0
        return (window + 1) * self._seconds - now_s


class StormServer:
    """Answers what its rule lets pass and refuses the rest with 429.

    Args:
        rule: Its limit.
        says_when: Whether a refusal names the time to wait.
        reply_s: How long an answer takes.
    """

    def __init__(self, rule: Rule, *, says_when: bool = True, reply_s: float = 0.05) -> None:
        self.rule = rule
        self._says_when, self._reply_s = says_when, reply_s
        self.sent: list[float] = []
        self.n_refused = 0

    async def __call__(self, key: str, _: int) -> Completion:
        """Answer, or refuse."""
        now_s = asyncio.get_running_loop().time()
        self.sent.append(now_s)
        wait_s = self.rule.wait_s(now_s)
        if wait_s > 0:
            self.n_refused += 1
            await asyncio.sleep(0.005)
            asked = wait_s if self._says_when else None
            raise TransientError("429", kind="rate_limited", status=429, retry_after_s=asked)
        await asyncio.sleep(self._reply_s)
        return answer(key)


def overshoot(sent: Sequence[float], *, rate: float, burst: float) -> float:
    """Return by how many requests the worst stretch of time went above `burst` + `rate` times its length."""
    worst, lowest = 0.0, math.inf
    for i, at in enumerate(sorted(sent)):
        lowest = min(lowest, i - rate * at)  # requests before this one, less what was allowed until it
        worst = max(worst, i + 1 - rate * at - lowest)
    return worst - burst
