"""Whether reported token counts grow alike: a line of its own, outside the verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox.report.blocks import Column, Number, Quote, Section, Table, Text
from blackbox.report.sections._numbers import NOT_AVAILABLE, decimal
from blackbox.report.sections._pairs import listed, mapping, pairs, side_titles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blackbox.report.blocks import Block, Inline


def build(document: Mapping[str, Any]) -> tuple[Block, ...]:
    """Return the sentence and the slopes, or nothing where the suite does not ask."""
    return tuple(
        block
        for pair in pairs(document)
        if pair.get("tokenizer")
        for block in _of_pair(pair, mapping(pair["tokenizer"]))
    )


def _of_pair(pair: Mapping[str, Any], tokenizer: Mapping[str, Any]) -> tuple[Block, ...]:
    sentence = Text(text=str(tokenizer.get("sentence") or tokenizer.get("reason") or NOT_AVAILABLE))
    slopes = [mapping(slope) for slope in listed(tokenizer.get("slopes"))]
    if not slopes:
        return (sentence,)
    a, b = side_titles(pair)
    columns = (
        Column(title="Repeated text"),
        Column(title=a, numeric=True, meaning="Tokens a repeat."),
        Column(title=b, numeric=True, meaning="Tokens a repeat."),
    )
    table = Table(
        caption="Reported prompt tokens for each repeat of a text",
        columns=columns,
        rows=tuple(_row(slope) for slope in slopes),
        where='"tokenizer" of this pair in comparison.json',
        weight="long",
    )
    return (sentence, table)


def _row(slope: Mapping[str, Any]) -> tuple[Inline, ...]:
    return (
        Quote(text=str(slope.get("unit"))),
        Number(text=decimal(slope.get("a"), digits=2)),
        Number(text=decimal(slope.get("b"), digits=2)),
    )


SECTION = Section(title="Token counts", order=60, build=build, scope="pair")
