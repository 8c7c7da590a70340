"""Appending: acknowledged means on disk, one writer at a time, and what a full disk or a kill leaves behind."""

from __future__ import annotations

import asyncio
import errno
import os
import random
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest
from support.stored import START, new_run, no_sync

from blackbox.errors import Incomplete, RunLocked
from blackbox.store.appending import GroupCommit, Journal
from blackbox.store.journal import Draft, JournalReader, draft, read_journal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


class SlowDisk:
    """A sync that takes as long as the test says, and counts."""

    def __init__(self) -> None:
        self.allow = threading.Event()
        self.begun = threading.Event()
        self.n_syncs = 0
        self.fail = False

    def __call__(self, _fd: int) -> None:
        """Return when the test allows it."""
        self.begun.set()
        assert self.allow.wait(20)
        self.n_syncs += 1
        if self.fail:
            raise OSError(errno.EIO, os.strerror(errno.EIO))


def _note(number: int) -> Draft:
    return draft("note", START, {"number": number})


def _numbers(path: Path) -> list[int]:
    return [entry.body["number"] for entry in read_journal(path)[0]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return an empty journal in a run folder."""
    folder = tmp_path / "a-run"
    folder.mkdir()
    (folder / "journal.jsonl").touch()
    return folder / "journal.jsonl"


@pytest.fixture
def disk() -> SlowDisk:
    """Return a disk that does not sync until told to."""
    return SlowDisk()


@pytest.fixture
def journal(path: Path, disk: SlowDisk) -> Iterator[Journal]:
    """Return the journal open on that disk."""
    journal = Journal(path, sync=disk)
    yield journal
    journal.close()


async def _acknowledged_too_early(journal: Journal, disk: SlowDisk) -> bool:
    """Return whether an append is acknowledged while its sync has not returned."""
    group = GroupCommit(journal)
    append = asyncio.create_task(group.append(_note(0)))
    await asyncio.to_thread(disk.begun.wait, 20)
    done, _ = await asyncio.wait({append}, timeout=0.05)
    disk.allow.set()
    await append
    await group.close()
    return bool(done)


async def test_acknowledged_means_synced(journal: Journal, disk: SlowDisk) -> None:
    """An append returns only after the sync of its line has returned."""
    assert not await _acknowledged_too_early(journal, disk)


async def test_a_journal_that_acknowledges_before_its_sync_is_caught(path: Path, disk: SlowDisk) -> None:
    """The test above fails for a journal that leaves the sync for later."""

    class Hasty(Journal):
        def write(self, drafts: Sequence[Draft]) -> None:
            threading.Thread(target=super().write, args=(drafts,)).start()

    hasty = Hasty(path, sync=disk)
    assert await _acknowledged_too_early(hasty, disk)


async def test_one_sync_serves_all_that_wait(journal: Journal, disk: SlowDisk, path: Path) -> None:
    """Fifty appends during one sync share the next one, in the order they were made."""
    group = GroupCommit(journal)
    appends = [asyncio.create_task(group.append(_note(0)))]
    await asyncio.to_thread(disk.begun.wait, 20)
    appends += [asyncio.create_task(group.append(_note(number))) for number in range(1, 51)]
    await asyncio.sleep(0)
    disk.allow.set()
    await asyncio.gather(*appends)
    await group.close()
    assert disk.n_syncs == 2
    assert list(range(51)) == _numbers(path)


async def test_writers_that_append_again_and_again_share_every_sync(
    journal: Journal, disk: SlowDisk, path: Path
) -> None:
    """Whoever is acknowledged joins the very next group: eight writers of ten entries need ten syncs."""
    group = GroupCommit(journal)
    disk.allow.set()

    async def writer() -> None:
        for number in range(10):
            await group.append(_note(number))

    await asyncio.gather(*(writer() for _ in range(8)))
    await group.close()
    assert disk.n_syncs == 10
    assert sorted(_numbers(path)) == sorted(list(range(10)) * 8)


async def test_a_cancelled_append_is_still_whole(journal: Journal, disk: SlowDisk, path: Path) -> None:
    """Ctrl-C while waiting for the disk: the line, and those behind it, are written before closing returns."""
    group = GroupCommit(journal)
    appends = [asyncio.create_task(group.append(_note(number))) for number in range(3)]
    await asyncio.to_thread(disk.begun.wait, 20)
    for append in appends:
        append.cancel()
    closing = asyncio.create_task(group.close())
    await asyncio.sleep(0)
    closing.cancel()
    await asyncio.sleep(0)
    disk.allow.set()
    with pytest.raises(asyncio.CancelledError):
        await closing
    assert _numbers(path) == [0, 1, 2]


async def test_a_failed_sync_acknowledges_nothing_and_stops_the_journal(
    journal: Journal, disk: SlowDisk, path: Path
) -> None:
    """All who wait hear of it in one line; later appends too; what was acknowledged before is still there."""
    group = GroupCommit(journal)
    disk.allow.set()
    await group.append(_note(0))
    disk.fail = True
    results = await asyncio.gather(*(group.append(_note(n)) for n in (1, 2)), return_exceptions=True)
    assert [Incomplete, Incomplete] == [type(result) for result in results]
    disk.fail = False
    with pytest.raises(Incomplete, match="Input/output error; every acknowledged answer is kept"):
        await group.append(_note(3))
    await group.close()
    assert _numbers(path) == [0]


def test_a_generator_that_fails_leaves_nothing_behind(path: Path) -> None:
    """When the entries themselves cannot be made, what was written of them is taken back and appending goes on."""

    def entries() -> Iterator[Draft]:
        yield draft("note", START, {"number": 0, "long": "x" * 9_000_000})
        raise ValueError("no more")

    journal = Journal(path, sync=no_sync)
    with pytest.raises(ValueError, match="no more"):
        journal.write(entries())
    journal.write([_note(7)])
    journal.close()
    assert _numbers(path) == [7]


def test_two_writers_in_one_process_exclude_each_other(journal: Journal) -> None:
    """The second is refused with the run's name; the first is not disturbed."""
    with pytest.raises(RunLocked, match="run a-run is being written by another process"):
        Journal(journal.path)


def _child(code: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


_HOLD = """
import sys, pathlib
from blackbox.store.appending import Journal
journal = Journal(pathlib.Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def _refused_while_held(path: Path) -> bool:
    """Return whether a journal another process has open is refused; that process is killed afterwards."""
    command = [sys.executable, "-c", _HOLD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        try:
            Journal(path).close()
        except RunLocked:
            return True
        finally:
            child.kill()
    return False


def test_the_lock_holds_between_processes_and_ends_with_its_process(path: Path) -> None:
    """While another process writes, opening is refused; once it is killed, opening works."""
    assert _refused_while_held(path)
    Journal(path).close()


def test_a_journal_without_a_lock_is_caught(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above fails where the lock is not asked for."""
    monkeypatch.setattr("fcntl.flock", lambda *_: None)
    assert not _refused_while_held(path)


_APPEND = """
import asyncio, sys, pathlib
from support.stored import ticking_clock, answer
from blackbox.core import plain
from blackbox.store import RunWriter

async def worker(writer, probe):
    for repeat in range(100_000):
        observation = answer(probe, repeat)
        if observation.key in writer.done_keys:
            continue
        await writer.append("observation", plain(observation))
        print(observation.key, flush=True)

async def main():
    async with RunWriter(pathlib.Path(sys.argv[1]), ticking_clock()) as writer:
        await asyncio.gather(*(worker(writer, probe) for probe in range(3)))

asyncio.run(main())
"""


def _lost_by_kills(run: Path, code: str, *, n_kills: int) -> set[str]:
    """Return the keys that writers acknowledged before they were killed and that are not in the journal."""
    acknowledged: list[str] = []
    for _ in range(n_kills):
        with _child(code, run) as child:
            assert child.stdout is not None
            n_lines = random.randrange(1, 400)  # noqa: S311 - a moment, not a secret
            acknowledged += [child.stdout.readline().strip() for _ in range(n_lines)]
            child.send_signal(signal.SIGKILL)
            acknowledged += [line.strip() for line in child.stdout if line.endswith("\n")]
    assert len(acknowledged) >= n_kills
    stored = [entry.body["key"] for entry in JournalReader(run / "journal.jsonl") if entry.kind == "observation"]
    assert len(stored) == len(set(stored))
    return set(acknowledged) - set(stored)


def test_a_killed_writer_loses_nothing_it_acknowledged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGKILL at random moments, resumed each time: every key that was printed is in the journal, once."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
    assert _lost_by_kills(new_run(tmp_path), _APPEND, n_kills=4) == set()


def test_a_writer_that_keeps_lines_in_memory_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above fails for a journal that acknowledges what it has not written."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
    lazy = "import blackbox.store.appending as a; a._write_all = lambda fd, content: None\n"
    assert _lost_by_kills(new_run(tmp_path), lazy + _APPEND, n_kills=1) != set()


_FILL_DISK = """
import resource, signal, sys, pathlib
from support.stored import START
from blackbox.errors import Incomplete
from blackbox.store.appending import Journal
from blackbox.store.journal import draft
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
journal = Journal(pathlib.Path(sys.argv[1]))
for number in range(1000):
    try:
        journal.write([draft("note", START, {"number": number})])
    except Incomplete as error:
        print(number, error, flush=True)
        break
"""


def test_a_full_disk_stops_the_run_in_one_line_and_leaves_whole_lines(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write the system cuts short is taken back: the journal ends with the last acknowledged line."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
    with _child(_FILL_DISK, path) as child:
        said, _ = child.communicate(timeout=60)
    number, _, message = said.strip().partition(" ")
    assert "File too large; every acknowledged answer is kept" in message
    assert len(said.splitlines()) == 1
    assert list(range(int(number))) == _numbers(path)
    assert read_journal(path)[1].torn == b""
