"""Tree and distances beside a comparison: inert in a spreadsheet, whole for other tools, drawn in the report."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import pytest

from blackbox.errors import UsageError
from blackbox.report import render
from blackbox.store import write_comparison
from blackbox.store.exported import inert
from blackbox.workflow._compare_landscape import landscape_files
from tests.support.runs import START

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.commands import Command

NAMES = ["=HYPERLINK(1)", "it's; (a, b)", "<script>x</script>", "\u202eplain"]


@pytest.fixture
def compared(command: Command, tmp_path: Path) -> Path:
    """Return the folder of a comparison of four oddly named endpoints."""
    rows = [
        {"m": name, "q": f"Question {q}?", "a": f"word{(i + q + k % 2) % 3}"}
        for i, name in enumerate(NAMES)
        for q in range(4)
        for k in range(4)
    ]
    (tmp_path / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    words = ("--prompt-field", "q", "--response-field", "a", "--model-field", "m", "--suite", "s")
    runs = [run["id"] for run in command("import", "t.jsonl", *words, "--json").json["runs"]]
    assert 0 == command("compare", *runs, "-o", tmp_path / "out").code
    return tmp_path / "out"


def test_a_comparison_of_four_writes_tree_and_distances(compared: Path) -> None:
    """CSV cells that would be formulas are text; the matrix is the document's; the tree names every run quoted."""
    document = json.loads((compared / "comparison.json").read_text(encoding="utf-8"))
    (entry,) = document["landscape"]
    assert NAMES == entry["names"]
    with (compared / "distances.csv").open(encoding="utf-8", newline="") as file:
        head, *rows = list(csv.reader(file))
    assert ["run", "name", "'=HYPERLINK(1)", *NAMES[1:]] == head
    assert entry["distances"] == [[float(cell) for cell in row[2:]] for row in rows]
    assert entry["runs"] == [row[0] for row in rows]
    tree = (compared / "tree.nwk").read_text(encoding="utf-8")
    assert "'it''s; (a, b)':" in tree
    assert tree.endswith(");\n")


def test_the_report_draws_them_and_runs_nothing(compared: Path) -> None:
    """A matrix and two figures, no name that is a script, no bidirectional override, the words on direction."""
    page = (compared / "report.html").read_text(encoding="utf-8")
    assert (1, 2) == (page.count('<div class="gridded">'), page.count('<figure class="drawing few">'))
    assert "<script>x" not in page
    assert "\u202e" not in page
    assert "no root and no time" in page
    document = json.loads((compared / "comparison.json").read_text(encoding="utf-8"))
    assert "All runs at once" in render(document, to="terminal")


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", " =1", "＝1"])
def test_formulas_are_inert(text: str) -> None:
    """What a spreadsheet would run starts with an apostrophe; everything else is as it was."""
    assert f"'{text}" == inert(text)
    assert "model-1" == inert("model-1")


def test_files_of_somebody_else_are_not_replaced(tmp_path: Path) -> None:
    """A folder with a distances.csv that is no comparison's is refused."""
    (tmp_path / "distances.csv").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match=r"distances\.csv is not a comparison's"):
        write_comparison(
            tmp_path,
            {"schema": "blackbox.comparison/1"},
            html="",
            at=START,
            out=tmp_path,
            files={"distances.csv": b"new"},
        )
    assert "mine" == (tmp_path / "distances.csv").read_text(encoding="utf-8")


def test_no_files_without_distances() -> None:
    """An entry with a reason and no distances makes no file; several suites make files of their own."""
    none = {"suite": "s", "suite_version": 1, "distances": None}
    some = {**none, "distances": [[0.0]], "runs": ["r"], "names": ["n"], "tree": {"newick": "(n);"}}
    assert {} == landscape_files([none])
    assert {"distances.csv", "tree.nwk"} == set(landscape_files([none, some]))
    assert 4 == len(landscape_files([some, {**some, "suite": "t"}]))
