"""Files that are there whole or not at all, strict JSON, and one place where disk errors get their words."""

from __future__ import annotations

import errno
import fcntl
import json
import math
import os
import shutil
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from blackbox.core import canonical, plain
from blackbox.errors import BlackboxError, EvidenceDamaged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


_MOST_DEPTH = 100
"""Levels of lists and objects in a file of ours; a comparison has ten."""


def sync_data(fd: int) -> None:
    """Return once the data of `fd` are on disk (fdatasync; fsync where the system has no fdatasync)."""
    getattr(os, "fdatasync", os.fsync)(fd)


def sync_path(path: Path) -> None:
    """Return once a file, or the names in a folder, are on disk: a synced file is lost with an unsynced name."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def check_room(folder: Path, n_bytes: int) -> None:
    """Refuse to begin on a disk that is as good as full.

    Raises:
        BlackboxError: So many bytes are not there. A system that does not say how many there are is believed.
    """
    with disk_errors(folder):
        disk = shutil.disk_usage(folder)
    if disk.total and disk.free < n_bytes:
        kilobytes = disk.free // 1000
        raise BlackboxError(f"{folder}: the disk is full ({kilobytes} kB left); make room on it, nothing was sent")


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder while the block runs: whoever comes second waits, and the lock ends with its process.

    Raises:
        OSError: The folder is not there.
    """
    fd = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def remove_leftovers(folder: Path, names: Iterable[str]) -> None:
    """Remove what processes that were killed left beside these files when they were about to replace them."""
    for name in names:
        for path in folder.glob(f".{name}.*"):
            with suppress(OSError):
                path.unlink()


@contextmanager
def disk_errors(path: Path, *, advice: str = "") -> Iterator[None]:
    """Turn an `OSError` into one line that names the path, what the system said and `advice`."""
    try:
        yield
    except OSError as error:
        raise BlackboxError(f"{path}: {error.strerror or error}{advice and '; '}{advice}") from error


@contextmanager
def evidence_errors(path: Path, *, advice: str = "") -> Iterator[None]:
    """As `disk_errors`, for a file that belongs to a run: that it is missing is damage."""
    try:
        with disk_errors(path, advice=advice):
            yield
    except BlackboxError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            raise EvidenceDamaged(f"{path} is missing") from error
        raise


def write_atomically(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Replace `path` by `content`: a reader, or a crash, sees the old file or the new one.

    Args:
        path: The file.
        content: All of its bytes.
        durable: Wait until file and name are on disk; a cache need not.

    Raises:
        OSError: The disk is full, read-only or failing; `path` is as it was.
    """
    with replacing(path, durable=durable) as temporary:
        temporary.write_bytes(content)


@contextmanager
def replacing(path: Path, *, durable: bool = True) -> Iterator[Path]:
    """Yield a temporary file beside `path` that takes its place when the block ends without an error.

    Raises:
        OSError: The disk is full, read-only or failing, or at `path` is a device or pipe, which nothing may replace.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise OSError(errno.EINVAL, "this is no ordinary file; choose another name")
    fd, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(fd)
    temporary = Path(name)
    try:
        temporary.chmod(0o644)
        yield temporary
        if durable:
            sync_path(temporary)
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    if durable:
        sync_path(path.parent)


def compact_json(document: object) -> bytes:
    """Return `document` as canonical JSON and a newline: several times as fast, for files that can be large.

    Raises:
        ValueError: A NaN or infinity is inside.
    """
    return canonical(document).encode("ascii") + b"\n"


def readable_json(document: object) -> bytes:
    """Return `document` as strict ASCII JSON with sorted keys and indents, for files people open.

    Raises:
        ValueError: A NaN or infinity is inside.
    """
    text = json.dumps(plain(document), sort_keys=True, ensure_ascii=True, indent=1, allow_nan=False)
    return text.encode("ascii") + b"\n"


def strict_json(content: bytes) -> Any:  # noqa: ANN401 - JSON is any type until its reader has looked
    """Return the JSON value of UTF-8 `content`; NaN, infinities and repeated keys are no JSON here.

    Raises:
        ValueError: It is not strict JSON, holds a number that no float can, or is nested too deep to be ours.
    """
    try:
        value = json.loads(content.decode("utf-8"), parse_constant=_no_constant, object_pairs_hook=_unrepeated)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    _check_parts(value)
    return value


def _check_parts(value: object) -> None:
    """Refuse what can be read and can't be written again: 1e999 is an infinity, and writing goes less deep."""
    level = [value]
    for _ in range(_MOST_DEPTH):
        level = [
            part
            for each in level
            for part in (each.values() if isinstance(each, dict) else each if isinstance(each, list) else (each,))
            if isinstance(part, (dict, list)) or (isinstance(part, float) and not math.isfinite(part))
        ]
        if not level:
            return
        if any(isinstance(part, float) for part in level):
            raise ValueError("a number is too large")
    raise ValueError("nested too deep")


def read_json_object(path: Path) -> dict[str, Any]:
    """Return the strict JSON object in one of our own files.

    Raises:
        EvidenceDamaged: The file is missing, or holds no strict JSON object.
        BlackboxError: The disk does not give it.
    """
    try:
        with evidence_errors(path):
            value = strict_json(path.read_bytes())
    except ValueError as error:
        raise EvidenceDamaged(f"{path} is damaged: {error}") from error
    if not isinstance(value, dict):
        raise EvidenceDamaged(f"{path} is damaged: it holds no JSON object")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key is there twice")
    return value
