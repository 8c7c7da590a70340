"""The answers themselves, side by side, at the probes that carry the result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox.report.blocks import Answer, Answers, BarRow, Bars, Exhibit, Exhibits, Name, Quote, Section
from blackbox.report.sections import _words
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
        shown = Answers(a=a, b=b, of_a=_answers(texts.get("a")), of_b=_answers(texts.get("b")))
    else:
        counts = (mapping(row) for row in listed(entry.get("counts")))
        rows = tuple(
            BarRow(
                answer=Quote(text=_category(str(row.get("answer")))), a=int(row.get("a") or 0), b=int(row.get("b") or 0)
            )
            for row in counts
        )
        shown = Bars(a=a, b=b, rows=rows)
    return Exhibit(
        probe=Name(text=str(entry.get("probe_id"))), prompt=Quote(text=str(entry.get("prompt") or "")), shown=shown
    )


def _category(answer: str) -> str:
    """Return a category of closed answers as it is read: what came instead of an answer is in brackets."""
    outcome = answer.removeprefix("outcome:")
    return f"[{_words.OUTCOMES[outcome]}]" if outcome != answer and outcome in _words.OUTCOMES else answer


def _answers(entries: object) -> tuple[Answer, ...]:
    return tuple(
        Answer(
            key=Name(text=str(entry.get("key"))),
            outcome=_words.OUTCOMES.get(str(entry.get("outcome")), str(entry.get("outcome"))),
            quote=Quote(text=str(entry.get("text") or ""), cut=bool(entry.get("cut"))),
        )
        for entry in map(mapping, listed(entries))
    )


SECTION = Section(title="Answers side by side", order=55, build=build, scope="pair")
