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


def truth(a: str, b: str) -> str:
    """Return in one sentence how zoo members `a` and `b` are related.

    Raises:
        UsageError: One of them is no member.
    """
    for name in (a, b):
        folder(name)
    if a == b:
        return "same weights"
    return _lineage()[frozenset((a, b))]["truth"]


@cache
def _lineage() -> dict[frozenset[str], dict[str, str]]:
    path = next(path for path in _LINEAGE if path.is_file())
    with path.open(encoding="utf-8", newline="") as lines:
        return {frozenset((row["a"], row["b"])): row for row in csv.DictReader(lines)}
