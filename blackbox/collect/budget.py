"""What may be sent and spent at most, over all lanes: checked before each attempt, so that nothing is exceeded."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one collection.

    Args:
        max_requests: Attempts to send at most, retries included; None is no limit.
        max_cost: To spend at most, in the currency of the prices; None is no limit.
        max_attempts: Attempts a call gets before it counts as failed.
    """

    max_requests: int | None = None
    max_cost: float | None = None
    max_attempts: int = 5


class Budget:
    """Counts attempts and money of one collection.

    An attempt reserves its highest estimated cost; the reply settles it at the real one. When the rest is too small
    for an attempt but others are still under way, it waits for them: they usually give something back.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._n_sent = 0
        self._spent = 0.0
        self._reserved = 0.0
        self._n_open = 0
        self._settled = asyncio.Event()

    @property
    def max_attempts(self) -> int:
        """Attempts a call gets before it counts as failed."""
        return self._limits.max_attempts

    async def reserve(self, cost: float) -> str | None:
        """Take one attempt of at most `cost` out of the budget, or return why that can't be."""
        while True:
            maximum = self._limits.max_requests
            if maximum is not None and self._n_sent >= maximum:
                return f"the limit of {maximum} requests is reached"
            if self._limits.max_cost is None or self._spent + self._reserved + cost <= self._limits.max_cost:
                break
            if self._n_open == 0:
                return f"the next call could exceed the limit of {self._limits.max_cost:g} ({self._spent:.6g} spent)"
            self._settled.clear()
            await self._settled.wait()
        self._n_sent += 1
        self._n_open += 1
        self._reserved += cost
        return None

    def settle(self, *, reserved: float, spent: float) -> None:
        """Replace a reservation by what the attempt really cost."""
        self._n_open -= 1
        self._reserved = self._reserved - reserved if self._n_open else 0.0
        self._spent += spent
        self._settled.set()
