"""Writes what benchmarks/results/doctor.json says into docs/doctor.md, between two marks; a test compares them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from _results import FOLDER

if TYPE_CHECKING:
    from collections.abc import Mapping

PAGE = Path(__file__).parents[1] / "docs" / "doctor.md"
_BETWEEN = re.compile(r"(<!-- measured -->\n).*?(<!-- end -->)", re.DOTALL)


def document(page: str, found: Mapping[str, Any]) -> str:
    """Return the page with the measured part renewed."""
    return _BETWEEN.sub(lambda marks: f"{marks[1]}{measured(found)}{marks[2]}", page)


def measured(found: Mapping[str, Any]) -> str:
    """Return rates and the table of quirks."""
    members = ", ".join(f"{name} {n}" for name, n in found["clean_members"].items())
    rows = "".join(
        f"| `{name}` | {row['found']} of {row['sessions']} | {_named(row['named'])} |\n"
        for name, row in found["by_profile"].items()
    )
    guilty, clean = _interval(found["found_interval_95"]), _interval(found["clean_accused_interval_95"])
    return f"""{found["found"]} of {found["n_examined"]} sessions of {len(found["by_profile"])} of {found["n_profiles"]}
quirk profiles, served by member {found["member"]}, were found by name (95 % interval of the share {guilty}).
Of {found["n_clean"]} clean sessions ({members})
{found["clean_accused"]} were accused of anything: 95 % interval {clean}.

| quirk served | found by name | names given, and in how many sessions |
|---|---|---|
{rows}"""


def _named(counts: Mapping[str, int]) -> str:
    return ", ".join(f"`{name}` {n}" for name, n in sorted(counts.items())) or "none"


def _interval(ends: list[float]) -> str:
    return f"{ends[0]:.3f} to {ends[1]:.3f}"


def write_page() -> None:
    """Renew the page from the results on disk."""
    found = json.loads((FOLDER / "doctor.json").read_text("utf-8"))
    PAGE.write_text(document(PAGE.read_text("utf-8"), found), "utf-8")


if __name__ == "__main__":
    write_page()
