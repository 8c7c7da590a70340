"""Which probes moved, and how their answers were distributed before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox.report.blocks import (
    Answers,
    BarRow,
    Bars,
    Column,
    Exhibit,
    Exhibits,
    Name,
    Number,
    Quote,
    Section,
    Table,
    Text,
)
from blackbox.report.sections._exhibits import answers_of, category
from blackbox.report.sections._histories import named
from blackbox.report.sections._numbers import count, decimal
from blackbox.report.sections._pairs import listed, mapping

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blackbox.report.blocks import Block, Inline


def build(document: Mapping[str, Any]) -> tuple[Block, ...]:
    """Return the probes, farthest moved first, and their answers."""
    rows = [mapping(row) for row in listed(document.get("probes"))]
    if not rows:
        return ()
    split = (
        f"Before and from {named(document, document['onset'])}."
        if document.get("onset")
        else "Nothing was found to have changed; shown are the first runs against the later ones."
    )
    columns = (
        Column(title="Probe"),
        Column(title="Distance", numeric=True, meaning="Squared kernel distance of equal answers (MMD²)."),
        Column(title="Answers before", numeric=True),
        Column(title="Answers after", numeric=True),
    )
    where = '"probes" of this history in drift.json'
    table = Table(caption="Probes", columns=columns, rows=tuple(map(_row, rows)), where=where, weight="long")
    shown = tuple(_exhibit(mapping(entry)) for entry in listed(document.get("exhibits")))
    return (Text(text=split), table, *((Exhibits(items=shown, where='"exhibits" in drift.json'),) if shown else ()))


def _row(row: Mapping[str, Any]) -> tuple[Inline, ...]:
    effect = row.get("effect")
    return (
        Name(text=str(row.get("probe_id"))),
        Number(text=decimal(effect), share=None if effect is None else max(0.0, effect / 2)),
        Number(text=count(row.get("n_before") or 0)),
        Number(text=count(row.get("n_after") or 0)),
    )


def _exhibit(entry: Mapping[str, Any]) -> Exhibit:
    a, b = Name(text="before"), Name(text="after")
    texts = mapping(entry.get("texts"))
    shown: Bars | Answers
    if texts:
        shown = Answers(a=a, b=b, of_a=answers_of(texts.get("a")), of_b=answers_of(texts.get("b")))
    else:
        counts = (mapping(row) for row in listed(entry.get("counts")))
        rows = (
            BarRow(
                answer=Quote(text=category(str(row.get("answer")))), a=int(row.get("a") or 0), b=int(row.get("b") or 0)
            )
            for row in counts
        )
        shown = Bars(a=a, b=b, rows=tuple(rows))
    return Exhibit(
        probe=Name(text=str(entry.get("probe_id"))), prompt=Quote(text=str(entry.get("prompt") or "")), shown=shown
    )


SECTION = Section(title="Probes that moved", order=40, build=build, scope="pair", kind="drift")
