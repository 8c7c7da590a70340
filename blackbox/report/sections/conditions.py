"""What else differed between the two collections beside the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox.report.blocks import Column, Quote, Section, Table, Text
from blackbox.report.sections._pairs import listed, mapping, pairs, side_titles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blackbox.report.blocks import Block, Inline

_STATES = {"equal": "equal", "different": "differs", "unknown": "unknown"}


def build(document: Mapping[str, Any]) -> tuple[Block, ...]:
    """Return the conditions of both sides, what was sent apart from what was honoured."""
    return tuple(block for pair in pairs(document) for block in _of_pair(pair))


def _of_pair(pair: Mapping[str, Any]) -> tuple[Block, ...]:
    rows = [mapping(row) for row in listed(pair.get("conditions"))]
    if not rows:
        return (Text(text="No condition was recorded: every circumstance of collection is unknown.", kind="warning"),)
    a, b = side_titles(pair)
    columns = (
        Column(title="Condition"),
        Column(title="State"),
        Column(title=a),
        Column(title=b),
        Column(title="What it means"),
    )
    return (Table(caption="Conditions of collection", columns=columns, rows=tuple(_row(row) for row in rows)),)


def _row(row: Mapping[str, Any]) -> tuple[Inline, ...]:
    state = str(row.get("state"))
    return (
        f"{row.get('name')}",
        _STATES.get(state, state),
        Quote(text=str(row.get("a"))),
        Quote(text=str(row.get("b"))),
        str(row.get("meaning") or ""),
    )


SECTION = Section(title="Conditions", order=70, build=build, scope="pair")
