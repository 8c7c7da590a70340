"""Lanes in step: nobody runs ahead, nobody waits for who has gone, and decided lanes end."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support.lanes import MemorySink, ScriptedEndpoint, always, lane, unreachable
from support.virtual_time import run_virtually, virtual_clock

from blackbox.collect import Lane, LaneResult, Limits, collect
from blackbox.errors import AuthenticationFailed

if TYPE_CHECKING:
    from collections.abc import Collection

    from blackbox.collect import OnStored
    from blackbox.core import Completion, Observation

N_PASSES, N_PROBES = 5, 4


def in_passes(made: Lane) -> Lane:
    """Return the lane with its calls numbered in passes."""
    pending = tuple(replace(call, block_id=i // N_PROBES) for i, call in enumerate(made.pending))
    return replace(made, pending=pending)


async def together(lanes: list[Lane], on_stored: OnStored) -> tuple[LaneResult, ...]:
    """Return what became of lanes that are collected in step."""
    rng = random.Random(0)  # noqa: S311 - spreads waits
    return await collect(
        [in_passes(each) for each in lanes],
        limits=Limits(),
        clock=virtual_clock(),
        rng=rng,
        on_progress=lambda _: None,
        on_stored=on_stored,
    )


def nobody(_: str, __: Observation) -> Collection[str]:
    """Want everything."""
    return ()


def test_nobody_runs_ahead() -> None:
    """A fast lane begins pass k only when the slow one has finished pass k − 1."""
    seen: list[tuple[str, int]] = []

    def note(name: str, observation: Observation) -> Collection[str]:
        seen.append((name, observation.block_id))
        return ()

    lanes = [
        lane(ScriptedEndpoint(always(delay_s=delay)), MemorySink(), n=N_PASSES * N_PROBES, name=name)
        for name, delay in (("fast", 0.1), ("slow", 5.0))
    ]
    results = run_virtually(together(lanes, note))
    assert ["finished", "finished"] == [r.status for r in results]
    for i, (name, block) in enumerate(seen):
        if name == "fast" and block:
            assert N_PROBES == seen[:i].count(("slow", block - 1))


def test_decided_lanes_end_and_keep_what_they_have() -> None:
    """Lanes that are named send nothing more; what was under way is stored."""
    sinks = [MemorySink(), MemorySink()]
    endpoints = [ScriptedEndpoint(always()), ScriptedEndpoint(always())]
    lanes = [
        lane(e, s, n=N_PASSES * N_PROBES, name=name) for e, s, name in zip(endpoints, sinks, ("a", "b"), strict=True)
    ]
    results = run_virtually(together(lanes, lambda _, __: {"a", "b"} if sum(len(s.keys) for s in sinks) >= 6 else ()))
    assert ["decided", "decided"] == [r.status for r in results]
    for endpoint, sink in zip(endpoints, sinks, strict=True):
        assert len(endpoint.sent) == len(sink.keys) < N_PASSES * N_PROBES


@pytest.mark.parametrize("error", [unreachable, lambda: AuthenticationFailed("no key", kind="http_401", status=401)])
def test_nobody_waits_for_a_lane_that_failed(error: object) -> None:
    """When one endpoint is gone the other asks its whole plan."""

    async def fails(_: str, __: int) -> Completion:
        await asyncio.sleep(0.1)
        raise error()  # type: ignore[operator]

    n = N_PASSES * N_PROBES
    lanes = [
        lane(ScriptedEndpoint(fails), MemorySink(), n=n, name="gone"),
        lane(ScriptedEndpoint(always()), MemorySink(), n=n, name="alive"),
    ]
    gone, alive = run_virtually(together(lanes, nobody))
    assert "failed" == gone.status
    assert ("finished", {"ok": n}) == (alive.status, dict(alive.counts))
