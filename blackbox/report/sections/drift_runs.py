"""The runs behind a history: when, how much, how far, and what the server said it served."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox.report.blocks import Column, Mark, Name, Number, Section, Table
from blackbox.report.sections._histories import points, run_name
from blackbox.report.sections._numbers import count, decimal, pvalue
from blackbox.report.sections._pairs import listed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blackbox.report.blocks import Block, Inline, Tone


def build(document: Mapping[str, Any]) -> tuple[Block, ...]:
    """Return one row a run, newest first: what is looked for is mostly at the end."""
    read = list(reversed(points(document)))
    columns = (
        Column(title="Run"),
        Column(title="State", meaning="Suspected, or confirms a change."),
        Column(title="Distance", numeric=True),
        Column(title="p", numeric=True, meaning="Against the first runs."),
        Column(title="Answers", numeric=True),
        Column(title="Missing", numeric=True),
        Column(title="Served, as the server wrote"),
    )
    keys = tuple(_mark(point).tone for point in read)
    table = Table(
        caption="Every run, newest first",
        columns=columns,
        rows=tuple(map(_row, read)),
        where='"points" of this history in drift.json',
        weight="long",
        keys=keys,
    )
    return (table,) if read else ()


def _row(point: Mapping[str, Any]) -> tuple[Inline, ...]:
    served = [
        *listed(point.get("served_model")),
        *listed(point.get("provider")),
        *listed(point.get("system_fingerprint")),
    ]
    p = point.get("pvalue")
    statistic = point.get("statistic")
    return (
        Name(text=run_name(point)),
        _mark(point),
        Number(text="–" if statistic is None else decimal(statistic)),
        Number(text="–" if p is None else pvalue(p)),
        Number(text=count(point.get("n") or 0)),
        Number(text=count(point.get("n_missing") or 0)),
        Name(text=", ".join(map(str, served)) or "not reported"),
    )


def _mark(point: Mapping[str, Any]) -> Mark:
    tone: Tone = "different" if point.get("alarm") else "inconclusive" if point.get("suspected") else "neutral"
    word = {"different": "alarm", "inconclusive": "suspected"}.get(
        tone, "first" if point.get("pvalue") is None else "calm"
    )
    return Mark(tone=tone, word=word)


SECTION = Section(title="Runs", order=50, build=build, scope="pair", kind="drift")
