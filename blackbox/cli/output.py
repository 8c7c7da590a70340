"""What a command prints: data on stdout, everything for the person beside it on stderr, both without surprises."""

from __future__ import annotations

import json
import os
import shutil
import sys
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

from blackbox.core import plain
from blackbox.errors import BlackboxError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TextIO

_WIDEST = 120
_LONGEST = 1_000


def say(text: str) -> None:
    """Write data to stdout; what its encoding can't show is written as an escape, never a crash.

    Raises:
        BlackboxError: It can't be written, as where a disk is full: nobody may take half a document for the whole.
    """
    try:
        _write(sys.stdout, text)
    except BrokenPipeError:
        raise
    except OSError as error:
        discard(sys.stdout)
        raise BlackboxError(f"standard output: {(error.strerror or 'not writable').lower()}") from None


def note(text: str) -> None:
    """Write a line for the person to stderr; where it can't be written, the work goes on without it."""
    try:
        _write(sys.stderr, text)
    except BrokenPipeError:
        raise
    except OSError:
        discard(sys.stderr)


def complain(text: str) -> None:
    """Write the one line of an error to stderr, with nothing in it that a terminal would obey."""
    note(f"blackbox: {printable(text)}")


def discard(stream: TextIO) -> None:
    """Let what a stream still holds, and all that comes, go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def print_json(document: object) -> None:
    """Write a document as strict ASCII JSON."""
    say(json.dumps(plain(document), ensure_ascii=True, allow_nan=False, indent=2, default=_path))


def table(rows: Sequence[Mapping[str, object]], columns: Mapping[str, str]) -> str:
    """Return rows as aligned plain text.

    Args:
        rows: One mapping a row.
        columns: Field name: heading, in order.
    """
    cells = [list(columns.values())]
    cells += [["" if row.get(name) is None else printable(str(row[name])) for name in columns] for row in rows]
    widths = [max(text_width(line[i]) for line in cells) for i in range(len(columns))]
    return "\n".join(
        "  ".join(cell + " " * (width - text_width(cell)) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    )


def brief(text: str) -> str:
    """Return a cell or name from outside, cut where none is so long: it may not push everything else off the screen."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text):,} characters)"


def printable(text: str) -> str:
    """Return text from outside as one line that a terminal can't obey."""
    from blackbox.report.visible import visible

    return visible(text)


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether live drawing suits a stream: a terminal, not a dumb one, not a build log, not closed."""
    return stream is not None and stream.isatty() and os.environ.get("TERM", "") != "dumb" and not os.environ.get("CI")


def has_color(stream: TextIO | None) -> bool:
    """Return whether colour suits a stream (https://no-color.org)."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR")


def columns() -> int:
    """Return the width to draw reports in."""
    return min(shutil.get_terminal_size((80, 24)).columns, _WIDEST)


def write_text(path: Path, text: str, *, append: bool = False) -> None:
    """Write a file the person named, or add to its end.

    Raises:
        UsageError: Something else is there.
        BlackboxError: It can't be written; the line says why.
    """
    from blackbox.store.occupied import refuse_others

    try:
        if not append:
            refuse_others(path, text.encode("utf-8", "replace"))
        with path.open("a" if append else "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
    except OSError as error:
        raise BlackboxError(
            f"{path}: {(error.strerror or 'not writable').lower()}; name a file that can be written"
        ) from None


def _path(value: object) -> str:
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def text_width(text: str) -> int:
    """Return the columns that text takes: two a wide character."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _write(stream: TextIO | None, text: str) -> None:
    if stream is None:  # closed by whoever started us (`>&-`): nobody listens
        return
    encoding = stream.encoding or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
    stream.flush()
