"""The answers themselves, side by side, at the probes that carry the result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox.report.blocks import Answers, BarRow, Bars, Exhibit, Exhibits, Name, Quote, Section, Text
from blackbox.report.sections._exhibits import answers_of, category
from blackbox.report.sections._pairs import listed, mapping, pairs, sides

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.report.blocks import Block

_MARKED = (
    "Marked: phrases that both sides use and few references do, at the probes that speak most for kinship. One that "
    "both took from the question, or from one public text, can be marked too: read it in its place."
)


def build(document: Mapping[str, Any]) -> tuple[Block, ...]:
    """Return the exhibits: counts at closed probes, texts at open ones."""
    return tuple(block for pair in pairs(document) for block in _of_pair(pair))


def _of_pair(pair: Mapping[str, Any]) -> tuple[Block, ...]:
    a, b = sides(pair)
    phrases = _phrases(pair)
    entries = [mapping(entry) for entry in listed(pair.get("exhibits"))]
    if pair.get("lead") == "related":
        entries.sort(key=lambda entry: str(entry.get("probe_id")) not in phrases)
    items = tuple(_exhibit(entry, a, b, phrases.get(str(entry.get("probe_id")), ())) for entry in entries)
    if not items:
        return ()
    shown = Exhibits(items=items, where='"exhibits" of this pair in comparison.json')
    marked = any(phrases.get(str(entry.get("probe_id"))) for entry in entries)
    return (Text(text=_MARKED, kind="note"), shown) if marked else (shown,)


def _phrases(pair: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the rarest phrases that both sides use, by probe; none without references to count them in."""
    found: dict[str, list[str]] = {}
    for phrase in map(mapping, listed(mapping(mapping(pair.get("related")).get("telling")).get("phrases"))):
        found.setdefault(str(phrase.get("probe_id")), []).append(str(phrase.get("phrase") or ""))
    return found


def _exhibit(entry: Mapping[str, Any], a: Name, b: Name, phrases: Sequence[str]) -> Exhibit:
    texts = mapping(entry.get("texts"))
    shown: Bars | Answers
    if texts:
        shown = Answers(a=a, b=b, of_a=answers_of(texts.get("a"), phrases), of_b=answers_of(texts.get("b"), phrases))
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
