"""Servers with rate limits of several kinds, and how far above such a limit a client went."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from blackbox.errors import TransientError
from support.lanes import MemorySink, ScriptedEndpoint, answer, collected, lane
from support.virtual_time import run_virtually

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from blackbox.core import Completion

_ROUNDING_S = 1e-9


class Rule(Protocol):
    """A rate limit."""

    def wait_s(self, now_s: float) -> float:
        """Return 0 and count a request that passes, or the seconds until one would."""
        ...

    def allowed(self, first_s: NDArray[np.float64], last_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how many requests it lets pass at most from one moment to another, both included."""
        ...


class Tokens:
    """A bucket of `burst` tokens that fills at `rate` a second; a burst of one is even spacing."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate, self.burst = rate, burst
        self._tokens, self._at_s = burst, 0.0

    def allowed(self, first_s: NDArray[np.float64], last_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return a full bucket and what is filled in meanwhile."""
        return self.burst + self.rate * (last_s - first_s)

    def wait_s(self, now_s: float) -> float:
        """Take a token, or say when there is one."""
        self._tokens = min(self.burst, self._tokens + (now_s - self._at_s) * self.rate)
        self._at_s = now_s
        if self._tokens >= 1 - 1e-9:
            self._tokens -= 1
            return 0.0
        return (1 - self._tokens) / self.rate


class Windows:
    """So many requests in each window of so many seconds, as most vendors count.

    Args:
        n: Requests a window.
        seconds: Its length.
        begun_s: How much of the first window is over as the client comes.
        used: Requests of others in the first window.
    """

    def __init__(self, n: int, seconds: float, *, begun_s: float = 0.0, used: int = 0) -> None:
        self._n, self._seconds, self._begun_s = n, seconds, begun_s
        self._window, self._used = 0, used

    def allowed(self, first_s: NDArray[np.float64], last_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what a window holds; nothing is said of stretches that touch several."""
        return np.where(self._of(last_s) == self._of(first_s), float(self._n), np.inf)

    def wait_s(self, now_s: float) -> float:
        """Count in the window, or say when the next one begins."""
        window = int(self._of(np.float64(now_s)))
        if window != self._window:
            self._window, self._used = window, 0
        if self._used < self._n:
            self._used += 1
            return 0.0
        return (window + 1) * self._seconds - self._begun_s - now_s

    def _of(self, at_s: NDArray[np.float64] | np.float64) -> NDArray[np.float64]:
        return np.floor((at_s + self._begun_s) / self._seconds + _ROUNDING_S)


class Sliding:
    """So many requests within any so many seconds."""

    def __init__(self, n: int, seconds: float) -> None:
        self._n, self._seconds = n, seconds
        self._passed: deque[float] = deque()

    def allowed(self, first_s: NDArray[np.float64], last_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what a window holds; nothing is said of longer stretches."""
        return np.where(last_s - first_s < self._seconds - _ROUNDING_S, float(self._n), np.inf)

    def wait_s(self, now_s: float) -> float:
        """Forget what is long past; count, or say when the oldest is."""
        while self._passed and self._passed[0] <= now_s - self._seconds + _ROUNDING_S:
            self._passed.popleft()
        if len(self._passed) < self._n:
            self._passed.append(now_s)
            return 0.0
        return self._passed[0] + self._seconds - now_s


class StormServer:
    """Answers what its rule lets pass and refuses the rest with 429.

    Args:
        rule: Its limit.
        says_when: Whether a refusal names the time to wait.
        reply_s: How long an answer takes.
        refusal_s: How long a refusal takes.
        in_whole_s: Whether the time to wait is rounded up to whole seconds, as it is in most headers.
    """

    def __init__(
        self,
        rule: Rule,
        *,
        says_when: bool = True,
        reply_s: float = 0.05,
        refusal_s: float = 0.005,
        in_whole_s: bool = False,
    ) -> None:
        self.rule = rule
        self._says_when, self._reply_s, self._refusal_s = says_when, reply_s, refusal_s
        self._in_whole_s = in_whole_s
        self.sent: list[float] = []
        self.n_refused = 0

    async def __call__(self, key: str, _: int) -> Completion:
        """Answer, or refuse."""
        now_s = asyncio.get_running_loop().time()
        self.sent.append(now_s)
        wait_s = self.rule.wait_s(now_s)
        if wait_s > 0:
            self.n_refused += 1
            await asyncio.sleep(self._refusal_s)
            raise TransientError("429", kind="rate_limited", status=429, retry_after_s=self._named(wait_s))
        await asyncio.sleep(self._reply_s)
        return answer(key)

    def _named(self, wait_s: float) -> float | None:
        if not self._says_when:
            return None
        return float(math.ceil(wait_s)) if self._in_whole_s else max(0.0, wait_s - self._refusal_s)


def overshoot(sent: Sequence[float], rule: Rule) -> float:
    """Return by how many requests, refused ones too, the worst stretch of time went above what a rule lets pass."""
    at_s = np.sort(np.asarray(sent, dtype=np.float64))
    n = np.arange(len(at_s))
    above = (n[None, :] - n[:, None] + 1) - rule.allowed(at_s[:, None], at_s[None, :])
    return float(np.max(above[n[:, None] <= n[None, :]]))


LIMITS: Mapping[str, Callable[[], Rule]] = {
    "10 a second, evenly": lambda: Tokens(10, 1),
    "1 a second, evenly": lambda: Tokens(1, 1),
    "20 a minute, evenly": lambda: Tokens(1 / 3, 1),
    "5 each second": lambda: Windows(5, 1),
    "60 each second": lambda: Windows(60, 1),
    "60 each minute": lambda: Windows(60, 60),
    "60 each minute, come 50 s late": lambda: Windows(60, 60, begun_s=50),
    "20 each minute, come 31 s late": lambda: Windows(20, 60, begun_s=31),
    "60 each minute, used up by others": lambda: Windows(60, 60, begun_s=10, used=60),
    "60 in any minute": lambda: Sliding(60, 60),
    "5 in any second": lambda: Sliding(5, 1),
}
"""Limits by the window, or without bursts."""
BUCKETS: Mapping[str, Callable[[], Rule]] = {
    "10 a second, bucket of 2": lambda: Tokens(10, 2),
    "10 a second, bucket of 5": lambda: Tokens(10, 5),
    "10 a second, bucket of 20": lambda: Tokens(10, 20),
    "40 a second, bucket of 20": lambda: Tokens(40, 20),
    "3 a second, bucket of 60": lambda: Tokens(3, 60),
    "1 a second, bucket of 60": lambda: Tokens(1, 60),
}
"""Limits that let bursts pass."""
SLOW: Mapping[str, Callable[[], Rule]] = {
    "30 a minute, bucket of 60": lambda: Tokens(0.5, 60),
    "10 a minute, bucket of 30": lambda: Tokens(1 / 6, 30),
    "12 a minute, bucket of 20": lambda: Tokens(0.2, 20),
    "1 a second, bucket of 100": lambda: Tokens(1, 100),
}
"""Buckets that are not full again within a minute: a silence of a minute settles nothing."""


def stormed(rule: Rule, *, concurrency: int, n: int = 200, **how: Any) -> Mapping[str, float]:
    """Return how far above a rule a whole collection went, in simulated time; every call must have been answered.

    Args:
        rule: The server's limit.
        concurrency: Requests under way at most.
        n: Calls.
        how: What else a `StormServer` is told.
    """
    server, sink = StormServer(rule, **how), MemorySink()

    async def run() -> tuple[str, float]:
        (result,) = await collected(lane(ScriptedEndpoint(server), sink, n=n, concurrency=concurrency))
        return result.status, asyncio.get_running_loop().time()

    status, seconds = run_virtually(run())
    assert status == "finished"
    assert [body["outcome"] for body in sink.bodies("observation")] == ["ok"] * n
    return {"over": overshoot(server.sent, rule), "refused": server.n_refused, "seconds": seconds}
