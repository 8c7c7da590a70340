"""What became of every call, and whether answers were lost on one side more than on the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox.report.blocks import Column, Number, Section, Table, Text
from blackbox.report.sections import _words
from blackbox.report.sections._numbers import count, pvalue
from blackbox.report.sections._pairs import mapping, pairs, runs, side_titles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blackbox.report.blocks import Block

_UNEQUAL = 0.05
"""The level of METHODS §1.7, at which the comparison asked for the least favourable imputation."""


def build(document: Mapping[str, Any]) -> tuple[Block, ...]:
    """Return the outcomes of both sides and the test of unequal loss."""
    return tuple(block for pair in pairs(document) for block in _of_pair(document, pair))


def _of_pair(document: Mapping[str, Any], pair: Mapping[str, Any]) -> tuple[Block, ...]:
    known = runs(document)
    of_a, of_b = (mapping(known.get(str(pair.get(side)), {}).get("outcomes")) for side in "ab")
    names = [name for name in _words.OUTCOMES if of_a.get(name) or of_b.get(name)]
    names += sorted((of_a.keys() | of_b.keys()) - _words.OUTCOMES.keys())
    a, b = side_titles(pair)
    columns = (Column(title="What became of a call"), Column(title=a, numeric=True), Column(title=b, numeric=True))
    rows = tuple(
        (_words.OUTCOMES.get(name, name), Number(text=count(of_a.get(name, 0))), Number(text=count(of_b.get(name, 0))))
        for name in names
    )
    table = (Table(caption="Calls by outcome", columns=columns, rows=rows),) if rows else ()
    return (*table, Text(text=_loss(mapping(pair.get("missing")))))


def _loss(missing: Mapping[str, Any]) -> str:
    lost_a, lost_b = (sum(mapping(missing.get(side)).values()) for side in "ab")
    p = missing.get("pvalue")
    lost = f"Lost answers: {count(lost_a)} on side A, {count(lost_b)} on side B."
    if p is None:
        reason = missing.get("reason")
        return f"{lost} Whether loss is unequal was not tested{f': {reason}' if reason else ''}."
    if p <= _UNEQUAL:
        return (
            f"{lost} Loss is unequal (p = {pvalue(p)}): a difference counts only if it also stands with every lost "
            "answer filled in the least favourable way."
        )
    return f"{lost} No unequal loss was seen (p = {pvalue(p)})."


SECTION = Section(title="Outcomes and missing answers", order=65, build=build, scope="pair")
