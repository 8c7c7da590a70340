"""Figures: values, counts, pairs, trees and histories as something to look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from blackbox.report.blocks.words import Name, Quote, Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A range to read a value against; both ends None when it is not known."""

    name: str
    low: float | None
    high: float | None
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AxisMark:
    """A place on an axis and what lying there means."""

    place: float
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """A value on an axis with the bands it is read against.

    Args:
        title: What is shown.
        value: The value; None shows the bands alone.
        low: Left end of the axis.
        high: Right end of the axis.
        marks: Places of the axis that have a meaning.
        bands: The bands, known or not.
        description: The figure in words.
        called: What the value is of.
    """

    title: str
    value: float | None
    low: float
    high: float
    marks: tuple[AxisMark, ...]
    bands: tuple[Band, ...]
    description: str
    called: str = "A–B"


@dataclass(frozen=True, slots=True, kw_only=True)
class BarRow:
    """How often each side gave one answer."""

    answer: Quote
    a: int
    b: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """Counts of answers of two sides at one probe, as paired bars."""

    a: Name
    b: Name
    rows: tuple[BarRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixCell:
    """One cell of a matrix: a few characters, a tone, and the words behind them.

    Args:
        text: What stands in it.
        tone: Its colour, where it has no shade.
        words: What it says, in words.
        target: Where its pair stands on the page.
        shade: How dark it is, from 0 to 1: the nearer the two, the darker.
    """

    text: str
    tone: Tone
    words: str
    target: str | None = None
    shade: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """All pairs of `names`; `cells[i][j]` is None on the diagonal and where there is no pair.

    Args:
        caption: What it shows.
        names: Its rows, and in the same order its columns.
        cells: One a row and column.
        legend: What each sign or each end of the shades means.
        where: Where the values are.
    """

    caption: str
    names: tuple[Name, ...]
    cells: tuple[tuple[MatrixCell | None, ...], ...]
    legend: tuple[MatrixCell, ...] = ()
    where: str = "comparison.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stroke:
    """Straight lines from point to point; `weight` 0 is faint, 1 as usual, 2 strong."""

    points: tuple[tuple[float, float], ...]
    weight: Literal[0, 1, 2] = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """A round mark with the words behind it."""

    x: float
    y: float
    words: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """Words in a drawing.

    Args:
        x: Where they start, end or are centred.
        y: Their base line.
        text: The words; a `Name` where they come from outside.
        anchor: What of them stands at `x`.
        angle: Degrees, clockwise.
        size: Height of the letters, in units of the drawing.
        longest: Characters shown at most.
    """

    x: float
    y: float
    text: str | Name
    anchor: Literal["start", "middle", "end"] = "start"
    angle: float = 0.0
    size: float = 12.0
    longest: int = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A figure of lines, dots and words in a plane of `width` × `height`.

    Args:
        caption: What it shows.
        description: The figure in words, for who can't see it.
        width: Of the plane.
        height: Of the plane.
        parts: What is drawn, in order.
        where: Where the numbers behind it are.
    """

    caption: str
    description: str
    width: float
    height: float
    parts: tuple[Stroke | Dot | Label, ...]
    where: str = "comparison.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One run of a timeline.

    Args:
        name: What it is called.
        value: The statistic; None where there is none.
        limit: Upper end of the null band there; None where nothing was tested.
        state: Whether it was suspected, or confirms a change.
        words: The run in a sentence.
    """

    name: Name
    value: float | None
    limit: float | None
    state: Literal["calm", "suspected", "alarm", "first", "silent"]
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """A statistic run by run with its null band.

    Args:
        title: What is shown.
        moments: The runs in order.
        onset: Place of the first run after a change; None without one.
        description: The figure in words.
    """

    title: str
    moments: tuple[Moment, ...]
    onset: int | None
    description: str
