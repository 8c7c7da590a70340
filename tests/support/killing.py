"""Kills runs at random moments, resumes them, and holds what the server was asked against what is on disk."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from blackbox.serve import RequestLog, running
from support.drawn_answers import DrawnAnswers, configuration, numbered_suite
from support.processes import Running, Start, Task, said

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Mapping
    from pathlib import Path

MODEL = "m"
CONCURRENCY = 4
_PATIENCE_S = 300.0
_OWN = ("requested_at", "latency_s", "first_byte_s", "response_id")
"""Columns that differ between two runs of one plan: when it was, how long it took, and the server's own names."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How to kill.

    Args:
        n_kills: At least so many.
        n_probes: Calls of a run.
        start: Starts a process.
        hooks: Called in every process, e.g. to break something.
    """

    n_kills: int
    n_probes: int
    start: Start
    hooks: tuple[str, ...] = ()


@dataclass(kw_only=True)
class Found:
    """What came of it; all but the first three should be nothing."""

    n_kills: int = 0
    n_runs: int = 0
    moments: Counter[str] = field(default_factory=Counter)
    n_acknowledged: int = 0
    n_lost: int = 0
    n_sent_twice: int = 0
    n_rewritten: int = 0
    n_rows_wrong: int = 0
    n_not_verified: int = 0
    complaints: list[str] = field(default_factory=list)

    @property
    def flaws(self) -> dict[str, int]:
        """Counts of what should be nothing."""
        names = ("n_lost", "n_sent_twice", "n_rewritten", "n_rows_wrong", "n_not_verified")
        return {name: n for name in names if (n := getattr(self, name))} | (
            {"n_complaints": len(self.complaints)} if self.complaints else {}
        )


def kill_and_resume(plan: Plan, folder: Path, rng: random.Random) -> Found:
    """Return what was found over `plan.n_kills` kills of as many runs as that takes."""
    log, found = RequestLog(), Found()
    with running({MODEL: DrawnAnswers()}, log=log) as base_url:
        suite = numbered_suite(folder, plan.n_probes)
        configuration(folder, base_url, MODEL, more=f", concurrency: {CONCURRENCY}")
        scene = _Scene(plan, folder, suite, log, found, rng)
        undisturbed = scene.undisturbed()
        while found.n_kills < plan.n_kills:
            found.n_runs += 1
            found.n_rows_wrong += _differing(undisturbed, scene.disturbed(f"results-{found.n_runs}"))
    return found


class _Scene:
    def __init__(
        self, plan: Plan, folder: Path, suite: Path, log: RequestLog, found: Found, rng: random.Random
    ) -> None:
        self._plan, self._folder, self._suite = plan, folder, suite
        self._log, self._found, self._rng = log, found, rng
        self._opening_s = self._closing_s = 0.0

    def undisturbed(self) -> Mapping[str, Any]:
        """Return the rows of a run that nothing disturbs, and learn how long its parts take."""
        began = time.monotonic()
        process = self._started("results-0")
        self._requests(process, 0, 1)
        self._opening_s = time.monotonic() - began
        self._requests(process, 0, self._plan.n_probes)
        ended = time.monotonic()
        assert process.code() == 0, said(self._folder)
        self._closing_s = time.monotonic() - ended
        return rows(self._folder / "results-0")

    def disturbed(self, results: str) -> Mapping[str, Any]:
        """Return the rows of a run that was killed and resumed until it was done, or kills enough."""
        found, keys, journal = self._found, set[str](), b""
        while True:
            n_before = len(self._log.entries)
            process, last = self._started(results), found.n_kills >= self._plan.n_kills
            moment = "none" if last else self._wait(process, n_before, len(keys))
            ended = last or process.ended()
            if ended:
                self._finished(process, results)
            else:
                process.kill()
                found.n_kills += 1
                found.moments[moment] += 1
            keys, journal = self._audited(results, n_before, keys, journal)
            if ended:
                return rows(self._folder / results)

    def _started(self, results: str) -> Running:
        words = ("run", "-s", str(self._suite), "--results", results, "--json")
        return self._plan.start(Task(words=words, folder=self._folder, environ={}, hooks=self._plan.hooks))

    def _wait(self, process: Running, n_before: int, n_done: int) -> str:
        """Return at a random moment of the process's life, and say of which part."""
        rng, n_left = self._rng, self._plan.n_probes - n_done
        moment = rng.choices(("opening", "collecting", "closing"), (1, 4 if n_left > 1 else 0, 1))[0]
        if moment == "opening":
            time.sleep(rng.uniform(0, self._opening_s))
        else:
            self._requests(process, n_before, rng.randint(1, n_left) if moment == "collecting" else n_left)
            time.sleep(rng.uniform(0, 0.05 if moment == "collecting" else self._closing_s))
        return moment

    def _requests(self, process: Running, n_before: int, n: int) -> None:
        """Return once the server was asked `n` more times, or the process has ended."""
        until = time.monotonic() + _PATIENCE_S
        while len(self._log.entries) < n_before + n and not process.ended():
            assert time.monotonic() < until
            time.sleep(0.002)

    def _finished(self, process: Running, results: str) -> None:
        if process.code() != 0:
            self._found.complaints.append(" ".join(said(self._folder)).strip()[:300])
        verified = self._plan.start(Task(words=("verify", "--results", results), folder=self._folder, environ={}))
        self._found.n_not_verified += verified.code() != 0

    def _audited(self, results: str, n_before: int, keys: set[str], journal: bytes) -> tuple[set[str], bytes]:
        """Hold the journal against what it was and what the server was asked in this session."""
        found = self._found
        now = b"".join(path.read_bytes() for path in (self._folder / results).glob("2*/journal.jsonl"))
        whole = now[: now.rfind(b"\n") + 1]
        found.n_rewritten += not now.startswith(journal)
        stored = Counter(stored_keys(whole))
        # A kill can cut a request before its body: nothing was asked by it.
        asked = [_key(entry.body) for entry in self._log.entries[n_before:] if entry.body is not None]
        # Each worker asks again only when its last answer was acknowledged, so all but the last few were.
        acknowledged = max(0, len(asked) - CONCURRENCY)
        found.n_acknowledged += acknowledged
        found.n_lost += max(0, acknowledged - (len(stored) - len(keys))) + len(keys - set(stored))
        found.n_sent_twice += sum(key in keys for key in asked) + sum(n - 1 for n in Counter(asked).values())
        found.n_sent_twice += sum(n - 1 for n in stored.values())
        return set(stored), whole


def stored_keys(journal: bytes) -> Iterator[str]:
    """Yield the key of each observation in the whole lines of a journal."""
    for line in journal.splitlines():
        entry = json.loads(line)
        if entry["kind"] == "observation":
            yield entry["body"]["key"]


def rows(results: Path) -> Mapping[str, Any]:
    """Return what the Parquet files of all runs say of each key, but for what is a run's own; none say nothing."""
    from pyarrow.parquet import read_table

    table = [row for path in results.glob("2*/observations.parquet") for row in read_table(path).to_pylist()]
    names = [name for name in (table[0] if table else ()) if name not in _OWN]
    n_of = Counter(row["key"] for row in table)
    return {row["key"]: {"n": n_of[row["key"]], **{name: row[name] for name in names}} for row in table}


def _differing(expected: Mapping[str, Any], found: Mapping[str, Any]) -> int:
    return sum(expected.get(key) != found.get(key) for key in expected.keys() | found.keys())


def _key(body: Mapping[str, Any]) -> str:
    number = int(body["messages"][-1]["content"].rstrip(".").split()[-1])
    return f"p{number:05d}#0"


_Patch = Callable[[], None]


def forgets_what_is_done() -> None:
    """Break it: a resumed run asks everything again."""
    from blackbox.store import RunWriter
    from blackbox.store.writer import Session

    opened = RunWriter.__aenter__

    async def enter(self: RunWriter) -> RunWriter:
        writer = await opened(self)
        writer.done_keys = frozenset()
        return writer

    RunWriter.__aenter__ = enter  # type: ignore[assignment,method-assign]
    Session.admit = lambda self, observation: self.outcomes.update([observation.outcome])  # type: ignore[method-assign]


def acknowledges_too_early() -> None:
    """Break it: answers are acknowledged at once and written half a second later."""
    import asyncio

    from blackbox.store.appending import GroupCommit

    tasks = set()
    append = GroupCommit.append

    async def later(self: GroupCommit, entry: Any) -> None:
        async def write() -> None:
            await asyncio.sleep(0.5)
            await append(self, entry)

        tasks.add(asyncio.ensure_future(write()))

    async def drain(self: GroupCommit) -> None:
        while pending := [task for task in tasks if not task.done()]:
            await asyncio.wait(pending)
        await drained(self)

    drained, GroupCommit.drain = GroupCommit.drain, drain  # type: ignore[method-assign]
    GroupCommit.append = later  # type: ignore[method-assign]


def keeps_the_torn_tail() -> None:
    """Break it: what a crash left unfinished is not cut off."""
    from blackbox.store.appending import Journal
    from blackbox.store.journal import JournalEnd

    def resume(self: Journal, end: JournalEnd) -> None:
        self._end = JournalEnd(n_entries=end.n_entries, head=end.head, n_bytes=end.n_bytes)

    Journal.resume = resume  # type: ignore[method-assign]
