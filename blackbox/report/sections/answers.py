"""The answers themselves, side by side, at the probes that carry the result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox.report.blocks import Answers, BarRow, Bars, Exhibit, Exhibits, Name, Quote, Section
from blackbox.report.sections._exhibits import answers_of, category
from blackbox.report.sections._pairs import listed, mapping, pairs, sides

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blackbox.report.blocks import Block


def build(document: Mapping[str, Any]) -> tuple[Block, ...]:
    """Return the exhibits: counts at closed probes, texts at open ones."""
    return tuple(block for pair in pairs(document) for block in _of_pair(pair))


def _of_pair(pair: Mapping[str, Any]) -> tuple[Block, ...]:
    a, b = sides(pair)
    items = tuple(_exhibit(mapping(entry), a, b) for entry in listed(pair.get("exhibits")))
    return (Exhibits(items=items, where='"exhibits" of this pair in comparison.json'),) if items else ()


def _exhibit(entry: Mapping[str, Any], a: Name, b: Name) -> Exhibit:
    texts = mapping(entry.get("texts"))
    shown: Bars | Answers
    if texts:
        shown = Answers(a=a, b=b, of_a=answers_of(texts.get("a")), of_b=answers_of(texts.get("b")))
    else:
        counts = (mapping(row) for row in listed(entry.get("counts")))
        rows = tuple(
            BarRow(
                answer=Quote(text=category(str(row.get("answer")))), a=int(row.get("a") or 0), b=int(row.get("b") or 0)
            )
            for row in counts
        )
        shown = Bars(a=a, b=b, rows=rows)
    return Exhibit(
        probe=Name(text=str(entry.get("probe_id"))), prompt=Quote(text=str(entry.get("prompt") or "")), shown=shown
    )


SECTION = Section(title="Answers side by side", order=55, build=build, scope="pair")
