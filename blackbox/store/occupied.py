"""Which file a report or table may replace: an earlier one of its kind, never a run's and never something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blackbox.errors import UsageError
from blackbox.store.manifests import JOURNAL
from blackbox.store.redacted import REDACTED_LINES

if TYPE_CHECKING:
    from pathlib import Path

_ALIKE = 8
"""Bytes with which files of one kind begin: a page, a table with its header, an archive."""
_SIGNED = "· blackbox ".encode()
"""What stands in the first lines of a report that is plain text: the version that drew it."""
_FIRST_LINES = 4096


def refuse_others(path: Path, begins: bytes) -> None:
    """Let an earlier report or table be replaced, and nothing else.

    Args:
        path: Where to write; pipes and devices are the person's own affair.
        begins: The first bytes of what is to be written.

    Raises:
        UsageError: The file belongs to a run, or is of another kind.
        OSError: It can't be read.
    """
    if not path.is_file():
        return
    if any((path.parent / name).is_file() for name in (JOURNAL, REDACTED_LINES)):
        raise UsageError(f"{path} belongs to a run; choose another name")
    with path.open("rb") as file:
        old = file.read(_FIRST_LINES)
    is_alike = old[: len(begins[:_ALIKE])] == begins[:_ALIKE]
    if old and not is_alike and _SIGNED not in b" ".join([*old.split(), b""]):
        raise UsageError(f"{path} is there and is something else; choose another name, or remove it first")
