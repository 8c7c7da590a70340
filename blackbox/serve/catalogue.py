"""The zoo as shipped: which models there are, where their weights lie, and what is true of each pair."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

from blackbox.errors import UsageError

_ZOO = Path(__file__).parent / "zoo"
_LINEAGE = (_ZOO / "lineage.csv", Path(__file__).parents[2] / "zoo" / "lineage.csv")
"""In a wheel the table lies beside the weights; in a source tree beside the recipe that makes it."""


def members() -> tuple[str, ...]:
    """Return the names of the models shipped, sorted."""
    return tuple(sorted(path.parent.name for path in _ZOO.glob("*/model.safetensors")))


def folder(name: str) -> Path:
    """Return the folder of a zoo member.

    Raises:
        UsageError: There is no such member.
    """
    if name not in members():
        raise UsageError(f"no model {name!r} in the zoo; there are: {', '.join(members())}")
    return _ZOO / name


def member_at(place: Path) -> str | None:
    """Return the zoo member whose folder this is, or None."""
    resolved = place.resolve()
    known = resolved.parent == _ZOO.resolve() and resolved.name in members()
    return resolved.name if known else None


def relation(a: str, b: str) -> str:
    """Return the relation of two names of the lineage table, e.g. `derived`; of a name to itself, `same-weights`.

    Raises:
        UsageError: One of them is not in the table.
    """
    return "same-weights" if a == b and a in known() else _row(a, b)["relation"]


def unrelated(*names: str) -> tuple[str, ...]:
    """Return members that are unrelated to `names` and to each other, as many as there are in the table's order.

    Raises:
        UsageError: A name is not in the table.
    """
    chosen: list[str] = []
    for member in (name for name in known() if name in members()):
        if all(relation(member, other) == "unrelated" for other in (*names, *chosen)):
            chosen.append(member)
    return tuple(chosen)


@cache
def known() -> tuple[str, ...]:
    """Return every name of the lineage table in its order: members, and the ways in which they are served."""
    return tuple(dict.fromkeys(name for row in _lineage().values() for name in (row["a"], row["b"])))


def truth(a: str, b: str) -> str:
    """Return in one sentence how zoo members, or ways in which they are served, are related.

    Raises:
        UsageError: One of them is not in the lineage table.
    """
    return "same weights" if a == b and a in known() else _row(a, b)["truth"]


def _row(a: str, b: str) -> dict[str, str]:
    for name in (a, b):
        if name not in known():
            raise UsageError(f"no model {name!r} in the zoo; there are: {', '.join(known())}")
    return _lineage()[frozenset((a, b))]


@cache
def _lineage() -> dict[frozenset[str], dict[str, str]]:
    path = next(path for path in _LINEAGE if path.is_file())
    with path.open(encoding="utf-8", newline="") as lines:
        return {frozenset((row["a"], row["b"])): row for row in csv.DictReader(lines)}
