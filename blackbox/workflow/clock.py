"""The real clock, and the thin runner that makes the one event loop."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from blackbox.core import Clock

if TYPE_CHECKING:
    from collections.abc import Coroutine

_T = TypeVar("_T")


def utc_now() -> datetime:
    """Return the wall time in UTC."""
    return datetime.now(UTC)


SYSTEM_CLOCK = Clock(now=utc_now, monotonic=time.monotonic, sleep=asyncio.sleep)
"""What the command line hands to everything that needs time."""


JUMP_S = 10.0
"""What a clock may go wrong against the seconds that really passed; clocks that are kept right move by less."""


class ClockWatch:
    """Notices when the wall clock is set, or the computer slept, while something goes on.

    Args:
        clock: The clock.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = Clock(now=self._now, monotonic=clock.monotonic, sleep=clock.sleep)
        """To be used instead of it."""
        self.warnings: tuple[str, ...] = ()
        self._source = clock
        self._offset_s = self._measured(clock.now())

    def _now(self) -> datetime:
        now = self._source.now()
        offset_s = self._measured(now)
        jump_s, self._offset_s = offset_s - self._offset_s, offset_s
        if abs(jump_s) > JUMP_S:
            how = f"set back by {-jump_s:,.0f} s" if jump_s < 0 else f"put forward by {jump_s:,.0f} s, or stood still,"
            warning = f"the clock was {how} while this was collected: times of day before and after do not agree"
            self.warnings = (*self.warnings, warning)
        return now

    def _measured(self, now: datetime) -> float:
        return now.timestamp() - self._source.monotonic()


def run_sync(work: Coroutine[Any, Any, _T]) -> _T:
    """Return what an async function returns, for callers without an event loop."""
    return asyncio.run(work)
