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


def run_sync(work: Coroutine[Any, Any, _T]) -> _T:
    """Return what an async function returns, for callers without an event loop."""
    return asyncio.run(work)
