"""Bundles of results and tables of runs: verified by others, whole when read back, inert in a spreadsheet."""

from __future__ import annotations

import csv
import json
import os
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from support.caught import CAUGHT

from blackbox import store
from blackbox.core import Outcome
from blackbox.errors import BlackboxError, EvidenceDamaged, UsageError
from blackbox.store import TableFields, exported
from blackbox.store.exported import inert, original
from blackbox.workflow.auditing import audit
from blackbox.workflow.compare import compare_runs
from blackbox.workflow.compare_options import CompareOptions
from blackbox.workflow.exporting import export_bundle, export_table
from blackbox.workflow.importing import Recorded, import_recorded, import_table
from blackbox.workflow.runs import open_run

if TYPE_CHECKING:
    from pathlib import Path

    from blackbox.core import Run

NOW = datetime(2026, 11, 23, tzinfo=UTC)
TEXTS = (
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "  =1",
    "'quoted",
    "＝1",
    "\u200b=1",
    "\ufeff+1",
    "a\ud800b",
    "\x00nul",
    "\x1b]0;t\x07",
    "line\r\nline\nline",
    '"quotes", and commas',
    "\u202eevil",
    "😀" * 3,
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two runs of odd texts and their comparison `x-compare-1`."""
    folder = tmp_path_factory.mktemp("made")
    rows = [
        {
            "m": m,
            "p": f"{text}?",
            "r": None if m == "b" and i == 3 else TEXTS[(i + k * k) % 18],
            "t": "2026-01-02T03:04:05Z",
        }
        for m in ("=a", "b")
        for i, text in enumerate(TEXTS)
        for k in range(3)
    ]
    (folder / "t.json").write_text(json.dumps(rows))
    fields = TableFields(prompt="p", response="r", model="m", time="t")
    runs = import_table(folder / "t.json", fields, suite_name="s", results=folder / "results", now=lambda: NOW)
    options = CompareOptions(created_at=NOW, out=folder / "results" / "x-compare-1")
    compare_runs(folder / "results", [run.id for run in runs], options, lambda _: None)
    return folder / "results"


def _ids(results: Path) -> list[str]:
    return sorted(path.parent.name for path in results.glob("*/manifest.json"))


def _answers(run: Run) -> list[tuple[Any, ...]]:
    said = ("key", "outcome", "text", "requested_at", "reasoning", "finish_reason", "error")
    return [tuple(getattr(o, name) for name in said) for o in run.observations]


def test_a_bundle_is_verified_from_what_is_in_it_alone(made: Path, tmp_path: Path) -> None:
    """A comparison takes its runs along; every run and number is checked in an otherwise empty place."""
    export_bundle(made, ["x-compare-1"], tmp_path / "b.bb")
    document = audit(tmp_path / "nothing", [str(tmp_path / "b.bb")])

    assert document["ok"]
    assert [entry.get("kind", "run") for entry in document["runs"]] == ["bundle", "run", "run", "comparison"]
    assert document["runs"][-1]["reproduced"]
    assert audit(tmp_path, [str(tmp_path / "b.bb")], expect_head=document["runs"][0]["head"])["ok"]
    assert not audit(tmp_path, [str(tmp_path / "b.bb")], expect_head="0" * 64)["ok"]


def test_a_forged_number_in_a_bundle_is_found_by_its_name(made: Path, tmp_path: Path) -> None:
    """Whoever packs again, listing and all, still can't make the runs say another number."""
    document = json.loads((made / "x-compare-1" / "comparison.json").read_text())
    document["pairs"][0]["same"]["alpha"] = 0.5
    forged = tmp_path / "results"
    (forged / "x").mkdir(parents=True)
    (forged / "x" / "comparison.json").write_text(json.dumps(document))
    for name in _ids(made):
        (forged / name).symlink_to(made / name)
    export_bundle(forged, ["x"], tmp_path / "b.bb")
    found = audit(tmp_path, [str(tmp_path / "b.bb")])

    assert not found["ok"]
    assert found["runs"][-1]["problems"] == ["pairs.0.same.alpha: 0.5 is stated, 0.01 comes out"]


def test_a_damaged_run_is_not_exported(made: Path, tmp_path: Path) -> None:
    """Nothing damaged leaves in a bundle, and no bundle is left behind."""
    import shutil

    shutil.copytree(made, tmp_path / "results")
    journal = tmp_path / "results" / _ids(made)[0] / "journal.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b"quoted", b"quotes", 1))

    with pytest.raises(EvidenceDamaged, match="nothing was exported"):
        export_bundle(tmp_path / "results", ["x-compare-1"], tmp_path / "b.bb")
    assert not (tmp_path / "b.bb").exists()


def test_a_bundle_holds_nothing_but_evidence(made: Path, tmp_path: Path) -> None:
    """No cached feature, lock or other file of the folder goes along, and no path of this machine."""
    (made / _ids(made)[0] / "notes.txt").write_text("mine")
    export_bundle(made, ["x-compare-1"], tmp_path / "b.bb")
    with zipfile.ZipFile(tmp_path / "b.bb") as packed:
        names = {name.rpartition("/")[2] for name in packed.namelist()}
        content = b"".join(packed.read(name) for name in packed.namelist() if not name.endswith(".parquet"))

    assert names == {
        "README.txt",
        "bundle.json",
        "comparison.json",
        "report.html",
        "manifest.json",
        "journal.jsonl",
        "suite.json",
        "observations.parquet",
    }
    assert str(made).encode() not in content


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_exported_observations_come_back_bit_for_bit(form: str, made: Path, tmp_path: Path) -> None:
    """Every text, lone surrogates and NULs included, every outcome, time and question is what it was."""
    export_table(made, _ids(made), tmp_path / f"o.{form}", form, None)  # type: ignore[arg-type]
    again = import_recorded(
        tmp_path / f"o.{form}", Recorded(layout="blackbox"), suite_name="s", results=tmp_path / "r", now=lambda: NOW
    )
    before = [open_run(made / name) for name in _ids(made)]
    after = sorted((open_run(run.path) for run in again), key=lambda run: run.manifest.endpoint_name)
    before = sorted(before, key=lambda run: run.manifest.endpoint_name)

    assert [_answers(run) for run in before] == [_answers(run) for run in after]
    assert [run.suite.digest for run in before] == [run.suite.digest for run in after]
    assert {Outcome.ERROR, Outcome.OK} == {o.outcome for run in after for o in run.observations}


def test_csv_opens_inert_and_gives_back_every_text(made: Path, tmp_path: Path) -> None:
    """No cell begins with what a spreadsheet runs; taking off the apostrophe, or reading text_json, gives the text."""
    export_table(made, _ids(made), tmp_path / "o.csv", "csv", None)
    with (tmp_path / "o.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    texts = {original(row[header.index("text")]) for row in rows}
    exact = {json.loads(original(cell)) for row in rows if (cell := row[header.index("text_json")])}

    cells = [cell.lstrip(" \u200b\ufeff\t\r\n") for row in rows for cell in row]
    assert [cell for cell in cells if cell.startswith(("=", "+", "@"))] == []
    assert [row for row in rows if row[header.index("text")].startswith("-")] == []
    assert set(TEXTS) - {"a\ud800b"} <= texts
    assert exact == {"a\ud800b"}
    assert {row[header.index("endpoint")] for row in rows} == {"'=a", "b"}


@pytest.mark.parametrize("text", [*TEXTS, "", "plain", "''", "'=", "12", "a=b"])
def test_an_inert_cell_is_reversible(text: str) -> None:
    """One rule both ways: whatever begins with an apostrophe loses it."""
    assert text == original(inert(text))


def test_live_csv_would_be_seen(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check above can fail: without `inert` the first text is a formula."""
    monkeypatch.setattr("blackbox.store.exported.inert", lambda text: text)
    export_table(made, _ids(made), tmp_path / "o.csv", "csv", None)

    assert ',"=1+1",' in (tmp_path / "o.csv").read_text(encoding="utf-8")


def test_an_export_that_mends_texts_would_be_seen(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without `text_json` a lone surrogate does not come back: the check of exported observations can fail."""
    whole = exported.row
    monkeypatch.setattr(exported, "row", lambda observation: {**whole(observation), "text_json": None})
    with pytest.raises(CAUGHT):
        test_exported_observations_come_back_bit_for_bit("jsonl", made, tmp_path)


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("table", ["pairs", "signals"])
def test_pairs_and_signals_are_tables(form: str, table: str, made: Path, tmp_path: Path) -> None:
    """One row a pair, one row a signal of each question; the numbers of the document."""
    import pandas as pd

    said = export_table(made, ["x-compare-1"], tmp_path / "t", form, table)  # type: ignore[arg-type]
    readers = {"csv": pd.read_csv, "parquet": pd.read_parquet}
    readers["jsonl"] = lambda path: pd.read_json(path, lines=True)
    frame = readers[form](tmp_path / "t")
    [pair] = store.read_comparison(made / "x-compare-1").document["pairs"]

    assert len(frame) == said["n_rows"] == (1 if table == "pairs" else len(pair["same"]["signals"]))
    if table == "pairs":
        assert pair["same"]["verdict"] == frame["same_verdict"][0]
        assert pytest.approx(pair["same"]["pvalue"], abs=1e-15) == frame["same_pvalue"][0]


def test_what_fits_no_table_is_one_line(made: Path, tmp_path: Path) -> None:
    """Runs beside comparisons, a table that is not there, a name that stands for nothing."""
    for names, table in ((["x-compare-1", _ids(made)[0]], None), (["x-compare-1"], "observations"),
                         ([_ids(made)[0]], "pairs"), (["nothing"], None)):  # fmt: skip
        with pytest.raises(UsageError):
            export_table(made, names, tmp_path / "t", "csv", table)  # type: ignore[arg-type]
    assert not (tmp_path / "t").exists()


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_a_device_or_pipe_is_not_replaced_by_a_file(form: str, made: Path, tmp_path: Path) -> None:
    """Root may replace even /dev/null: what is no ordinary file stays what it is."""
    os.mkfifo(tmp_path / "o")
    with pytest.raises(BlackboxError, match="this is no ordinary file; choose another name"):
        export_table(made, _ids(made), tmp_path / "o", form, None)  # type: ignore[arg-type]
    assert (tmp_path / "o").is_fifo()


@pytest.mark.parametrize(
    "change",
    [{"outcome": "odd"}, {"repeat": -1}, {"repeat": "0"}, {"messages": "["}, {"text": None}, {"messages": "[]"},
     {"endpoint": None}, {"requested_at": "soon"}, {"text_json": "{"}, {"text_json": 3}, {"reasoning": 3},
     {"error_kind": 1}],
)  # fmt: skip
def test_an_edited_export_is_refused_with_its_row(change: dict[str, Any], made: Path, tmp_path: Path) -> None:
    """A row that is none of ours is named; nothing is imported."""
    export_table(made, _ids(made), tmp_path / "o.jsonl", "jsonl", None)
    rows = [json.loads(line) for line in (tmp_path / "o.jsonl").read_text().splitlines()]
    rows[1] |= change
    (tmp_path / "o.jsonl").write_text("\n".join(map(json.dumps, rows)))

    with pytest.raises(BlackboxError, match="row 2") as raised:
        import_recorded(
            tmp_path / "o.jsonl", Recorded(layout="blackbox"), suite_name="s", results=tmp_path / "r", now=lambda: NOW
        )
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "r").exists()
