"""Tables and figures of a report for a terminal: aligned columns, records where columns don't fit, bars, an axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from blackbox.report.renderers.terminal_words import inline, left_out, line, quoted, tone_style
from blackbox.report.visible import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console, ConsoleOptions, RenderResult

    from blackbox.report import blocks

_ROWS = {"short": 12, "long": 6, "whole": 30}
_RECORDS = 8
_BAR_WIDTH = 16
_ANSWER_WIDTH = 26
_CELL_CHARACTERS = 60
_READABLE = 18
"""Columns of text narrower than this are hard to read."""
_LONGEST_WORD = 40
"""Words up to this length are not broken."""
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_LABEL_WIDTH = 27
_RECORD_LABEL_WIDTH = 32


def hanging(sign: str, text: Text) -> Table:
    """Return text that wraps beside its sign."""
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_row(sign, text)
    return grid


def facts(rows: Sequence[blocks.Fact], *, meanings: bool) -> Table:
    """Return named values in two columns, with what they mean underneath."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for fact in rows:
        grid.add_row(line(fact.name, "dim"), inline(fact.value))
        if meanings and fact.meaning:
            grid.add_row("", line(fact.meaning, "dim"))
    return grid


def table(block: blocks.Table) -> RenderableType:
    """Return a table of as many rows as a screen holds."""
    return Group(line(block.caption, "bold"), _Fitting(block))


class _Fitting:
    """A table where its columns fit the width, else one record a row."""

    def __init__(self, block: blocks.Table) -> None:
        self._block = block
        self._columns = block.columns
        self._rows = [[inline(cell, _CELL_CHARACTERS) for cell in row] for row in block.rows[: _ROWS[block.weight]]]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        fits = self._needed() <= options.max_width
        if not fits:
            self._rows = self._rows[:_RECORDS]
        yield self._table() if fits else self._records()
        n = len(self._block.rows)
        yield from left_out(n - len(self._rows), n, "rows", self._block.where)

    def _needed(self) -> int:
        """Return the least width that keeps numbers on one line and words readable."""
        return sum(2 + self._least(place, column) for place, column in enumerate(self._columns))

    def _least(self, place: int, column: blocks.Column) -> int:
        cells = [row[place].plain for row in self._rows]
        widest = max(map(cell_len, cells), default=0)
        heading = _longest_word(visible(column.title))
        if column.numeric:
            return max(widest, heading)
        return max(heading, min(widest, _READABLE), *(min(_longest_word(cell), _LONGEST_WORD) for cell in cells), 0)

    def _table(self) -> Table:
        drawn = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1), header_style="bold")
        for column in self._columns:
            numeric = column.numeric
            drawn.add_column(line(column.title), justify="right" if numeric else "left", overflow="fold", no_wrap=False)
        for row in self._rows:
            drawn.add_row(*row)
        return drawn

    def _records(self) -> Group:
        parts: list[RenderableType] = []
        for row in self._rows:
            cells = list(zip(self._columns[1:], row[1:], strict=True))
            head = Text("  ").join(
                [row[0].copy(), *(cell for column, cell in cells if not column.title and cell.plain)]
            )
            head.stylize("bold")
            grid = Table.grid(padding=(0, 2, 0, 0))
            grid.add_column(no_wrap=True, max_width=_RECORD_LABEL_WIDTH)
            grid.add_column(overflow="fold")
            for column, cell in cells:
                if cell.plain and column.title:
                    grid.add_row(line(f"  {column.title}", "dim"), cell)
            parts += [head, grid]
        return Group(*parts)


def _longest_word(text: str) -> int:
    return max(map(cell_len, text.split()), default=0)


def bars(block: blocks.Bars) -> Table:
    """Return counts of both sides as paired bars."""
    n_a, n_b = sum(row.a for row in block.rows), sum(row.b for row in block.rows)
    drawn = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    drawn.add_column("answer", max_width=_ANSWER_WIDTH, overflow="fold")
    drawn.add_column(line(f"A · {block.a.text}, {n_a}"), max_width=_BAR_WIDTH + 5, overflow="ellipsis", no_wrap=True)
    drawn.add_column(line(f"B · {block.b.text}, {n_b}"), max_width=_BAR_WIDTH + 5, overflow="ellipsis", no_wrap=True)
    for row in block.rows:
        answer = quoted(row.answer, _CELL_CHARACTERS, lines=False)
        drawn.add_row(answer, _bar(row.a, n_a, "blue"), _bar(row.b, n_b, "yellow"))
    return drawn


def _bar(n: int, of: int, style: str) -> Text:
    eighths = round(8 * _BAR_WIDTH * n / of) if of else 0
    full, rest = divmod(eighths, 8)
    drawn = "█" * full + (_EIGHTHS[rest] if rest else "")
    return Text.assemble((drawn.ljust(_BAR_WIDTH), style), f" {n:>4}")


def scale(block: blocks.Scale) -> RenderableType:
    """Return a value and its bands on one axis."""
    return Group(
        line(block.title, "bold"), _Axis(block), *(hanging("•", line(f"{b.name}: {b.note}")) for b in block.bands)
    )


class _Axis:
    """The rows of a scale, drawn to the width at hand."""

    def __init__(self, block: blocks.Scale) -> None:
        self._block = block

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = max(12, min(52, options.max_width - _LABEL_WIDTH - 2))
        if self._block.value is not None:
            at = self._at(self._block.value, width)
            yield Text(f"{'A against B':<{_LABEL_WIDTH}}{' ' * at}▼ {self._block.value:.3f}", style="bold")
        for band in self._block.bands:
            yield Text.assemble(
                f"{visible(band.name)[:_LABEL_WIDTH]:<{_LABEL_WIDTH}}", (self._row(band, width), "blue")
            )
        for mark in self._block.marks:
            label = f"{mark.place:g}: {mark.meaning}"
            left = min(self._at(mark.place, width), max(0, width - len(label)))
            yield Text(f"{'':<{_LABEL_WIDTH}}{' ' * left}{label}", style="dim")

    def _row(self, band: blocks.Band, width: int) -> str:
        if band.low is None or band.high is None:
            return "unknown".center(width, "·")
        first, last = self._at(band.low, width), self._at(band.high, width)
        return "─" * first + "█" * (last - first + 1) + "─" * (width - last - 1)

    def _at(self, place: float, width: int) -> int:
        span = self._block.high - self._block.low or 1.0
        return min(width - 1, max(0, round((width - 1) * (place - self._block.low) / span)))


_LEVELS = "▁▂▃▄▅▆▇█"
_SIGNS = {"calm": "·", "first": " ", "silent": " ", "suspected": "?", "alarm": "!"}


def timeline(block: blocks.Timeline) -> RenderableType:
    """Return a statistic as one column a run, with signs for suspicions and alarms underneath."""
    legend = "? suspected, ! confirms a change, | changed since, × no distance; no sign: one of the first runs"
    return Group(line(block.title, "bold"), _Columns(block), line(block.description), line(legend, "dim"))


class _Columns:
    """The columns of a timeline, as many rows as the width asks for."""

    def __init__(self, block: blocks.Timeline) -> None:
        self._block = block

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        top = max([0.01, *(m.value for m in self._block.moments if m.value is not None)])
        for start in range(0, len(self._block.moments), options.max_width):
            row = self._block.moments[start : start + options.max_width]
            yield Text("".join(_level(m.value, top) for m in row), style="blue")
            yield Text("".join(self._sign(start + place, m) for place, m in enumerate(row)))

    def _sign(self, place: int, moment: blocks.Moment) -> str:
        sign = _SIGNS[moment.state]
        return "|" if place == self._block.onset and sign != "!" else sign


def _level(value: float | None, top: float) -> str:
    if value is None:
        return "×"
    return _LEVELS[min(len(_LEVELS) - 1, max(0, round((len(_LEVELS) - 1) * value / top)))]


def matrix(block: blocks.Matrix) -> RenderableType:
    """Return a matrix with numbered columns, or a line where it is too wide."""
    signs = ", ".join(f"{cell.text} {cell.words}" for cell in block.legend if cell.text)
    return Group(line(block.caption, "bold"), _Numbered(block), *((line(signs, "dim"),) if signs else ()))


class _Numbered:
    """A matrix whose columns carry the numbers of its rows."""

    def __init__(self, block: blocks.Matrix) -> None:
        self._block = block

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        n = len(self._block.names)
        widest = max((len(cell.text) for row in self._block.cells for cell in row if cell), default=1)
        if _LABEL_WIDTH + (max(2, widest) + 1) * n > options.max_width:
            yield line(f"{n} endpoints are too many for this width; the values: {self._block.where}.", "dim")
            return
        drawn = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
        drawn.add_column("", max_width=_LABEL_WIDTH - 1, no_wrap=True, overflow="ellipsis")
        for number in range(1, n + 1):
            drawn.add_column(str(number), justify="center", no_wrap=True)
        for number, (name, row) in enumerate(zip(self._block.names, self._block.cells, strict=True), start=1):
            drawn.add_row(line(f"{number} {name.text}"), *(_cell(cell) for cell in row))
        yield drawn


def _cell(cell: blocks.MatrixCell | None) -> Text:
    return Text("·", style="dim") if cell is None else Text(visible(cell.text), style=tone_style(cell.tone))
