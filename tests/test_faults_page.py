"""The page of promises names tests that exist, and figures that were measured."""

from __future__ import annotations

import re
from pathlib import Path

import make_faults_docs

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")


def missing(text: str) -> list[str]:
    """Return the tests that a text names and that are not there."""
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", text)
    assert len(named) >= 20
    return [f"{file}::{test}" for file, test in named if f"def {test}(" not in _source(file)]


def _source(file: str) -> str:
    path = ROOT / file
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def test_each_promise_names_tests_that_exist() -> None:
    """By file and name."""
    assert [] == missing(PAGE)


def test_a_promise_without_its_test_is_seen() -> None:
    """The check above can fail, for a test and for a file."""
    assert ["tests/test_faults_page.py::test_gone"] == missing(f"{PAGE}`tests/test_faults_page.py::test_gone`")
    assert ["tests/gone.py::test_gone"] == missing(f"{PAGE}`tests/gone.py::test_gone`")


def test_every_promise_has_a_guard() -> None:
    """No row of the tables stands without one, nor without a test in which a broken version is caught."""
    rows = [line.split("|") for line in PAGE.splitlines() if line.startswith("| ") and "promise" not in line]
    promises = [row for row in rows if len(row) == 5]
    assert len(promises) >= 18
    assert [row[1] for row in promises if "::test_" not in row[2]] == []
    assert [row[1] for row in promises if "::test_" not in row[3]] == []


def test_the_figures_are_those_of_the_benchmark() -> None:
    """Written by scripts/make_faults_docs.py."""
    assert make_faults_docs.document(PAGE) == PAGE
    assert make_faults_docs.document(PAGE.replace("SIGKILL (", "SIGKILL of (", 1)) == PAGE
