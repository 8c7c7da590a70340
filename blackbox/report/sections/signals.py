"""The signals behind the verdict: what each one looks at and what it found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox.report.blocks import Column, Number, Section, Table, Text
from blackbox.report.sections import _words
from blackbox.report.sections._numbers import NOT_AVAILABLE, count, decimal, digits_for, pvalue
from blackbox.report.sections._pairs import listed, mapping, pairs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.report.blocks import Block, Inline


def build(document: Mapping[str, Any]) -> tuple[Block, ...]:
    """Return the table of two-sample signals and, where ranked, of kinship signals."""
    return tuple(block for pair in pairs(document) for block in (*_same(pair), *_related(pair)))


def _same(pair: Mapping[str, Any]) -> tuple[Block, ...]:
    rows = [mapping(row) for row in listed(mapping(pair.get("same")).get("signals"))]
    if not rows:
        return ()
    columns = (
        Column(title="Signal"),
        Column(title="Looks at"),
        Column(title="Statistic", numeric=True, meaning="Larger: the two sides are further apart."),
        Column(title="p", numeric=True, meaning="This signal alone."),
        Column(title="p, adjusted", numeric=True, meaning="Corrected over the signals."),
        Column(title="Answers A / B", numeric=True),
    )
    return (
        Table(
            caption="Two-sample tests, answers shuffled between the sides within each probe",
            columns=columns,
            rows=tuple(_same_row(row) for row in rows if row.get("status") == "computed"),
            where='"same.signals" of this pair in comparison.json',
        ),
        *_unused(rows),
    )


def _unused(rows: Sequence[Mapping[str, Any]]) -> tuple[Block, ...]:
    """Return which signals were not used, and why."""
    left = [row for row in rows if row.get("status") != "computed"]
    told = "; ".join(f"{row.get('signal')} ({row.get('reason') or row.get('status')})" for row in left)
    return (Text(text=f"Not used here: {told}.", kind="note"),) if left else ()


def _same_row(row: Mapping[str, Any]) -> tuple[Inline, ...]:
    statistic = row.get("statistic")
    return (
        f"{row.get('signal')}",
        _words.SIGNALS.get(str(row.get("signal")), ""),
        Number(text=decimal(statistic, digits=digits_for((statistic,)))),
        Number(text=pvalue(row.get("pvalue"))),
        Number(text=pvalue(row.get("pvalue_adjusted"))),
        Number(text=f"{count(row.get('n_x') or 0)} / {count(row.get('n_y') or 0)}"),
    )


def _related(pair: Mapping[str, Any]) -> tuple[Block, ...]:
    rows = [mapping(row) for row in listed(mapping(pair.get("related")).get("signals"))]
    if not rows:
        return ()
    columns = (
        Column(title="Signal"),
        Column(title="Looks at"),
        Column(title="Score", numeric=True, meaning="Standard deviations closer than the references."),
        Column(title="References further away", numeric=True, meaning="Share of the reference families."),
    )
    return (
        Table(
            caption="Kinship, read against the reference endpoints",
            columns=columns,
            rows=tuple(_related_row(row) for row in rows),
            where='"related.signals" of this pair in comparison.json',
        ),
    )


def _related_row(row: Mapping[str, Any]) -> tuple[Inline, ...]:
    quantile = row.get("unrelated_quantile")
    return (
        f"{row.get('signal')}",
        _words.SIGNALS.get(str(row.get("signal")), ""),
        Number(text=decimal(row.get("value"), digits=2)),
        Number(text=NOT_AVAILABLE if quantile is None else f"{100 * quantile:.0f} %"),
    )


SECTION = Section(title="Signals behind it", order=40, build=build, scope="pair")
