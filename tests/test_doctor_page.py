"""The page about doctor says what was measured."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from blackbox.serve import QUIRKS

ROOT = Path(__file__).parents[1]


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The benchmark's own page writer."""
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    for name in ("_doctor_page", "_results"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    import _doctor_page

    return _doctor_page


@pytest.fixture
def found() -> dict[str, Any]:
    """The results as they were recorded."""
    read: dict[str, Any] = json.loads((ROOT / "benchmarks" / "results" / "doctor.json").read_text("utf-8"))
    return read


def test_the_page_says_what_the_results_say(page: Any, found: dict[str, Any]) -> None:
    """Word for word, and other results would be seen."""
    text = (ROOT / "docs" / "doctor.md").read_text("utf-8")
    assert page.document(text, found) == text
    found["clean_accused"] += 1
    assert page.document(text, found) != text


def test_every_profile_is_found_by_name_and_no_clean_session_accused(found: dict[str, Any]) -> None:
    """In every session of every profile, and over enough clean sessions of several members and builds."""
    assert set(found["by_profile"]) == set(QUIRKS) - {"clean"}
    assert {name: row["sessions"] for name, row in found["by_profile"].items()} == {
        name: row["found"] for name, row in found["by_profile"].items()
    }
    assert 0 == found["clean_accused"]
    assert found["n_clean"] >= 30
    assert {"a", "a@int8", "a@int4", "b", "c", "r1"} <= set(found["clean_members"])


def test_the_summary_follows_from_the_sessions(found: dict[str, Any]) -> None:
    """Counted again from the rows."""
    clean = [each for each in found["sessions"] if each["profile"] == "clean"]
    assert (found["n_clean"], found["clean_accused"]) == (len(clean), sum(bool(each["seen"]) for each in clean))
    assert {"finished"} == {each["state"] for each in found["sessions"]}
