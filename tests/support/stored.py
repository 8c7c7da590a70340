"""Small runs on disk: real folders with real journals, quick to make."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from blackbox.core import (
    Clock,
    Decision,
    Decoding,
    Manifest,
    Message,
    Observation,
    Outcome,
    Probe,
    Run,
    Suite,
    digest,
    plain,
)
from blackbox.store import RUN_SCHEMA, RunWriter, create_run, new_run_id, read_run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

START = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


def ticking_clock() -> Clock:
    """Return a clock that is a second later each time it is read."""
    ticks = iter(range(10**9))

    async def sleep(_seconds: float) -> None:
        await asyncio.sleep(0)

    return Clock(now=lambda: START + timedelta(seconds=next(ticks)), monotonic=lambda: 0.0, sleep=sleep)


def no_sync(fd: int) -> None:
    """Stand for a disk that is always in time; for tests of something else."""


def stored_suite(n_probes: int = 3, *, name: str = "words") -> Suite:
    """Return a suite whose document has its digest."""
    probes = tuple(
        Probe(
            id=f"p{i}",
            family="words",
            language="en",
            form="closed",
            messages=(Message(role="user", content=f"Word {i}?"),),
            repeats=4,
            max_output_tokens=4,
        )
        for i in range(n_probes)
    )
    document = {"name": name, "version": 1, "probes": [plain(probe) for probe in probes]}
    return Suite(
        name=name,
        version=1,
        digest=digest(document),
        origin="file",
        questions=("same",),
        decoding=Decoding(temperature=1.0),
        decision=Decision(),
        probes=probes,
        document={**document, "digest": digest(document)},
    )


def new_manifest(suite: Suite, *, endpoint: str = "local", at: datetime = START, **changed: Any) -> Manifest:
    """Return the manifest of a run about to begin."""
    plan = {"order": "random", "n_calls": 12}
    key = digest([endpoint, suite.digest])
    said = {
        "schema": RUN_SCHEMA,
        "run_id": new_run_id(at, endpoint, suite.name, key),
        "run_key": key,
        "label": "",
        "origin": "collected",
        "status": "running",
        "suite_name": suite.name,
        "suite_version": suite.version,
        "suite_digest": suite.digest,
        "endpoint": {"name": endpoint, "model": "m"},
        "sent_decoding": {"temperature": 1.0},
        "honoured_decoding": None,
        "plan": {**plan, "digest": digest(plan)},
        "packages": {"blackbox": "0"},
        "created_at": at,
        "finished_at": None,
        "totals": {},
        "cost": None,
        "journal_count": 0,
        "journal_head": "",
    }
    return Manifest(**{**said, **changed})


def answer(probe: int, repeat: int, text: str | None = "yes", **more: Any) -> Observation:
    """Return one observation; a text of None is an error."""
    outcome = Outcome.ERROR if text is None else Outcome.OK
    fields = {"outcome": outcome, "text": text, "requested_at": START, **more}
    return Observation(key=f"p{probe}#{repeat}", probe_id=f"p{probe}", repeat=repeat, block_id=repeat, **fields)


ANSWERS = tuple(answer(probe, repeat, f"answer {probe}{repeat}") for repeat in range(2) for probe in range(3))


def new_run(results: Path, **changed: Any) -> Path:
    """Make the folder of a run that has not begun."""
    suite = stored_suite()
    return create_run(results, manifest=new_manifest(suite, **changed), suite=suite)


async def fill(path: Path, observations: Sequence[Observation] = ANSWERS, *, status: str | None = "finished") -> None:
    """Append `observations`, each after its attempt, and close the run with `status` unless that is None."""
    async with RunWriter(path, ticking_clock(), sync=no_sync) as writer:
        for observation in observations:
            if observation.key not in writer.done_keys:
                await writer.append("attempt", {"key": observation.key, "attempt": 1})
                await writer.append("observation", plain(observation))
        if status is not None:
            await writer.finish(status, {"n_attempts": len(observations)}, cost=0.25)


async def finished_run(results: Path, observations: Sequence[Observation] = ANSWERS, **changed: Any) -> Path:
    """Make a finished run and return its folder."""
    path = new_run(results, **changed)
    await fill(path, observations)
    return path


def loaded(path: Path) -> Run:
    """Read a run of `stored_suite`."""
    return read_run(path, to_suite=lambda document, _: stored_suite(len(document["probes"])))
