"""Repeat controls: does each endpoint answer like itself?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox.report.blocks import Column, Name, Number, Section, Table, Text
from blackbox.report.sections._numbers import pvalue
from blackbox.report.sections._pairs import listed, mapping, pairs, sides

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blackbox.report.blocks import Block, Inline

_KINDS = {
    "second_session": "second session",
    "halves": "early against late half of one session",
}
_EXPLAINED = (
    "An endpoint that does not answer like itself can't be compared with another one. A second session is the "
    "strong control; the two halves of one session only notice a change midway."
)


def build(document: Mapping[str, Any]) -> tuple[Block, ...]:
    """Return both sides' repeat controls and what else was tested beside the verdict."""
    return tuple(block for pair in pairs(document) for block in _of_pair(pair))


def _of_pair(pair: Mapping[str, Any]) -> tuple[Block, ...]:
    same = mapping(pair.get("same"))
    control = mapping(same.get("repeat_control"))
    rows = tuple(
        _row(side, name, mapping(control.get(key))) for key, side, name in zip("ab", "AB", sides(pair), strict=True)
    )
    columns = (
        Column(title="Side"),
        Column(title="Endpoint"),
        Column(title="Compared with"),
        Column(title="p", numeric=True, meaning="Small: it does not answer like itself."),
        Column(title="Remark"),
    )
    return (
        Text(text=_EXPLAINED, kind="note"),
        Table(caption="Each endpoint against itself", columns=columns, rows=rows),
        Text(text=_positive(same)),
        Text(text=_benign(same)),
    )


def _row(side: str, name: Name, control: Mapping[str, Any]) -> tuple[Inline, ...]:
    if not control:
        return (side, name, "none", Number(text=pvalue(None)), "No repeat control was made.")
    kind = str(control.get("kind"))
    reason = str(control.get("reason") or "")
    return (side, name, _KINDS.get(kind, kind), Number(text=pvalue(control.get("pvalue"))), reason)


def _positive(same: Mapping[str, Any]) -> str:
    control = mapping(same.get("positive_control"))
    if not control:
        return "Positive control: none. No run of known difference shows how small a difference this test would see."
    return f"Positive control: p = {pvalue(control.get('pvalue'))}. It shows what difference this test can see."


def _benign(same: Mapping[str, Any]) -> str:
    tested = [str(mapping(e).get("name") or e) for e in listed(same.get("benign_explanations"))]
    if not tested:
        return "Harmless explanations tested (sampling settings, cut-offs, formatting, filters): none."
    return f"Harmless explanations tested: {', '.join(tested)}."


SECTION = Section(title="Controls", order=45, build=build, scope="pair")
