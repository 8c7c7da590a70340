"""Text that fits a terminal: sentences that wrap under their label, tables that become records where they are too wide.

What is there to be copied, such as ids and commands, is never broken: such a line may be wider.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from blackbox.cli.output import brief, columns, printable, text_width

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

MIN_WIDTH = 40
"""Below this many columns the terminal itself wraps."""
_GAP = 2
_WORDS = 20
"""No column of a table is wrapped below this."""


def hanging(label: str, text: str, *, width: int | None = None) -> str:
    """Return text from outside wrapped at spaces, its further lines below its first, to the right of a label.

    Args:
        label: Ours, short, stands once.
        text: Any text; what a terminal would obey is made visible.
        width: Columns [the terminal's].
    """
    room = max(MIN_WIDTH, width or columns()) - text_width(label)
    lines = _wrapped(printable(text), max(1, room))
    return f"\n{' ' * text_width(label)}".join([label + lines[0], *lines[1:]]).rstrip()


def fitted(rows: Sequence[Mapping[str, object]], headings: Mapping[str, str], *, width: int | None = None) -> str:
    """Return rows as a table; where it is too wide its sentences wrap; where that is not enough, as records.

    A column that is empty in every row is left out.

    Args:
        rows: One mapping a row.
        headings: Field name: heading, in order.
        width: Columns [the terminal's].
    """
    room = max(MIN_WIDTH, width or columns())
    headings = {name: title for name, title in headings.items() if any(_said(row, name) for row in rows)} or headings
    cells = [list(headings.values())]
    cells += [[_said(row, name) for name in headings] for row in rows]
    widths = _narrowed(cells, room - _GAP * (len(headings) - 1))
    if widths is None:
        return "\n".join(line for row in rows for line in _record(row, headings, room))
    return "\n".join(line for row in cells for line in _row(row, widths))


def _narrowed(cells: Sequence[Sequence[str]], room: int) -> list[int] | None:
    """Return a width for each column that fits all into `room`, the widest sentences cut first; None: it can't be."""
    widths = [max(text_width(row[i]) for row in cells) for i in range(len(cells[0]))]
    least = [max(_WORDS, *(text_width(w) for row in cells for w in row[i].split(" "))) for i in range(len(widths))]
    while sum(widths) > room:
        wide = [i for i, width in enumerate(widths) if width > least[i]]
        if not wide:
            return None
        widths[max(wide, key=lambda i: widths[i])] -= 1
    return widths


def _said(row: Mapping[str, object], name: str) -> str:
    return "" if row.get(name) is None else printable(brief(str(row[name])))


def _row(row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    """Yield the lines of a table's row."""
    parts = [_wrapped(cell, width) for cell, width in zip(row, widths, strict=True)]
    for line in range(max(map(len, parts))):
        texts = [part[line] if line < len(part) else "" for part in parts]
        padded = [text + " " * (width - text_width(text)) for text, width in zip(texts, widths, strict=True)]
        yield (" " * _GAP).join(padded).rstrip()


def _record(row: Mapping[str, object], headings: Mapping[str, str], room: int) -> Iterator[str]:
    """Yield a row's first cell, then the others with their headings, as many on a line as fit."""
    first, *others = headings
    yield printable(brief(str(row.get(first))))
    line = ""
    for name in others:
        value = _said(row, name)
        if not value:
            continue
        heading = headings[name].lower() if headings[name].isupper() else headings[name]
        cell = f"{heading}: {value}" if heading else value
        if line and text_width(line) + 3 + text_width(cell) <= room:
            line = f"{line} · {cell}"
            continue
        if line:
            yield line
        line = hanging("  ", cell, width=room)
    if line:
        yield line


def _wrapped(text: str, room: int) -> list[str]:
    """Return lines of at most `room` columns where there are spaces, or wide characters, to break at."""
    lines, line = [], ""
    for word in text.split(" "):
        joined = f"{line} {word}" if line else word
        if text_width(joined) <= room or not line:
            line = joined
        else:
            lines.append(line)
            line = word
        if not line.isascii() and text_width(line) > room:
            *full, line = _pieces(line, room)
            lines += full
    return [*lines, line]


def _pieces(text: str, room: int) -> list[str]:
    """Return text cut into pieces of `room` columns; behind its last wide character it stays whole. In linear time."""
    last = max(place for place, character in enumerate(text) if not character.isascii())
    cuts, taken = [0], 0
    for place, character in enumerate(text):
        width = text_width(character)
        if taken + width > room and place > cuts[-1]:
            cuts.append(place)
            taken = 0
            if place > last:
                break
        taken += width
    return [text[begin:end] for begin, end in pairwise([*cuts, len(text)])]
