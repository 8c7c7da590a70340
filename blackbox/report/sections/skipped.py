"""Pairs that were not compared, with the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox.report.blocks import Column, Name, Section, Table
from blackbox.report.sections._pairs import listed, mapping

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blackbox.report.blocks import Block


def build(document: Mapping[str, Any]) -> tuple[Block, ...]:
    """Return the skipped pairs."""
    entries = [mapping(entry) for entry in listed(document.get("skipped_pairs"))]
    if not entries:
        return ()
    rows = tuple(
        (Name(text=str(entry.get("a"))), Name(text=str(entry.get("b"))), str(entry.get("reason") or "no reason stated"))
        for entry in entries
    )
    columns = (Column(title="Run"), Column(title="Other run"), Column(title="Why it was not compared"))
    where = '"skipped_pairs" in comparison.json'
    return (Table(caption="Pairs not compared", columns=columns, rows=rows, where=where, weight="whole"),)


SECTION = Section(title="Skipped pairs", order=90, build=build)
