"""`diff`, and the forms that other programs read, through the real commands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.commands import Command

WORDS = {"x": ("red", "blue"), "y": ("green", "violet")}

WRONG: dict[tuple[str, ...], str] = {
    ("one", "nothing"): "no comparison 'nothing'",
    ("one", "two", "--rename", "x"): "write OLD=NEW",
    ("one", "two", "--rename", "absent=x"): "no endpoint 'absent'",
    ("one", "two", "--format", "junit"): "JUnit is written for comparisons only",
}


@pytest.fixture
def runs(command: Command, tmp_path: Path) -> list[str]:
    """Import two models that answer differently and return their runs."""
    rows = [
        {"m": model, "q": f"Question {q}?", "a": WORDS[model][(repeat + q) % 2]}
        for model in "xy"
        for q in range(3)
        for repeat in range(8)
    ]
    (tmp_path / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    fields = ("--prompt-field", "q", "--response-field", "a", "--model-field", "m", "--suite", "mine")
    return [run["id"] for run in command("import", "t.jsonl", *fields, "--json").json["runs"]]


@pytest.fixture
def two(command: Command, runs: list[str]) -> tuple[str, str]:
    """Compare the same runs with two seeds."""
    for folder, seed in (("one", "1"), ("two", "2")):
        assert 0 == command("compare", *runs, "--question", "same", "--seed", seed, "-o", folder).code
    return "one", "two"


def test_another_seed_is_a_difference_of_method(command: Command, two: tuple[str, str]) -> None:
    """Same answers with another seed: whatever moved is put down to the method alone."""
    said = command("diff", *two, "--json")
    (pair,) = said.json["pairs"]

    assert (0, "blackbox.diff/1") == (said.code, said.json["schema"])
    assert ["method"] == pair["possible_causes"]
    assert [{"what": "seed", "before": 1, "after": 2}] == pair["causes"]["method"]


def test_the_gate_closes_on_a_changed_answer(command: Command, two: tuple[str, str], tmp_path: Path) -> None:
    """Exit 1 with --gate where an answer changed, 0 where only numbers did."""
    assert 0 == command("diff", *two, "--gate").code
    path = tmp_path / "two" / "comparison.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    document["pairs"][0]["same"]["verdict"] = "inconclusive"
    path.write_text(json.dumps(document), encoding="utf-8")

    assert 1 == command("diff", *two, "--gate").code
    assert 0 == command("diff", *two).code


def test_html_goes_to_a_file(command: Command, two: tuple[str, str], tmp_path: Path) -> None:
    """-o writes the page and says where."""
    said = command("diff", *two, "--format", "html", "-o", "diff.html")

    assert "written: diff.html" in said.err
    assert (tmp_path / "diff.html").read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.usefixtures("two")
def test_what_cannot_be_set_side_by_side(command: Command) -> None:
    """A missing comparison, a bad renaming, a form it does not have: one line and exit 2."""
    for words, line in WRONG.items():
        said = command("diff", *words)

        assert 2 == said.code
        assert line in said.line()


def test_compare_writes_what_ci_reads(
    command: Command, runs: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--junit and --markdown write files; a CI service's summary file is appended to."""
    summary = tmp_path / "summary.md"
    summary.write_text("before\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    said = command("compare", *runs, "--question", "same", "--junit", "j.xml", "--markdown", "m.md")

    assert 0 == said.code
    assert "1" == ET.fromstring((tmp_path / "j.xml").read_text("utf-8"))[0].get("failures")  # noqa: S314 - ours
    page = (tmp_path / "m.md").read_text("utf-8")
    assert page.startswith("# x against y")
    assert "before\n" + page == summary.read_text("utf-8")


def test_a_job_gets_the_difference_as_markdown(
    command: Command, two: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--markdown` writes what `--format markdown` prints, and a CI service's summary is appended to."""
    summary = tmp_path / "summary.md"
    summary.write_text("before\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    assert 0 == command("diff", *two, "--markdown", "diff.md", "--json").code
    printed = command("diff", *two, "--format", "markdown").out

    assert printed == (tmp_path / "diff.md").read_text(encoding="utf-8")
    assert f"before\n{printed}{printed}" == summary.read_text(encoding="utf-8")
