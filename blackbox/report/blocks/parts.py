"""Paragraphs, lists, tables, verdicts, answers and what holds them together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from blackbox.report.blocks.figures import Bars, Drawing, Matrix, Scale, Timeline
    from blackbox.report.blocks.words import Inline, Link, Mark, Name, Quote, Title, Tone


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
        onward: Where to read on: what carries the answer, or what would settle the question. A section names others
            by file name; the page puts their headings and places there, and leaves out those with nothing to say.
    """

    question: str
    mark: Mark
    sentence: str
    facts: tuple[Fact, ...]
    not_said: str
    lead: bool
    onward: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A table's column; `meaning` is its one-line explanation, `facet` what rows can be chosen by there."""

    title: str
    numeric: bool = False
    meaning: str = ""
    facet: Literal["", "names", "suite"] = ""


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
        anchors: A place a row, which links lead to where no fold of that name is drawn; empty for none.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Inline, ...], ...]
    where: str = "comparison.json"
    weight: Literal["short", "long", "whole"] = "short"
    keys: tuple[Tone, ...] = ()
    anchors: tuple[str, ...] = ()


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
class Saying:
    """One answer, how often it was given, and by whom."""

    quote: Quote
    outcome: str
    n: int
    by: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A probe with its different answers, most frequent first; `n_distinct` counts all of them."""

    probe: Name
    suite: str
    family: str
    language: str
    prompt: Quote
    sayings: tuple[Saying, ...]
    n_distinct: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Finder:
    """Probes to look answers up in; a renderer may cut the answers and says so."""

    items: tuple[Found, ...]
    where: str = "comparison.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Lines to type into a shell."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the other side says, or room for it.

    Args:
        text: Their words; None where there are none yet.
        note: What the field is.
    """

    text: Quote | None
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Blocks under a heading; `brief` ones are shown also where space is scarce, `paper` ones on pages only."""

    title: Title
    blocks: tuple[Block, ...]
    anchor: str = ""
    brief: bool = False
    paper: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """Blocks under a heading that can be folded away."""

    title: Title
    blocks: tuple[Block, ...]
    anchor: str = ""
    mark: Mark | None = None
    open: bool = False


Block: TypeAlias = (
    "Text | Bullets | KeyValues | Verdict | Table | Scale | Timeline | Exhibits | Matrix | Drawing | Command"
    " | Finder | Reply | Group | Fold"
)
