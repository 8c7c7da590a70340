"""The parts a report is made of: small frozen records that say what to show, never how.

Sections build blocks, renderers draw them. Text that a model, a server or a probe wrote is held by `Quote`
alone; a renderer escapes it, isolates its direction and shows its invisible characters. Names that a person
or a server chose (endpoints, runs, probes) are held by `Name` where they stand inside a line.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Tone = Literal["different", "inconclusive", "not_applicable", "equivalent", "neutral"]
"""What a mark says: the four verdicts, or `neutral` for anything that is not a verdict."""

Scope = Literal["document", "pair"]

Kind = Literal["comparison", "drift"]
"""What a section speaks of: pairs of runs, or the history of one endpoint."""


# --- inside a line --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Words of a model, a server or a probe: untrusted, shown and never interpreted.

    Args:
        text: The words.
        cut: Whether the words go on beyond what is held here.
    """

    text: str
    cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A name from outside: of an endpoint, a run, a probe."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number as text, with an optional bar.

    Args:
        text: The number as it is printed.
        share: Length of its bar from 0 to 1; None draws no bar.
    """

    text: str
    share: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A verdict in a word, to be shown with colour, icon and the word itself."""

    tone: Tone
    word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Words that lead to another place of the page.

    Args:
        words: What is shown.
        target: Anchor of a `Fold` or `Group`.
    """

    words: tuple[str | Name, ...]
    target: str


Inline: TypeAlias = "str | Name | Quote | Number | Mark | Link"
Title: TypeAlias = "tuple[str | Name, ...]"


# --- blocks ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A paragraph; a `note` explains, a `warning` must not be missed."""

    text: str
    kind: Literal["body", "note", "warning"] = "body"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bullets:
    """A list of short lines."""

    items: tuple[Inline, ...]
    kind: Literal["body", "warning"] = "body"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A named value and, in one line, what it means."""

    name: str
    value: Inline
    meaning: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyValues:
    """Named values in order."""

    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer to one question.

    Args:
        question: What was asked, as a person would ask it.
        mark: The answer in a word.
        sentence: The answer in a sentence, as `evidence` wrote it.
        facts: The numbers it rests on.
        not_said: What must not be read into it.
        lead: Whether this answer leads the report of its pair.
    """

    question: str
    mark: Mark
    sentence: str
    facts: tuple[Fact, ...]
    not_said: str
    lead: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A table's column; `meaning` is its one-line explanation."""

    title: str
    numeric: bool = False
    meaning: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under column titles.

    Args:
        caption: What the table shows.
        columns: Its columns; the first one names the row.
        rows: All rows, in order; a renderer may cut them and then says how many it left out.
        where: Where all rows are, for that line.
        weight: `long` tables stand once a pair and grow with the suite: they are cut first. `whole` tables
            stand once a report and grow with the runs.
        keys: A word a row, by which rows can be filtered; empty for none.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Inline, ...], ...]
    where: str = "comparison.json"
    weight: Literal["short", "long", "whole"] = "short"
    keys: tuple[Tone, ...] = ()


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
    """

    title: str
    value: float | None
    low: float
    high: float
    marks: tuple[AxisMark, ...]
    bands: tuple[Band, ...]
    description: str


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
class Answer:
    """One answer in full or cut, under its key."""

    key: Name
    outcome: str
    quote: Quote


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Answers of two sides at one probe, side by side."""

    a: Name
    b: Name
    of_a: tuple[Answer, ...]
    of_b: tuple[Answer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """What two sides answered at one probe, with the probe's own words."""

    probe: Name
    prompt: Quote
    shown: Bars | Answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibits:
    """Probes with answers, those that carry the result first; a renderer may cut them and says so."""

    items: tuple[Exhibit, ...]
    where: str = "comparison.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixCell:
    """One cell of a matrix: a few characters, a tone, and the words behind them."""

    text: str
    tone: Tone
    words: str
    target: str | None = None
    shade: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """All pairs of `names`; `cells[i][j]` is None on the diagonal and where there is no pair."""

    caption: str
    names: tuple[Name, ...]
    cells: tuple[tuple[MatrixCell | None, ...], ...]
    where: str = "comparison.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Lines to type into a shell."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Blocks under a heading; `brief` ones are shown also where space is scarce."""

    title: Title
    blocks: tuple[Block, ...]
    anchor: str = ""
    brief: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """Blocks under a heading that can be folded away."""

    title: Title
    blocks: tuple[Block, ...]
    anchor: str = ""
    mark: Mark | None = None
    open: bool = False


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


Block: TypeAlias = (
    "Text | Bullets | KeyValues | Verdict | Table | Scale | Timeline | Exhibits | Matrix | Command | Group | Fold"
)


# --- sections and pages ---------------------------------------------------------------------------


class Builds(Protocol):
    """What a section file's `SECTION` must have; `scope` and `brief` may be left out, as in `Section`."""

    title: str
    order: int

    def build(self, document: Mapping[str, Any], /) -> tuple[Block, ...]:
        """Return the section's blocks, none where it has nothing to say."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section file's `SECTION`.

    Args:
        title: Its heading.
        order: Sections stand by ascending order.
        build: Comparison document → blocks. A `pair` section is given the document with one pair only.
        scope: Whether it speaks of all pairs at once or of each in turn.
        brief: Whether it is shown also where space is scarce.
        kind: Which documents it speaks of.
    """

    title: str
    order: int
    build: Callable[[Mapping[str, Any]], tuple[Block, ...]] = field(repr=False)
    scope: Scope = "document"
    brief: bool = False
    kind: Kind = "comparison"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A whole report.

    Args:
        title: What was compared.
        subtitle: When, with what, how much.
        parts: The sections in order; pair sections of several pairs stand in one fold a pair, for as many
            pairs as anyone would open.
        n_pairs: Pairs compared, which decides how much of each is drawn.
    """

    title: Title
    subtitle: str
    parts: tuple[Group, ...]
    n_pairs: int
