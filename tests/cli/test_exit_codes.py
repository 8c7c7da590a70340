"""The exit codes of DESIGN §7, command by command: what a CI job relies on."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest
from report import documents

from blackbox.cli.comparison import kinship_code
from blackbox.evidence.difference import difference
from blackbox.store import write_comparison
from blackbox.workflow.compare import ComparisonReport
from blackbox.workflow.drifting import DriftReport
from blackbox.workflow.watching import WatchReport
from tests.support import printed
from tests.support.fake_vendor import configured
from tests.support.stored import START

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.commands import Command
    from tests.support.fake_vendor import FakeVendor

MISUSE: list[list[str]] = [
    ["init", "nowhere/at/all"],
    ["ask", "--population", "nowhere.json"],
    ["doctor", "absent"],
    ["plan"],
    ["run"],
    ["watch"],
    ["import", "nowhere.csv", "--suite", "s", "--prompt-field", "p", "--response-field", "r"],
    ["compare", "a", "b"],
    ["compare", "a"],
    ["compare", "a", "b", "--question", "copied"],
    ["compare", "a", "b", "--backend", "abacus"],
    ["compare", "a", "b", "--jobs", "-1"],
    ["report", "nowhere"],
    ["calibrate", "a", "--pairs", "p.csv", "--groups", "g.csv", "-o", "x.json"],
    ["identify", "a", "--library", "b"],
    ["diff", "a", "b"],
    ["drift", "a", "b"],
    ["weights", "nowhere", "a"],
    ["show", "nowhere"],
    ["verify", "nowhere"],
    ["serve", "--model", "x=nowhere"],
    ["schema", "nowhere"],
    ["suites", "show", "nowhere"],
    ["suites", "lock", "nowhere.yaml"],
    ["suites", "new", "Not A Name", "-o", "x.yaml"],
    ["suites", "secret", "one-token", "-o", "x.yaml"],
    ["suites", "near-ties", "nowhere", "-o", "x.yaml"],
    ["suites", "select", "nowhere", "-n", "3", "-o", "x.yaml"],
    ["suites", "from-dataset", "nowhere.csv", "--column", "c", "--name", "n", "-o", "x.yaml", "--licence", "own"],
]


@pytest.mark.parametrize("words", MISUSE, ids=" ".join)
def test_what_is_wrong_beforehand_is_2(command: Command, words: list[str]) -> None:
    """Wrong words, files and names: one line, nothing on stdout, nothing written."""
    said = command(*words)

    assert (said.code, said.out) == (2, "")
    assert len(said.line()) > 20


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        (["equivalent"], 0),
        (["equivalent", "equivalent"], 0),
        (["inconclusive"], 3),
        (["not_applicable"], 3),
        (["equivalent", "inconclusive"], 3),
        (["different"], 1),
        (["inconclusive", "different"], 1),
        ([], 3),
    ],
)
def test_compare_gates_by_its_verdicts(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, verdicts: list[str], code: int
) -> None:
    """1 if any pair of endpoints differs, 0 only if all are equivalent, else 3; without --gate always 0."""
    document = documents.two()
    document["endpoint_pairs"] = [{**documents.two()["endpoint_pairs"][0], "verdict": v} for v in verdicts]
    report = ComparisonReport(document=document, path=tmp_path)
    monkeypatch.setattr("blackbox.workflow.compare.compare_runs", lambda *_: report)

    assert command("compare", "a", "b", "--gate").code == code
    assert command("compare", "a", "b").code == 0


ASKED = (
    (),
    ("--question", "same"),
    ("--question", "same,related"),
    ("--question", "related"),
    ("--question", "related,mixed"),
)


@pytest.mark.parametrize(
    ("ratios", "code"),
    [
        ([1.0], 1),
        ([0.99], 3),
        ([-1.0], 0),
        ([-0.95], 0),
        ([-0.94], 3),
        ([None], 3),
        ([None, 2.1], 1),
        ([None, -1.0], 3),
        ([-1.0, -1.2], 0),
        ([-1.0, 0.5], 3),
        ([], 3),
    ],
)
def test_the_gate_on_kinship_reads_ratios(ratios: list[float | None], code: int) -> None:
    """1 from ten on, 0 where all have a tenth or the population's lower bound at most, else 3."""
    pairs = [{"related": {"log10_lr": each, "bounds": [-0.95, 2.1]}} for each in ratios]
    assert kinship_code({"pairs": pairs}) == code


def test_the_gate_reads_sameness_where_it_is_asked_too(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Equivalent endpoints pass though they are related; asked for kinship alone they do not."""
    document = documents.two("equivalent")
    for pair in document["pairs"]:
        pair["related"] |= {"log10_lr": 2.0, "bounds": [-2.0, 2.0]}
    report = ComparisonReport(document=document, path=tmp_path)
    monkeypatch.setattr("blackbox.workflow.compare.compare_runs", lambda *_: report)

    codes = [command("compare", "a", "b", *asked, "--gate").code for asked in ASKED]
    assert codes == [0, 0, 0, 1, 1]


def test_the_summary_is_added_to_what_a_job_has_said(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Compare and drift append to the CI service's file; one that can't be written changes no exit code."""
    summary = tmp_path / "summary.md"
    summary.write_text("before\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    compared = ComparisonReport(document=documents.two("equivalent"), path=tmp_path)
    monkeypatch.setattr("blackbox.workflow.compare.compare_runs", lambda *_: compared)
    history = DriftReport(document=printed.drift(), path=tmp_path)
    monkeypatch.setattr("blackbox.workflow.drifting.drift_runs", lambda *_: history)

    assert (0, 0) == (command("compare", "a", "b").code, command("drift", "a", "b").code)
    lines = summary.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "before"
    assert sum(line.startswith("# ") for line in lines) == 2

    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "no" / "such.md"))
    said = command("compare", "a", "b", "--gate")
    assert said.code == 0
    assert "warning: no summary was written" in said.err


@pytest.mark.parametrize(
    ("verdict", "code"), [("changed", 1), ("unstable", 3), ("inconclusive", 3), ("no change seen", 0)]
)
def test_drift_and_watch_gate_by_their_verdicts(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, verdict: str, code: int
) -> None:
    """1 changed, 3 undecided, 0 no change seen; a day that is incomplete is 4 whatever is read."""
    document = {**printed.drift(), "verdict": verdict}
    monkeypatch.setattr(
        "blackbox.workflow.drifting.drift_runs", lambda *_: DriftReport(document=document, path=tmp_path)
    )
    assert command("drift", "a", "b", "--gate").code == code
    assert command("drift", "a", "b").code == 0

    (tmp_path / "blackbox.yaml").write_text(
        "endpoints: {x: {kind: openai-chat, base_url: 'http://127.0.0.1:1/v1', model: m}}", encoding="utf-8"
    )
    for incomplete in (0, 4):
        watched = {"schema": "blackbox.watch/1", "histories": [document], "sessions": [], "provenance": {}}
        report = WatchReport(document=watched, path=tmp_path, exit_code=incomplete, warnings=())

        async def found(*_: Any, report: WatchReport = report, **__: Any) -> WatchReport:
            return report

        monkeypatch.setattr("blackbox.workflow.watching.watch", found)
        assert command("watch", "--gate").code == (incomplete or code)
        assert command("watch").code == incomplete


@pytest.mark.parametrize(("verdict", "code"), [("attributed", 1), ("inconclusive", 3), ("none of these", 0)])
def test_identify_gates_by_its_verdict(
    command: Command, monkeypatch: pytest.MonkeyPatch, verdict: str, code: int
) -> None:
    """1 attributed, 3 inconclusive, 0 none of these."""
    document = {**printed.identification(), "verdict": verdict}
    monkeypatch.setattr("blackbox.workflow.identifying.identify", lambda *_: document)

    assert command("identify", "a", "--library", "b", "--gate").code == code
    assert command("identify", "a", "--library", "b").code == 0


def test_diff_gates_by_changed_answers(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """1 if an answer changed, 0 if only numbers did."""
    after = deepcopy(documents.two())
    after["pairs"][0]["same"]["verdict"] = "inconclusive"
    moved = deepcopy(documents.two())
    moved["pairs"][0]["same"]["pvalue_adjusted"] = 0.0004
    for other, code in ((after, 1), (moved, 0), (documents.two(), 0)):
        document = difference(documents.two(), other)
        monkeypatch.setattr("blackbox.workflow.differing.diff_document", lambda *_, document=document, **__: document)
        assert command("diff", "a", "b", "--gate").code == code
        assert command("diff", "a", "b").code == 0


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def _forge(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8").replace('"red"', '"rot"', 1), encoding="utf-8")


@pytest.mark.parametrize("spoil", [_cut, _forge])
@pytest.mark.parametrize("words", [["show", "{a}"], ["compare", "{a}", "{b}"], ["verify"], ["drift", "{a}", "{b}"]])
def test_damaged_evidence_is_5_in_every_command(
    command: Command, tmp_path: Path, words: list[str], spoil: Callable[[Path], None]
) -> None:
    """A journal that was cut or edited is never read past; the line says what to do."""
    rows = [{"p": f"Colour {i}?", "r": "red", "m": model} for model in "ab" for i in range(4)]
    (tmp_path / "answers.json").write_text(json.dumps(rows), encoding="utf-8")
    fields = ("--prompt-field", "p", "--response-field", "r", "--model-field", "m")
    runs = command("import", "answers.json", "--suite", "s", *fields, "--json").json["runs"]
    spoil(tmp_path / "results" / runs[0]["id"] / "journal.jsonl")
    names = dict(zip("ab", (run["id"] for run in runs), strict=True))

    said = command(*(word.format(**names) for word in words))

    assert said.code == 5
    assert "restore it from a copy" in said.err


def test_a_comparison_that_is_no_json_is_5(command: Command, tmp_path: Path) -> None:
    """NaN in a stored comparison is damage, not a number."""
    folder = write_comparison(tmp_path / "results", documents.two(), html="", at=START)
    file = folder / "comparison.json"
    file.write_text(file.read_text(encoding="utf-8").replace('"alpha":0.01', '"alpha":NaN', 1), encoding="utf-8")

    assert command("report", folder).code == 5
    assert command("diff", folder, folder).code == 5


def test_an_endpoint_that_never_answers_is_4(
    command: Command, vendor: FakeVendor, small_suite: Path, tmp_path: Path
) -> None:
    """Its first calls all fail: it is stopped, and the run can be resumed."""
    vendor.status = 401
    configured(tmp_path, vendor, "shut")
    said = command("run", "-s", small_suite, "--json")

    assert said.code == 4
    assert (said.json["exit_code"], said.json["sessions"][0]["state"]) == (4, "failed")
    watched = command("watch", "-s", small_suite, "--json")
    assert (watched.code, watched.json["sessions"][0]["state"]) == (4, "failed")
