"""Many answers collected by the command itself, from an endpoint that costs nothing: memory, not speed."""

from __future__ import annotations

import json
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from blackbox.serve import running
from support.drawn_answers import DrawnAnswers, configuration, numbered_suite
from support.processes import Task, forked, hook, said

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

N_PROBES = 500


def collected(
    folder: Path, n: int, *, resumed: bool = True, hooks: tuple[Callable[[], None], ...] = ()
) -> dict[str, Any]:
    """Return the most memory that `n` answers took, and going on behind all but the last ten of them."""
    return _collected(folder, n, "http://127.0.0.1:9/v1", resumed=resumed, hooks=(answers_itself, *hooks))


def collected_over_http(folder: Path, n: int) -> dict[str, Any]:
    """Return the same where the reference endpoint answers each call, in a process of its own beside the command."""
    with running({"m": DrawnAnswers()}) as base_url:
        return _collected(folder, n, base_url, resumed=False, hooks=())


def _collected(
    folder: Path, n: int, base_url: str, *, resumed: bool, hooks: tuple[Callable[[], None], ...]
) -> dict[str, Any]:
    folder = folder / f"many-{n}"
    folder.mkdir()
    configuration(folder, base_url, "m", more=", concurrency: 32")
    suite = numbered_suite(folder, N_PROBES, repeats=n // N_PROBES)
    words = ("run", "-s", str(suite), "--json")
    began, peaks = time.monotonic(), []
    for more in (("--max-requests", str(n - 10)), ()) if resumed else ((),):
        process = forked(Task(words=(*words, *more), folder=folder, environ={}, hooks=tuple(map(hook, hooks))))
        code = process.code()
        peaks.append(process.peak_mb())
    document = json.loads(said(folder)[0])["sessions"][0]
    assert code == 0, said(folder)[1]
    return {
        "answers": document["totals"]["ok"],
        "peak_mb": round(max(peaks), 1),
        "peak_mb_first": round(peaks[0], 1),
        "peak_mb_resumed": round(peaks[-1], 1) if resumed else None,
        "seconds": round(time.monotonic() - began, 1),
    }


class _Instant:
    """An endpoint kind that answers at once."""

    @asynccontextmanager
    async def open(self, _spec: Any, _environ: Any) -> AsyncIterator[_Instant]:
        yield self

    async def complete(self, _: Any) -> Any:
        from blackbox.core import Completion, Outcome, Usage

        usage = Usage(prompt_tokens=20, completion_tokens=40)
        return Completion(outcome=Outcome.OK, text="An answer of a few words. " * 6, usage=usage, latency_s=0.1)


def answers_itself() -> None:
    """Put an endpoint in the place of the one that speaks HTTP."""
    from blackbox.endpoints import openai_chat

    openai_chat.ENDPOINT = _Instant()  # type: ignore[assignment]


def keeps_everything() -> None:
    """Break it: what was stored stays in memory."""
    from blackbox.store import RunWriter

    kept, append = [], RunWriter.append

    async def keep(self: RunWriter, kind: Any, body: Any) -> None:
        kept.append((json.dumps(body, default=str), " " * 20_000))
        kept[-1] = (kept[-1][0], kept[-1][1] + str(len(kept)))
        await append(self, kind, body)

    RunWriter.append = keep  # type: ignore[method-assign]
