"""Keeps lanes in step, pass by pass, and ends those of which no more is wanted."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, TypeAlias

from blackbox.core import Observation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.collect.planning import PlannedCall

OnStored: TypeAlias = Callable[[str, Observation], Collection[str]]
"""Told of each stored observation of each lane; returns the lanes that need no more calls."""


class Passes:
    """A call of pass k waits until every other lane still at work has no call of an earlier pass left.

    The lane that is furthest back never waits, so no two lanes wait for each other.

    Args:
        pending: Calls of each lane in this session.
        on_stored: Decides which lanes are done with.
    """

    def __init__(self, pending: Mapping[str, Sequence[PlannedCall]], on_stored: OnStored) -> None:
        self._left = {lane: Counter(call.block_id for call in calls) for lane, calls in pending.items()}
        self._on_stored = on_stored
        self._unwanted: set[str] = set()
        self._moved = asyncio.Event()

    async def admits(self, lane: str, block_id: int) -> bool:
        """Wait for a call's turn; return False if it is no longer wanted."""
        while lane not in self._unwanted and any(
            self._first(other) < block_id for other in self._left if other != lane
        ):
            await self._moved.wait()
        return lane not in self._unwanted

    def stored(self, lane: str, observation: Observation) -> None:
        """Take note of an observation that is on disk."""
        unwanted = set(self._on_stored(lane, observation)) - self._unwanted
        if unwanted:
            self._unwanted |= unwanted
            self._wake()

    def finished(self, lane: str, block_id: int) -> None:
        """Take note of a call that has ended, whatever became of it."""
        self._left[lane][block_id] -= 1
        self._left[lane] = +self._left[lane]
        self._wake()

    def ended(self, lane: str) -> None:
        """Take note of a lane that sends nothing more: nobody waits for it."""
        self._left.pop(lane, None)
        self._wake()

    def _first(self, lane: str) -> float:
        return min(self._left[lane], default=float("inf"))

    def _wake(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()
