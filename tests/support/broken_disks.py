"""Disks that fill or are read-only, two processes at once, clocks that are set, and damage: one scene each."""

from __future__ import annotations

import errno
import json
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from blackbox.serve import RequestLog, running
from support import real_disks
from support.drawn_answers import DrawnAnswers, configuration, numbered_suite
from support.killing import MODEL, rows, stored_keys
from support.processes import Running, Task, forked, hook, said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

N_CALLS = 12
N_BEFORE = 4
"""Calls that were answered before a disk refuses."""


@dataclass(frozen=True, kw_only=True)
class Ran:
    """One command, after it ended."""

    code: int
    out: str
    err: str

    @property
    def line(self) -> str:
        """The last line on stderr."""
        return (self.err.strip().splitlines() or [""])[-1]


class Stage:
    """A server, a suite, a configuration, and what the server was asked."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.log = folder, RequestLog()
        self.suite = numbered_suite(folder, N_CALLS)
        self._serving: AbstractContextManager[str] = running({MODEL: DrawnAnswers()}, log=self.log)

    def __enter__(self) -> Self:
        configuration(self.folder, self._serving.__enter__(), MODEL, more=", concurrency: 2")
        return self

    def __exit__(self, *error: object) -> None:
        self._serving.__exit__(*error)

    def start(self, *words: str, hooks: tuple[Callable[[], None], ...] = ()) -> Running:
        """Start `run`, or another command."""
        told = words or ("run", "-s", str(self.suite))
        return forked(Task(words=told, folder=self.folder, environ={}, hooks=tuple(map(hook, hooks))))

    def ran(self, *words: str, hooks: tuple[Callable[[], None], ...] = ()) -> Ran:
        """Run a command to its end."""
        code = self.start(*words, hooks=hooks).code()
        out, err = said(self.folder)
        return Ran(code=code, out=out, err=err)

    @property
    def n_asked(self) -> int:
        """Requests the server saw."""
        return len(self.log.entries)

    @property
    def journal(self) -> Path:
        """The only run's."""
        (path,) = (self.folder / "results").glob("2*/journal.jsonl")
        return path

    def whole(self) -> Iterator[str]:
        """Yield what is wrong with the run as it is in the end."""
        again = self.ran()
        if again.code != 0:
            yield f"the same command again: exit {again.code}: {again.line}"
        if self.ran("verify").code != 0:
            yield "not verified"
        if len(rows(self.folder / "results")) != N_CALLS:
            yield f"{len(rows(self.folder / 'results'))} answers of {N_CALLS}"


def _found(stage: Stage, ran: Ran, *flaws: str | bool | None, more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    wrong = [str(flaw) for flaw in flaws if flaw]
    wrong += ["a traceback"] if "Traceback" in ran.err else []
    return {"exit_code": ran.code, "said": ran.line, "requests": stage.n_asked, **(more or {}), "flaws": wrong}


def _refused_and_resumed(
    stage: Stage, ran: Ran, said: str, room: Callable[[], object], *, n_kept: int
) -> dict[str, Any]:
    """Hold what a disk left of a run against what the server was asked, make room, and go on."""
    content = stage.journal.read_bytes()
    kept = list(stored_keys(content[: content.rfind(b"\n") + 1]))
    n_before = stage.n_asked
    room()
    ends = list(stage.whole())
    resent = stage.n_asked - n_before - (N_CALLS - len(kept))
    return _found(
        stage, ran, ran.code != 4 and "exit code is not 4", not content.endswith(b"\n") and "a torn line is left",
        said not in ran.line and "does not say what happened", len(kept) < n_kept and "an answer is gone",
        "every acknowledged answer is kept" not in ran.line and "does not say what to do", *ends,
        resent and f"{resent} sent again", more={"kept": len(kept)},
    )  # fmt: skip


def full_while_collecting(folder: Path, *, hooks: tuple[Callable[[], None], ...] = ()) -> dict[str, Any]:
    """The system takes part of a write and no more: exit 4 in a line, and the same command goes on afterwards."""
    with Stage(folder) as stage:
        stage.ran("run", "-s", str(stage.suite), "--max-requests", str(N_BEFORE))
        (folder / real_disks.ROOM).write_text(str(stage.journal.stat().st_size + 2_500), encoding="ascii")
        ran = stage.ran(hooks=(real_disks.files_end_early, *hooks))
        return _refused_and_resumed(stage, ran, "File too large", lambda: None, n_kept=N_BEFORE)


def full_disk(folder: Path, *, hooks: tuple[Callable[[], None], ...] = ()) -> dict[str, Any]:
    """A disk of its own fills while a run is under way: the same; and while it is full, nothing is sent."""
    results = folder / "results"
    with real_disks.small_disk(results) as mounted, Stage(folder) as stage:
        if not mounted:
            return {"exit_code": None, "said": "skipped: no disk can be mounted here", "requests": 0, "flaws": []}
        ran = stage.ran(hooks=(real_disks.fills_meanwhile,))
        n_before = stage.n_asked
        again = stage.ran(hooks=hooks)
        is_told = again.code == 2 and "make room on it, nothing was sent" in again.line
        wrong = [] if is_told else [f"while it is full: exit {again.code}: {again.line}"]
        wrong += ["something was sent"] if stage.n_asked != n_before else []
        found = _refused_and_resumed(stage, ran, "No space left", (results / real_disks.BALLAST).unlink, n_kept=1)
        return {**found, "flaws": [*wrong, *found["flaws"]]}


def full_while_closing(folder: Path, *, hooks: tuple[Callable[[], None], ...] = ()) -> dict[str, Any]:
    """All is answered, and there is no room for the table: exit 4, and the same command asks nobody."""
    results = folder / "results"
    with real_disks.small_disk(results) as mounted, Stage(folder) as stage:
        filled = real_disks.fills_at_the_end if mounted else real_disks.tables_end_early
        ran = stage.ran("run", "-s", str(stage.suite), hooks=(filled, *hooks))
        (results / real_disks.BALLAST).unlink(missing_ok=True)
        leftovers = [path.name for path in stage.journal.parent.iterdir() if path.name.startswith(".")]
        ends = list(stage.whole())
        return _found(
            stage, ran, ran.code != 4 and "exit code is not 4", *ends, leftovers and f"left: {leftovers}",
            not re.search("No space left|File too large", ran.line) and "does not say what happened",
            "run the same command again" not in ran.line and "does not say what to do",
            stage.n_asked != N_CALLS and "sent again", more={"how": "small disk" if mounted else "limit of file sizes"},
        )  # fmt: skip


def read_only(folder: Path, *, hooks: tuple[Callable[[], None], ...] = ()) -> dict[str, Any]:
    """A run that can't be written to is left alone in a line, before anything is sent; it can still be read."""
    results = folder / "results"
    with real_disks.small_disk(results), Stage(folder) as stage:
        stage.ran("run", "-s", str(stage.suite), "--max-requests", str(N_BEFORE))
        content, n_before = stage.journal.read_bytes(), stage.n_asked
        with real_disks.read_only(results) as how:
            below = hooks if how else (is_read_only, *hooks)
            ran = stage.ran(hooks=below)
            reading = [stage.ran(*words, hooks=below).code for words in (("ls",), ("verify",))]
        return _found(
            stage, ran, ran.code != 2 and "exit code is not 2", stage.n_asked != n_before and "something was sent",
            not re.search("Read-only file system|Permission denied", ran.line) and "does not say why",
            any(reading) and f"reading: {reading}", "make it writable" not in ran.line and "does not say what to do",
            stage.journal.read_bytes() != content and "it was written", *stage.whole(),
            more={"how": how or "simulated"},
        )  # fmt: skip


def two_at_once(folder: Path, *, hooks: tuple[Callable[[], None], ...] = ()) -> dict[str, Any]:
    """Two commands at the same moment: one run, every call once, and whoever came second is told."""
    with Stage(folder) as stage:
        other = folder / "other"
        other.mkdir()
        first = stage.start(hooks=hooks)
        words = (
            "run",
            "-s",
            str(stage.suite),
            "-c",
            str(folder / "blackbox.yaml"),
            "--results",
            str(folder / "results"),
        )
        second = forked(Task(words=words, folder=other, environ={}, hooks=tuple(map(hook, hooks))))
        codes = sorted((first.code(), second.code()))
        n_runs = len(list((folder / "results").glob("2*")))
        err = said(folder)[1] + said(other)[1]
        ran = Ran(code=codes[-1], out="", err=err)
        told = codes == [0, 0] or "wait until it is done" in err
        return _found(
            stage, ran, codes not in ([0, 0], [0, 2]) and f"exit codes {codes}", n_runs != 1 and f"{n_runs} runs",
            stage.n_asked != N_CALLS and f"{stage.n_asked} requests for {N_CALLS} calls",
            not told and "does not say what to do", *(() if n_runs != 1 else stage.whole()),
        )  # fmt: skip


def clock_set_back(folder: Path) -> dict[str, Any]:
    """The clock goes back by an hour in the middle: the run ends, is verified, and says so."""
    return _jumped(folder, goes_back, "set back by 3,")


def clock_put_forward(folder: Path) -> dict[str, Any]:
    """The clock goes on by two days in the middle: the same."""
    return _jumped(folder, goes_forward, "put forward by 172,")


def _jumped(folder: Path, jump: Callable[[], None], words: str) -> dict[str, Any]:
    with Stage(folder) as stage:
        ran = stage.ran(hooks=(jump,))
        manifest = json.loads(stage.journal.with_name("manifest.json").read_bytes())
        warned = any(words in warning for warning in manifest["warnings"])
        return _found(
            stage, ran, ran.code != 0 and "exit code is not 0", not warned and "not said", *stage.whole(),
            stage.n_asked != N_CALLS and "not every call once",
        )  # fmt: skip


def clock_behind_on_resuming(folder: Path) -> dict[str, Any]:
    """A run is continued while the clock is a day behind: it goes on, and says so."""
    with Stage(folder) as stage:
        stage.ran("run", "-s", str(stage.suite), "--max-requests", "4")
        ran = stage.ran(hooks=(is_a_day_behind,))
        manifest = json.loads(stage.journal.with_name("manifest.json").read_bytes())
        warned = any("behind the run's last answer" in warning for warning in manifest["warnings"])
        return _found(
            stage, ran, ran.code != 0 and "exit code is not 0", not warned and "not said", *stage.whole(),
            stage.n_asked != N_CALLS and "not every call once",
        )  # fmt: skip


def damaged_middle(folder: Path) -> dict[str, Any]:
    """A byte in the middle is another one: exit 5, nothing is sent, and nothing is changed."""
    with Stage(folder) as stage:
        stage.ran("run", "-s", str(stage.suite), "--max-requests", "6")
        content = bytearray(stage.journal.read_bytes())
        content[len(content) // 2] ^= 1
        stage.journal.write_bytes(content)
        n_before, ran = stage.n_asked, stage.ran()
        return _found(
            stage, ran, ran.code != 5 and "exit code is not 5", stage.n_asked != n_before and "something was sent",
            "journal.jsonl: line" not in ran.line and "does not say where",
            stage.journal.read_bytes() != content and "it was changed",
        )  # fmt: skip


def manifest_gone(folder: Path) -> dict[str, Any]:
    """A run without its manifest is named, not passed over: exit 5, and nothing is sent."""
    with Stage(folder) as stage:
        stage.ran("run", "-s", str(stage.suite), "--max-requests", "6")
        stage.journal.with_name("manifest.json").unlink()
        n_before, ran = stage.n_asked, stage.ran()
        return _found(
            stage, ran, ran.code != 5 and "exit code is not 5", stage.n_asked != n_before and "something was sent",
            "move it out of the results folder" not in ran.line and "does not say what to do",
        )  # fmt: skip


SCENES: Mapping[str, Callable[[Path], dict[str, Any]]] = {
    scene.__name__.replace("_", "-"): scene
    for scene in (
        full_while_collecting, full_disk, full_while_closing, read_only, two_at_once, clock_set_back, clock_put_forward,
        clock_behind_on_resuming, damaged_middle, manifest_gone,
    )
}  # fmt: skip


def is_read_only() -> None:
    """A disk on which no file can be opened for writing."""
    from blackbox.store import appending

    class ReadOnly:
        def __getattr__(self, name: str) -> Any:
            return getattr(os, name)

        def open(self, path: Path, flags: int) -> int:
            if flags & (os.O_RDWR | os.O_WRONLY):
                raise OSError(errno.EROFS, os.strerror(errno.EROFS))
            return os.open(path, flags)

    appending.os = ReadOnly()  # type: ignore[assignment,attr-defined]


def takes_no_lock() -> None:
    """Break it: whoever comes second writes too."""
    import fcntl

    fcntl.flock = lambda *_: None


def goes_back() -> None:
    """The clock is set back by an hour after some readings."""
    _shift(after=12, hours=-1)


def goes_forward() -> None:
    """The clock is put forward by two days after some readings."""
    _shift(after=12, hours=48)


def is_a_day_behind() -> None:
    """The clock is a day behind from the beginning."""
    _shift(after=0, hours=-24)


def _shift(*, after: int, hours: float) -> None:
    from dataclasses import replace
    from datetime import timedelta
    from itertools import count

    from blackbox.workflow import clock

    readings, system = count(), clock.SYSTEM_CLOCK
    clock.SYSTEM_CLOCK = replace(
        system, now=lambda: system.now() + timedelta(hours=hours if next(readings) >= after else 0)
    )
