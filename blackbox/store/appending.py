"""Appending to a journal: the lock, the synced write, and one sync for every append that waits.

Acknowledged means on disk. Nothing is delayed to gather a group: while one group's sync is running the
next one gathers, so an append waits for at most the sync under way and its own.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

from blackbox.errors import BlackboxError, Incomplete, RunLocked
from blackbox.store.disk import disk_errors, evidence_errors, sync_data
from blackbox.store.journal import Draft, JournalEnd, sealed

if TYPE_CHECKING:
    from pathlib import Path

Sync = Callable[[int], None]

_BUFFER_BYTES = 8 * 1024 * 1024


class Journal:
    """A journal open for appending. Holds an exclusive lock on the file until closed.

    The lock is the operating system's (`flock`), so it goes when its process does, however that ends.

    Args:
        path: The journal, which must exist.
        sync: Puts what was written to a file descriptor on disk.

    Raises:
        RunLocked: Another process, or another writer in this one, holds it.
        EvidenceDamaged: There is none.
        BlackboxError: It cannot be opened for writing.
    """

    def __init__(self, path: Path, *, sync: Sync = sync_data) -> None:
        self.path = path
        self._sync = sync
        self._end = JournalEnd()
        self._failure: str | None = None
        with evidence_errors(path, advice="make it writable, or copy the run's folder to another --results DIR"):
            self._fd = os.open(path, os.O_RDWR | os.O_APPEND)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._fd)
            raise RunLocked(
                f"run {path.parent.name} is being written by another process; "
                "wait until it is done, or begin another run with --new or another --label"
            ) from error

    @property
    def end(self) -> JournalEnd:
        """Where the journal ends: what is on disk, and nothing that still waits."""
        return self._end

    def resume(self, end: JournalEnd) -> None:
        """Go on after `end`, cutting off the torn tail if there is one.

        Raises:
            BlackboxError: The disk refuses; nothing is changed.
        """
        if end.torn:
            with disk_errors(self.path):
                os.ftruncate(self._fd, end.n_bytes)
                self._sync(self._fd)
        self._end = JournalEnd(n_entries=end.n_entries, head=end.head, n_bytes=end.n_bytes)

    def write(self, drafts: Iterable[Draft]) -> None:
        """Append all of `drafts` in order and return when they are on disk, with a single sync.

        Raises:
            Incomplete: The disk is full or failing. Nothing of `drafts` is acknowledged and this journal
                takes no more: after a failed sync nobody knows what is on disk but a fresh reader.
        """
        if self._failure is not None:
            raise Incomplete(self._failure)
        try:
            end = self._write(drafts)
            self._sync(self._fd)
        except OSError as error:
            self._failure = (
                f"{self.path}: {error.strerror or error}; every acknowledged answer is kept, "
                "the run can be resumed once the disk takes writes again"
            )
            self._take_back()
            raise Incomplete(self._failure) from error
        except BaseException:
            self._take_back()
            raise
        self._end = end

    def close(self) -> None:
        """Let go of the file and its lock."""
        os.close(self._fd)

    def _write(self, drafts: Iterable[Draft]) -> JournalEnd:
        end, buffer = self._end, bytearray()
        for entry in drafts:
            line = sealed(entry, seq=end.n_entries, prev_sha256=end.head)
            buffer += line.line
            end = JournalEnd(n_entries=end.n_entries + 1, head=line.sha256, n_bytes=end.n_bytes + len(line.line))
            if len(buffer) > _BUFFER_BYTES:
                _write_all(self._fd, bytes(buffer))
                buffer.clear()
        _write_all(self._fd, bytes(buffer))
        return end

    def _take_back(self) -> None:
        # What was half written is cut off now, or, if the disk refuses that too, as a torn tail on opening.
        with suppress(OSError):
            os.ftruncate(self._fd, self._end.n_bytes)


class GroupCommit:
    """Appends from many tasks to one journal: one sync serves all that wait when it starts.

    The write and the sync run in a thread of their own, so the loop goes on meanwhile. A cancelled append
    is still written: what was handed over is never half there.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")
        self._waiting: list[tuple[Draft, asyncio.Future[None]]] = []
        self._under_way: asyncio.Future[None] | None = None
        self._start_due = False

    async def append(self, entry: Draft) -> None:
        """Append `entry`; entries are written in the order of these calls.

        Raises:
            Incomplete: The disk is full or failing; this entry is not acknowledged.
        """
        acknowledged: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((entry, acknowledged))
        self._start_soon()
        await acknowledged

    async def drain(self) -> None:
        """Return when everything handed over is on disk or has failed."""
        interrupted: asyncio.CancelledError | None = None
        while self._under_way is not None or self._waiting:
            try:
                await (asyncio.sleep(0) if self._under_way is None else asyncio.wait({self._under_way}))
            except asyncio.CancelledError as error:
                # A second Ctrl-C must not take the sync away from those who wait for it: milliseconds.
                interrupted = error
        if interrupted is not None:
            raise interrupted

    async def close(self) -> None:
        """Drain, and end the thread."""
        try:
            await self.drain()
        finally:
            self._thread.shutdown(wait=True)

    def _start_soon(self) -> None:
        # Not at once: whoever was acknowledged just now gets to append again first, and joins this group.
        if self._under_way is None and self._waiting and not self._start_due:
            self._start_due = True
            asyncio.get_running_loop().call_soon(self._start)

    def _start(self) -> None:
        self._start_due = False
        group, self._waiting = self._waiting, []
        loop = asyncio.get_running_loop()
        self._under_way = loop.run_in_executor(self._thread, self._journal.write, [entry for entry, _ in group])
        # A callback and not a task: `asyncio.run` cancels tasks on its way out, callbacks it lets finish.
        self._under_way.add_done_callback(lambda done: self._done(done, [waiter for _, waiter in group]))

    def _done(self, done: asyncio.Future[None], waiters: Sequence[asyncio.Future[None]]) -> None:
        self._under_way = None
        error = done.exception()
        for waiter in waiters:
            if waiter.done():
                continue
            if error is None:
                waiter.set_result(None)
            else:
                # One exception object in many tasks would gather all their tracebacks.
                waiter.set_exception(Incomplete(str(error)) if isinstance(error, BlackboxError) else error)
        self._start_soon()


def _write_all(fd: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(fd, view) :]
