"""What is weighed against what, question by question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox.core.wording import DIRECTION, NOT_A_PROBABILITY, PROPOSITIONS, QUESTIONS
from blackbox.report.blocks import Column, Section, Table, Text
from blackbox.report.sections._pairs import listed, pairs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blackbox.report.blocks import Block


def build(document: Mapping[str, Any]) -> tuple[Block, ...]:
    """Return both propositions of every question that was put."""
    asked = [name for name in PROPOSITIONS if name in (listed(document.get("questions")) or PROPOSITIONS)]
    if not pairs(document) or not asked:
        return ()
    rows = tuple((QUESTIONS[name], *PROPOSITIONS[name]) for name in asked)
    columns = (Column(title="Question"), Column(title="Either"), Column(title="Or"))
    said = Text(text=f"{DIRECTION} {NOT_A_PROBABILITY}", kind="note")
    return (Table(caption="The two propositions of each question", columns=columns, rows=rows), said)


SECTION = Section(title="What is weighed against what", order=33, build=build, paper=True)
