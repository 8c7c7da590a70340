"""The page about the zoo says what was measured."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The benchmark's own page writer."""
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    for name in ("_zoo_page", "_results"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    import _zoo_page

    return _zoo_page


@pytest.fixture
def found() -> dict[str, Any]:
    """The results as they were recorded."""
    read: dict[str, Any] = json.loads((ROOT / "benchmarks" / "results" / "zoo.json").read_text("utf-8"))
    return read


def test_the_page_is_written_from_the_results(page: Any, found: dict[str, Any]) -> None:
    """Word for word."""
    assert (ROOT / "docs" / "zoo.md").read_text("utf-8") == page.document(found)


def test_other_results_make_another_page(page: Any, found: dict[str, Any]) -> None:
    """The check above can fail."""
    found["false_alarms"]["levels"][0]["rejected"] += 1

    assert (ROOT / "docs" / "zoo.md").read_text("utf-8") != page.document(found)


def test_false_alarms_are_counted_over_enough_audits_and_within_their_level(found: dict[str, Any]) -> None:
    """At least 200 audits of one answerer against itself, and no sign of a rate above the level."""
    for level in found["false_alarms"]["levels"]:
        assert level["audits"] >= 200
        assert level["low"] <= level["level"]


def test_every_relation_has_its_row(found: dict[str, Any]) -> None:
    """Every name of the lineage table was compared with A."""
    from blackbox.serve import known

    assert {row["b"] for row in found["power"] if row["a"] == "a"} == set(known()) - {"a"}
