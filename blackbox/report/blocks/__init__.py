"""The parts a report is made of: small frozen records that say what to show, never how.

Sections build blocks, renderers draw them. Text that a model, a server or a probe wrote is held by `Quote`
alone; a renderer escapes it, isolates its direction and shows its invisible characters. Names that a person
or a server chose (endpoints, runs, probes) are held by `Name` where they stand inside a line.
"""

from __future__ import annotations

from blackbox.report.blocks.figures import (
    AxisMark,
    Band,
    BarRow,
    Bars,
    Dot,
    Drawing,
    Label,
    Matrix,
    MatrixCell,
    Moment,
    Scale,
    Stroke,
    Timeline,
)
from blackbox.report.blocks.pages import (
    Builds,
    Page,
    Scope,
    Section,
)
from blackbox.report.blocks.parts import (
    Answer,
    Answers,
    Block,
    Bullets,
    Column,
    Command,
    Exhibit,
    Exhibits,
    Fact,
    Fold,
    Group,
    KeyValues,
    Table,
    Text,
    Verdict,
)
from blackbox.report.blocks.words import (
    Inline,
    Link,
    Mark,
    Name,
    Number,
    Quote,
    Title,
    Tone,
)

__all__ = [
    "Answer",
    "Answers",
    "AxisMark",
    "Band",
    "BarRow",
    "Bars",
    "Block",
    "Builds",
    "Bullets",
    "Column",
    "Command",
    "Dot",
    "Drawing",
    "Exhibit",
    "Exhibits",
    "Fact",
    "Fold",
    "Group",
    "Inline",
    "KeyValues",
    "Label",
    "Link",
    "Mark",
    "Matrix",
    "MatrixCell",
    "Moment",
    "Name",
    "Number",
    "Page",
    "Quote",
    "Scale",
    "Scope",
    "Section",
    "Stroke",
    "Table",
    "Text",
    "Timeline",
    "Title",
    "Tone",
    "Verdict",
]
