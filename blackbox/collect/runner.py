"""Runs all lanes side by side, so that endpoints interleave in time, under one budget."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

from blackbox.collect.budget import Budget, Limits
from blackbox.collect.lane import Lane, LaneResult, LaneRun, cancel_all, first_error
from blackbox.collect.passes import Passes
from blackbox.errors import UsageError

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from blackbox.collect.passes import OnStored
    from blackbox.core import Clock, OnProgress


async def collect(
    lanes: Sequence[Lane],
    *,
    limits: Limits,
    clock: Clock,
    rng: random.Random,
    on_progress: OnProgress,
    on_stored: OnStored | None = None,
) -> tuple[LaneResult, ...]:
    """Ask every endpoint its pending calls and return what became of each lane, in the order given.

    An endpoint that fails ends its own lane; the others go on. A cancellation (Ctrl-C) cancels what is under way,
    stores what was received, and ends in results with status `interrupted`: the cancellation is used up by that.

    Args:
        lanes: Names must differ.
        limits: Over all lanes; attempts count, not calls.
        clock: Time, injected.
        rng: Jitter of waits; it decides nothing about the data.
        on_progress: Told after every answer and before every further attempt.
        on_stored: Told of every observation on disk, it returns the lanes of which no more is wanted: they end, status
            `decided`. With it lanes go pass by pass, none ahead of the others.

    Raises:
        UsageError: Limits that cannot be kept: a cost limit without prices, or over several currencies.
    """
    check(lanes, limits)
    budget = Budget(limits)
    passes = None if on_stored is None else Passes({lane.name: lane.pending for lane in lanes}, on_stored)
    runs = [
        LaneRun(lane, budget=budget, clock=clock, rng=rng, on_progress=on_progress, passes=passes) for lane in lanes
    ]
    tasks = [asyncio.create_task(run.run(), name=lane.name) for run, lane in zip(runs, lanes, strict=True)]
    try:
        await first_error(tasks)
    except asyncio.CancelledError:
        await cancel_all(tasks)
        current = asyncio.current_task()
        assert current is not None
        current.uncancel()
    except BaseException:
        await cancel_all(tasks)
        raise
    return tuple(task.result() for task in tasks)


def check(lanes: Sequence[Lane], limits: Limits) -> None:
    """Raise `UsageError` for what cannot be carried out, before anything is sent."""
    twice = [name for name, n in Counter(lane.name for lane in lanes).items() if n > 1]
    if twice:
        raise UsageError(f"two lanes are called {twice[0]!r}")
    if limits.max_attempts < 1:
        raise UsageError("a call needs at least one attempt")
    if limits.max_cost is None:
        return
    unpriced = [lane.name for lane in lanes if lane.spec.prices is None]
    if unpriced:
        raise UsageError(f"a cost limit needs prices, and {', '.join(unpriced)} has none")
    currencies = sorted({lane.spec.prices.currency for lane in lanes if lane.spec.prices})
    if len(currencies) > 1:
        raise UsageError(f"one cost limit cannot hold for prices in {' and '.join(currencies)}")
