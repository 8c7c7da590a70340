"""Disks that really refuse, below the command: small and read-only ones, and a limit of the system on file sizes.

A tmpfs needs root and the right to mount. Where that is missing, permissions make a folder read-only for anybody but
root; who can do neither gets a file layer that refuses, and the scene says so.
"""

from __future__ import annotations

import os
import resource
import subprocess
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blackbox.errors import BlackboxError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from blackbox.store.journal import Draft

BALLAST = "ballast"
"""The file that takes all room on a disk."""
ROOM = "room"
"""The file that says how long files may become, beside the command."""


def files_end_early() -> None:
    """No file of this process may become longer: the system takes part of a write, and then nothing (a hook)."""
    room = int(Path(ROOM).read_text(encoding="ascii"))
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """Put a disk of its own at a new folder while the block runs; yield whether that was possible."""
    folder.mkdir()
    mounted = _mount("-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder))
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Leave no room on the disk of a folder and return the file that takes it."""
    ballast = folder / BALLAST
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while file.write(b"x" * 4096):
            pass
    return ballast


def fills_meanwhile() -> None:
    """The disk of the results is full from the third write to a journal on (a hook)."""
    from blackbox.store.appending import Journal

    write, n = Journal.write, [0]

    def filled(self: Journal, drafts: Iterable[Draft]) -> None:
        n[0] += 1
        if n[0] == 3:
            fill(Path("results"))
        write(self, drafts)

    Journal.write = filled  # type: ignore[method-assign]


def fills_at_the_end() -> None:
    """The disk of the results is full when the table of a run is to be written (a hook)."""
    _before_the_table(lambda: fill(Path("results")))


def tables_end_early() -> None:
    """No file may become longer than 4 kB once the table of a run is to be written (a hook)."""
    _before_the_table(
        lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    )


def _before_the_table(happens: Callable[[], object]) -> None:
    from blackbox.store import writer

    write = writer.write_parquet

    def late(*arguments: Any, **named: Any) -> None:
        happens()
        write(*arguments, **named)

    writer.write_parquet = late


@contextmanager
def read_only(folder: Path) -> Iterator[str | None]:
    """Make the disk of a folder read-only while the block runs; yield how, or None where that is impossible."""
    if _mount("-o", "remount,ro", str(folder)):
        try:
            yield "mounted read-only"
        finally:
            _mount("-o", "remount,rw", str(folder))
    elif os.geteuid() == 0:  # whom permissions do not stop
        yield None
    else:
        modes = {path: path.stat().st_mode for path in (folder, *folder.rglob("*"))}
        for path in reversed(modes):
            path.chmod(0o555 if path.is_dir() else 0o444)
        try:
            yield "no permission to write"
        finally:
            for path, mode in modes.items():
                path.chmod(mode)


def _mount(*words: str) -> bool:
    with suppress(OSError):
        return subprocess.run(["mount", *words], check=False, capture_output=True).returncode == 0
    return False


def leaves_the_torn_line() -> None:
    """Break it: what a write left unfinished stays in the journal."""
    from blackbox.store.appending import Journal

    Journal._take_back = lambda _: None  # type: ignore[method-assign]


def never_looks_for_room() -> None:
    """Break it: a command on a full disk asks first and stores then."""
    from blackbox.store import writer

    writer.check_room = lambda *_: None


def takes_refusals_for_done() -> None:
    """Break it: an answer counts as stored although the disk refused it."""
    from blackbox.store.appending import Journal

    write = Journal.write

    def careless(self: Journal, drafts: Iterable[Draft]) -> None:
        with suppress(BlackboxError):
            write(self, drafts)

    Journal.write = careless  # type: ignore[method-assign]


def takes_closing_for_done() -> None:
    """Break it: a run counts as closed although the disk refused its table."""
    from blackbox.store.writer import Session

    finish = Session.finish

    def careless(self: Session, *arguments: Any) -> Any:
        with suppress(BlackboxError):
            return finish(self, *arguments)
        return self.manifest

    Session.finish = careless  # type: ignore[method-assign]


def notices_late() -> None:
    """Break it: that a run can't be written to is noticed by its first write, behind the first calls."""
    from blackbox.store import appending, writer

    write_manifest = writer.write_manifest

    def careless(*arguments: Any, **named: Any) -> None:
        with suppress(BlackboxError):
            write_manifest(*arguments, **named)

    writer.write_manifest = careless

    class Careless:
        def __getattr__(self, name: str) -> object:
            return getattr(os, name)

        def open(self, path: Path, flags: int) -> int:
            try:
                return os.open(path, flags)
            except OSError:
                return os.open(path, os.O_RDONLY)

    appending.os = Careless()  # type: ignore[assignment,attr-defined]
