"""Cells of a matrix as signs and grounds, and a matrix too large for a table as squares of a drawing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from blackbox.report.blocks import Matrix, MatrixCell

SIDE = 1000.0
MARGIN = 190.0
"""Most room for names, in units of a drawing of `SIDE`."""
_LETTER = 0.62
"""Width of a letter, in its heights."""
STEPS = 5
_TONES = ("different", "neutral", "not_applicable", "inconclusive", "equivalent")
"""From furthest to nearest, as far as a verdict says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of squares.

    Args:
        name: Whose it is.
        middle: Where its name stands, downwards and, as a column, across.
        cells: The sign of each cell, `.` where there is none.
        go: For each later name, where the pair of the two stands on the page; separated by spaces.
    """

    name: str
    middle: float
    cells: str
    go: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Where squares begin, across and downwards, and how large one is."""

    left: float
    size: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Squared:
    """A matrix as squares: of each sign its ground and one path."""

    left: float
    size: float
    letters: float
    longest: int
    rows: tuple[Row, ...]
    paths: tuple[tuple[str, str, str], ...]


def sign(cell: MatrixCell) -> str:
    """Return one character for what a cell looks like: the nearer, the later in `0`…`5` and `a`…`e`."""
    return chr(ord("a") + _TONES.index(cell.tone)) if cell.shade is None else str(_step(cell.shade))


def ground(cell: MatrixCell) -> str:
    """Return the style classes of a cell's ground."""
    return f"t-{cell.tone}" if cell.shade is None else f"t-{cell.tone} s{_step(cell.shade)}"


def near(cell: MatrixCell) -> str:
    """Return how near the two of a cell are, to put a matrix in order by."""
    return f"{_TONES.index(cell.tone) if cell.shade is None else cell.shade:.3g}"


def squared(block: Matrix, drawn: frozenset[str]) -> Squared:
    """Return a matrix as squares.

    Args:
        block: The matrix.
        drawn: Places that links may lead to.
    """
    n = len(block.names)
    letters = round(max(5.0, min(15.0, 0.85 * (SIDE - MARGIN) / n)), 1)
    longest = max((len(name.text) for name in block.names), default=0)
    left = round(min(MARGIN, 14 + _LETTER * letters * longest), 1)
    size = round((SIDE - left) / n, 2)
    rows = tuple(_row(block, place, Grid(left=left, size=size), drawn) for place in range(n))
    grounds = {sign(cell): ground(cell) for line in block.cells for cell in line if cell is not None}
    paths = tuple((key, grounds[key], "".join(_squares(rows, key))) for key in sorted(grounds))
    most = int((MARGIN - 10) / (0.55 * letters))
    return Squared(left=left, size=size, letters=letters, longest=most, rows=rows, paths=paths)


def _step(shade: float) -> int:
    return round(STEPS * min(1.0, max(0.0, shade)))


def _row(block: Matrix, place: int, grid: Grid, drawn: frozenset[str]) -> Row:
    line = block.cells[place]
    targets = (cell.target if cell is not None and cell.target in drawn else "" for cell in line[place + 1 :])
    return Row(
        name=block.names[place].text,
        middle=round(grid.left + (place + 0.8) * grid.size, 1),
        cells="".join("." if cell is None else sign(cell) for cell in line),
        go=" ".join(target or "" for target in targets),
    )


def _squares(rows: Sequence[Row], key: str) -> Iterator[str]:
    """Yield the outlines of the squares of one sign, in cells, neighbours in a row drawn as one."""
    for i, row in enumerate(rows):
        for first, n in _stretches(row.cells, key):
            yield f"M{first} {i}h{n}v1h-{n}z"


def _stretches(cells: str, key: str) -> Iterator[tuple[int, int]]:
    first = None
    for place, cell in enumerate(f"{cells} "):
        if cell == key and first is None:
            first = place
        elif cell != key and first is not None:
            yield first, place - first
            first = None


FILTERS: Mapping[str, object] = {"sign": sign, "ground": ground, "near": near}
"""What the template asks of a single cell."""
