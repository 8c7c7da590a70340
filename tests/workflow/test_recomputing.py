"""Verifying results: numbers come out again bit for bit, and whatever was edited or swapped is named."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import yaml
from support.caught import CAUGHT
from support.runs import drawn_answers, make_run, peaked, stored

from blackbox import suites
from blackbox.cli import main
from blackbox.workflow import _compare_inputs, recomputing
from blackbox.workflow.auditing import audit
from blackbox.workflow.compare import compare_runs
from blackbox.workflow.compare_options import CompareOptions
from blackbox.workflow.drifting import DriftOptions, drift_runs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from blackbox.core import Suite

NOW = datetime(2026, 11, 23, tzinfo=UTC)
_REPORT = "report.html is not what the document draws: it was changed, or drawn by other code"
SMALL = """
schema: blackbox.suite/1
name: small
version: 1
questions: [same]
system: You are a helpful assistant.
decoding: {temperature: 1.0, top_p: 1.0}
decision: {n_permutations: 999}
defaults: {family: pick, language: en, form: closed, parser: word, repeats: 9, max_output_tokens: 16}
probes:
  - {id: colour, prompt: Name a random colour. Answer with one word only.}
  - {id: city, prompt: Name a random city. Answer with one word only.}
  - {id: fruit, prompt: Name a random fruit. Answer with one word only.}
  - {id: bird, prompt: Name a random bird. Answer with one word only.}
"""


@cache
def _suite() -> Suite:
    return suites.from_document(yaml.safe_load(suites.locked(SMALL)), source="small.yaml")


def _runs(results: Path, n: int = 3, *, sessions: int = 1) -> list[str]:
    suite = _suite()
    shares = np.random.default_rng(7)
    own, other = (peaked(shares, len(suite.probes), 6) for _ in range(2))
    names = []
    for i in range(n):
        for k in range(sessions):
            rng = np.random.default_rng([i, k])
            answers = drawn_answers(rng, suite, other if i == 1 else own, 9)
            names.append(stored(results, make_run(suite, answers, endpoint=f"e{i}", session=k)))
    return names


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A results folder with three runs and a comparison of two, the third its control and host."""
    results = tmp_path_factory.mktemp("made") / "results"
    a, b, c = _runs(results)
    options = CompareOptions(created_at=NOW, controls=(c,), benign=(c,), out=results / "made-compare-1", seed=3)
    compare_runs(results, [a, b], options, lambda _: None)
    return results


@pytest.fixture
def results(made: Path, tmp_path: Path) -> Path:
    """A copy to be spoilt."""
    shutil.copytree(made, tmp_path / "results")
    return tmp_path / "results"


def _found(results: Path) -> dict[str, Any]:
    [entry] = audit(results, ["made-compare-1"])["runs"]
    return entry


def _edited(results: Path, change: Callable[[dict[str, Any]], None]) -> None:
    path = results / "made-compare-1" / "comparison.json"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document, sort_keys=True))


def test_a_comparison_names_the_digests_of_everything_it_used(results: Path) -> None:
    """Heads and suite digests of all runs in their roles, what was asked, code, packages and processor."""
    inputs = json.loads((results / "made-compare-1" / "comparison.json").read_text())["provenance"]["inputs"]
    heads = {path.parent.name: json.loads(path.read_text())["journal_head"] for path in results.glob("*/manifest.json")}

    assert heads == {run["id"]: run["journal_head"] for role in ("runs", "controls") for run in inputs[role]}
    assert inputs["benign"] == inputs["controls"]
    assert inputs["runs"][0]["suite_digest"] == _suite().digest
    assert inputs["options"] == {
        "questions": ["same", "related", "mixed"],
        "seed": 3,
        "allow_decoding_differences": False,
        "chosen": None,
    }
    assert (inputs["population"], inputs["embedding_model"]) == (None, None)
    assert len(inputs["setup"]["code_sha256"]) == 64


def test_an_untouched_comparison_is_reproduced_bit_for_bit(results: Path) -> None:
    """Nothing differs, also after its folder, with its runs, was moved; its digest can be expected."""
    moved = results.rename(results.parent / "elsewhere")
    found = _found(moved)

    assert (found["ok"], found["reproduced"], found["problems"], found["warnings"]) == (True, True, [], [])
    assert audit(moved, [str(moved / "made-compare-1" / "comparison.json")], expect_head=found["head"])["ok"]
    assert not audit(moved, ["made-compare-1"], expect_head="0" * 64)["ok"]


def _numbers(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _numbers(item, (*path, name))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from _numbers(item, (*path, i))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path


def test_any_edited_number_is_named(made: Path) -> None:
    """Each number of the document, changed by one part in 10¹⁵ or by one, is the one place that differs."""
    document = json.loads((made / "made-compare-1" / "comparison.json").read_text())
    places = list(_numbers(document))

    assert len(places) > 100
    edited = json.loads(json.dumps(document))
    for place in places:
        holder = edited
        for name in place[:-1]:
            holder = holder[name]
        was = holder[place[-1]]
        holder[place[-1]] = was + 1 if isinstance(was, int) else float(np.nextafter(was, 2 * was + 1))
    found = [place for place, _, _ in recomputing.differing(edited, document)]
    assert sorted(".".join(map(str, place)) for place in places) == sorted(found)


def test_an_edited_verdict_number_and_report_are_found(results: Path) -> None:
    """What was edited is named with both values; the report of before no longer is what the document draws."""

    def change(document: dict[str, Any]) -> None:
        document["pairs"][0]["same"].update(verdict="equivalent", pvalue_adjusted=0.5)

    _edited(results, change)
    found = _found(results)

    assert not found["ok"]
    assert [d["place"] for d in found["differences"]] == ["pairs.0.same.pvalue_adjusted", "pairs.0.same.verdict"]
    assert any(
        p.startswith('pairs.0.same.verdict: "equivalent" is stated, "different" comes out') for p in found["problems"]
    )
    assert any(p.startswith("report.html is not what") for p in found["problems"])


def test_an_edited_report_alone_is_found(results: Path) -> None:
    """The page people pass on must be the one the document draws."""
    page = results / "made-compare-1" / "report.html"
    page.write_text(page.read_text().replace("different", "equivalent"))

    assert ["report.html is not what the document draws: it was changed, or drawn by other code"] == _found(results)[
        "problems"
    ]


def test_numbers_that_are_compared_roughly_are_caught(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test of edited numbers fails where the last digits are left out."""

    def rough(value: object) -> str:
        return f"{value:.12g}" if isinstance(value, float) else recomputing.canonical(value)

    monkeypatch.setattr(recomputing, "_text", rough)
    with pytest.raises(CAUGHT):
        test_any_edited_number_is_named(made)


def test_an_audit_that_computes_something_else_is_caught(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test of bit for bit fails for another seed."""

    def other(*, seed: int, **more: Any) -> CompareOptions:
        return CompareOptions(seed=seed + 1, **more)

    monkeypatch.setattr(recomputing, "CompareOptions", other)
    with pytest.raises(CAUGHT):
        test_an_untouched_comparison_is_reproduced_bit_for_bit(results)


def test_an_audit_that_believes_its_runs_is_caught(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test of edited and swapped runs fails where only their ids count."""
    monkeypatch.setattr(recomputing, "_run", lambda stated, places, _: places.runs[0] / stated["id"])
    with pytest.raises((*CAUGHT, IndexError)):
        test_an_edited_a_swapped_and_a_missing_run_are_found(results, "runs")


def test_forged_features_are_not_believed(results: Path) -> None:
    """Cached features are computed again: what is cached beside a run decides nothing here."""
    forged = list(results.glob("*/features/*.npz"))
    for path in forged:
        path.write_bytes(b"forged")

    assert forged
    assert _found(results)["reproduced"]


@pytest.mark.parametrize("role", ["runs", "controls"])
def test_an_edited_a_swapped_and_a_missing_run_are_found(results: Path, role: str) -> None:
    """One edited answer, another run under the same id, no run at all: each is said in one line."""
    inputs = json.loads((results / "made-compare-1" / "comparison.json").read_text())["provenance"]["inputs"]
    name, head = inputs[role][0]["id"], inputs[role][0]["journal_head"]
    journal = results / name / "journal.jsonl"
    whole = journal.read_bytes()
    journal.write_bytes(whole.replace(b'"text":"w1"', b'"text":"w2"', 1))
    edited = _found(results)["problems"]
    journal.write_bytes(whole)
    assert _found(results)["ok"]
    shutil.rmtree(results / name)
    missing = _found(results)["problems"]
    suite = _suite()
    answers = drawn_answers(np.random.default_rng(99), suite, peaked(np.random.default_rng(1), 16, 6), 6)
    again = make_run(suite, answers, endpoint=name.split("-")[1])
    assert stored(results, again) == name
    swapped = _found(results)["problems"]

    assert "was changed: its digest is" in edited[0]
    where = f"{results}, {results / 'made-compare-1'}"
    assert [f"run {name} is missing: it is not in {where}; nothing can be computed again without it"] == missing
    assert f"run {name} has the head " in swapped[0]
    assert swapped[0].endswith(f"the result was made from {head}: another run")


def test_under_other_versions_a_difference_accuses_nobody(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where code or packages are others, differing numbers are warnings and the result is not reproduced."""
    other = _compare_inputs.setup() | {"code_sha256": "0" * 64}
    other["packages"] = {**other["packages"], "numpy": "1.0"}
    monkeypatch.setattr(recomputing, "setup", lambda: other)
    same = _found(results)
    _edited(results, lambda document: document["pairs"][0]["same"].update(pvalue=0.5))
    found = _found(results)

    assert (same["ok"], same["reproduced"]) == (True, True)
    assert (found["ok"], found["reproduced"]) == (True, False)
    assert found["warnings"][0].startswith("made with other numpy (2.")
    assert "now), source files of blackbox: numbers may" in found["warnings"][0]
    assert any(w.startswith("pairs.0.same.pvalue: 0.5 is stated") for w in found["warnings"])


def _edit_number(document: dict[str, Any]) -> None:
    document["pairs"][0]["same"]["pvalue"] = 0.5


def _edit_number_and_versions(document: dict[str, Any]) -> None:
    _edit_number(document)
    document["provenance"]["inputs"]["setup"]["packages"]["numpy"] = "1.0"


def _take_inputs_away(document: dict[str, Any]) -> None:
    _edit_number(document)
    del document["provenance"]["inputs"]


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        (lambda _: None, 0, "ok made-compare-1"),
        (_edit_number, 5, "pairs.0.same.pvalue: 0.5 is stated"),
        (_edit_number_and_versions, 4, "pairs.0.same.pvalue: 0.5 is stated"),
        (_edit_number_and_versions, 4, "numpy (1.0 then, 2."),
        (_take_inputs_away, 4, "NOT REPRODUCED made-compare-1"),
    ],
)
def test_what_did_not_come_out_again_is_no_success(
    results: Path, change: Callable[[dict[str, Any]], None], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """By its exit code: whoever edits versions too is not accused, but a CI job that verifies does not pass."""
    _edited(results, change)
    (results / "made-compare-1" / "report.html").unlink()

    assert main(["verify", "made-compare-1", "--results", str(results)]) == code
    told = capsys.readouterr()
    assert said in " ".join(told.out.split())
    assert ("not reproduced" in told.err) == (code == 4)


def test_without_inputs_nothing_is_claimed(results: Path) -> None:
    """A document that names no inputs is not accused and not reproduced."""
    _edited(results, lambda document: document["provenance"].pop("inputs"))
    found = _found(results)

    assert (found["ok"], found["reproduced"]) == (True, False)
    assert any("names no inputs" in warning for warning in found["warnings"])


def test_a_run_that_went_on_is_no_other_run(tmp_path: Path) -> None:
    """A comparison of a run under way names the head it read; once the run went on, nobody is accused."""
    names = _runs(tmp_path, 2)
    manifest = tmp_path / names[0] / "manifest.json"
    journal = tmp_path / names[0] / "journal.jsonl"
    said, whole = json.loads(manifest.read_text()), journal.read_bytes()
    first = json.loads(whole.splitlines()[0])["sha256"]
    under_way = {**said, "status": "running", "finished_at": None, "totals": {}}
    manifest.write_text(json.dumps({**under_way, "journal_count": 1, "journal_head": first}))
    journal.write_bytes(b"".join(whole.splitlines(keepends=True)[:-1]))
    options = CompareOptions(created_at=NOW, out=tmp_path / "made-compare-1")
    compare_runs(tmp_path, names, options, lambda _: None)
    assert _found(tmp_path)["reproduced"]
    manifest.write_text(json.dumps(said))
    journal.write_bytes(whole)
    found = _found(tmp_path)

    assert (found["ok"], found["reproduced"]) == (True, False)
    assert [f"run {names[0]} was continued after this result was made: not computed again"] == found["warnings"]


@pytest.mark.parametrize("text", ["{}", "[]", "{", '{"schema":"blackbox.comparison/1"}', "\x00", '{"a":1,"a":2}'])
def test_a_file_that_is_no_comparison_is_one_line(results: Path, text: str) -> None:
    """Whatever stands in the file: a problem, never a traceback."""
    (results / "made-compare-1" / "comparison.json").write_text(text)
    found = _found(results)

    assert not found["ok"]
    assert found["problems"]


def test_a_reading_of_a_history_is_reproduced_and_an_edit_is_named(tmp_path: Path) -> None:
    """`drift.json` names heads and options too; its points come out again, an edited one doesn't."""
    names = _runs(tmp_path, 1, sessions=6)
    drift_runs(tmp_path, names, DriftOptions(created_at=NOW, order="name", out=tmp_path / "r"), lambda _: None)
    [before] = audit(tmp_path, ["r"])["runs"]
    path = tmp_path / "r" / "drift.json"
    document = json.loads(path.read_text())
    document["points"][-1]["pvalue"] = 0.5
    path.write_text(json.dumps(document))
    [after] = audit(tmp_path, ["r"])["runs"]

    assert (before["kind"], before["ok"], before["reproduced"]) == ("drift", True, True)
    assert ["points.5.pvalue"] == [d["place"] for d in after["differences"]]
    assert not after["ok"]
