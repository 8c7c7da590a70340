"""Redacted runs: answers are withheld, not absent; the rest is whole, chained, and can be proved with the key."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
from support.stored import answer, finished_run

from blackbox.cli import main
from blackbox.core import CallError, TokenLogprob
from blackbox.errors import ConfigError, EvidenceDamaged, UsageError
from blackbox.store import read_manifest
from blackbox.store.redacted import Redaction, verify_redacted
from blackbox.workflow.auditing import audit
from blackbox.workflow.exporting import export_bundle
from blackbox.workflow.listing import list_runs
from blackbox.workflow.redacting import redact_runs, show_redacted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SECRET = "SECRET-answer"
KEY = {"KEY": "k" * 32}


@pytest.fixture
async def run(tmp_path: Path) -> Path:
    """A run whose every field of the model's words holds the secret."""
    words = {
        "reasoning": SECRET,
        "tool_calls": ({"name": SECRET, "arguments": SECRET},),
        "logprobs": (TokenLogprob(token=SECRET, logprob=-1.0, top=((SECRET, -1.0),)),),
    }
    answers = [answer(p, k, f"{SECRET} {k % 2}", **words) for p in range(3) for k in range(3)]
    failed = answer(0, 3, None, error=CallError(kind="bad_request", message=f"no: {SECRET}", status=400))
    return await finished_run(tmp_path / "results", [*answers, failed])


def _redacted(run: Path, out: Path, **more: object) -> Path:
    redact_runs(run.parent, [run.name], out, environ=KEY, **more)  # type: ignore[arg-type]
    return out / run.name


def _bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_no_answer_is_left_and_everything_else_is(run: Path, tmp_path: Path) -> None:
    """The model's words are in no file; outcomes, times and counts are; the chain holds and names its original."""
    folder = _redacted(run, tmp_path / "out")
    report = verify_redacted(folder)
    lines = [json.loads(line) for line in (folder / "redacted.jsonl").read_text().splitlines()]
    bodies = [line["body"] for line in lines if line["kind"] == "observation"]

    assert [name for name, content in _bytes(folder).items() if SECRET.encode() in content] == []
    assert report.ok
    assert f"37 texts are withheld; the original's head is {read_manifest(run).journal_head}" in report.warnings
    assert [body["outcome"] for body in bodies] == ["ok"] * 9 + ["error"]
    assert all("withheld" in body["text"] for body in bodies[:9])
    assert bodies[9]["text"] is None
    assert bodies[9]["error"]["status"] == 400


def test_the_scan_sees_a_field_that_is_not_withheld(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The scan above can fail: forget one field, and the secret is found."""
    monkeypatch.setattr("blackbox.store.redacted.WITHHELD", ("text", "tool_calls", "logprobs"))

    assert SECRET.encode() in _bytes(_redacted(run, tmp_path / "out"))["redacted.jsonl"]


def test_prompts_are_withheld_when_asked(run: Path, tmp_path: Path) -> None:
    """With the flag the suite holds names and digests; without, the questions."""
    plain, withheld = _redacted(run, tmp_path / "a"), _redacted(run, tmp_path / "b", prompts=True)

    assert b"Word 1?" in (plain / "suite.json").read_bytes()
    assert b"Word" not in b"".join(_bytes(withheld).values())
    assert verify_redacted(withheld).ok


def test_equal_answers_to_one_probe_have_equal_digests_and_no_others(run: Path, tmp_path: Path) -> None:
    """Under one key repeats can be counted within a probe; across probes, fields and keys nothing can be matched."""
    shown = show_redacted([_redacted(run, tmp_path / "out", key_env="KEY")])
    digests = [[o["withheld"] for o in probe["answers"][0]["observations"]] for probe in shown["probes"]]
    other = Redaction(key=b"other" * 8).digest("text", "p0", f"{SECRET} 0")

    assert [len(set(filter(None, own))) for own in digests] == [2, 2, 2]
    assert digests[0][0] == digests[0][2]
    assert len({d for own in digests for d in own if d}) == 6
    assert digests[0][0] != other
    assert digests[0][0] == Redaction(key=KEY["KEY"].encode()).digest("text", "p0", f"{SECRET} 0")


def test_key_and_original_make_the_same_bytes_and_a_lost_key_others(run: Path, tmp_path: Path) -> None:
    """Who has both can prove where a redacted run comes from; without a named key nobody can try texts."""
    named = [_bytes(_redacted(run, tmp_path / out, key_env="KEY")) for out in ("a", "b")]
    drawn = [_bytes(_redacted(run, tmp_path / out)) for out in ("c", "d")]

    assert named[0] == named[1]
    assert drawn[0] != drawn[1]


def _edit(folder: Path) -> None:
    path = folder / "redacted.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"outcome":"ok"', b'"outcome":"empty"', 1))


def _drop(folder: Path) -> None:
    path = folder / "redacted.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:4] + lines[5:]))


def _cut(folder: Path) -> None:
    path = folder / "redacted.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))


def _other_head(folder: Path) -> None:
    path = folder / "redacted.json"
    head = json.loads(path.read_text())["original"]["journal_head"]
    path.write_text(path.read_text().replace(head, "0" * 64))


def _other_suite(folder: Path) -> None:
    path = folder / "suite.json"
    path.write_bytes(path.read_bytes().replace(b"Word", b"Work"))


@pytest.mark.parametrize("spoil", [_edit, _drop, _cut, _other_head, _other_suite])
def test_a_changed_redacted_run_is_damaged(spoil: Callable[[Path], None], run: Path, tmp_path: Path) -> None:
    """Edited, shortened, cut, of another original or suite: found."""
    folder = _redacted(run, tmp_path / "out")
    spoil(folder)

    assert not audit(tmp_path, [str(folder)])["ok"]


@pytest.mark.parametrize(
    ("place", "spoil"),
    [("store.journal._forged", _edit), ("store.journal._misplaced", _drop), ("store.redacted._checked_lines", _cut)],
)
def test_an_audit_that_believes_redacted_lines_is_caught(
    place: str, spoil: Callable[[Path], None], run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test above fails for each check that is left out, where no other notices."""
    folder = _redacted(run, tmp_path / "out")
    spoil(folder)
    found = verify_redacted(folder).problems
    monkeypatch.setattr(f"blackbox.{place}", lambda *_: None if "journal" in place else ())
    assert found != verify_redacted(folder).problems


def test_heads_can_be_expected(run: Path, tmp_path: Path) -> None:
    """Its own head is proof of its bytes; the original's is what it says, and verify says so; another is damage."""
    folder = _redacted(run, tmp_path / "out")
    own = json.loads((folder / "redacted.json").read_text())["journal_head"]
    original = read_manifest(run).journal_head

    assert verify_redacted(folder, expect_head=own).ok
    assert "only the original and the key prove it" in verify_redacted(folder, expect_head=original).warnings[0]
    assert not verify_redacted(folder, expect_head="0" * 64).ok
    assert audit(tmp_path, [str(folder)], expect_head=f" {own.upper()}\n")["ok"]
    assert not audit(tmp_path, [str(folder)], expect_head="beef" if own[:4] != "beef" else "feed")["ok"]


def test_the_beginning_of_a_head_accuses_nobody(run: Path, tmp_path: Path) -> None:
    """Somebody pasted too little: a usage error, of a run and of its redacted copy."""
    for folder in (run, _redacted(run, tmp_path / "out")):
        [entry] = audit(tmp_path, [str(folder)])["runs"]
        for n in (0, 10, 63):
            with pytest.raises(UsageError, match=f"all 64 digits; these are its first {n}"):
                audit(tmp_path, [str(folder)], expect_head=entry["head"][:n])


def test_redacted_runs_are_listed_and_verified_with_all_others(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Apart from the runs, with what is withheld; alone in a folder too; a changed one is named by both commands."""
    folder = _redacted(run, tmp_path / "results-2").rename(run.parent / "shown")
    (listed,) = list_runs(run.parent)["redacted"]
    assert main(["ls", "--results", str(run.parent)]) == 0
    told = capsys.readouterr().out
    assert (1, 1) == (told.count("finished"), told.count("redacted"))
    assert {run.name, "shown"} == {entry["run"] for entry in audit(run.parent, [])["runs"]}
    assert (run.name, 37, ["answers"]) == (listed["id"], listed["n_withheld"], listed["withheld"])
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copytree(folder, alone / "shown")
    assert audit(alone, [])["ok"]
    document = (alone / "shown" / "redacted.json").read_text()
    (alone / "shown" / "redacted.json").write_text(document.replace('"n_withheld": 37', '"n_withheld": 36'))
    assert not audit(alone, [])["ok"]
    with pytest.raises(EvidenceDamaged, match="does not have the digest it names"):
        list_runs(alone)


def test_nothing_is_computed_from_withheld_answers(run: Path, tmp_path: Path) -> None:
    """Compare, and whatever else reads answers, says that they are withheld."""
    from blackbox.store import resolve_run

    folder = _redacted(run, tmp_path / "out")
    with pytest.raises(UsageError, match="is a redacted run: its answers are withheld"):
        resolve_run(tmp_path, str(folder))


def test_a_redacted_run_travels_in_a_bundle(run: Path, tmp_path: Path) -> None:
    """Bundled and verified like any other."""
    folder = _redacted(run, tmp_path / "out")
    export_bundle(tmp_path, [str(folder)], tmp_path / "b.bb")
    found = audit(tmp_path, [str(tmp_path / "b.bb")])

    assert found["ok"]
    assert [entry["kind"] for entry in found["runs"]] == ["bundle", "redacted"]


def test_what_can_not_be_redacted_is_one_line(run: Path, tmp_path: Path) -> None:
    """A short key, a folder that is there, a damaged run, a run twice."""
    _redacted(run, tmp_path / "out")
    with pytest.raises(UsageError, match="is there already"):
        _redacted(run, tmp_path / "out")
    with pytest.raises(ConfigError, match="at least 16"):
        redact_runs(run.parent, [run.name], tmp_path / "o", key_env="KEY", environ={"KEY": "short"})
    with pytest.raises(UsageError, match="named twice"):
        redact_runs(run.parent, [run.name, run.name], tmp_path / "o", environ={})
    shutil.copytree(run, tmp_path / "results" / "copy")
    journal = tmp_path / "results" / "copy" / "journal.jsonl"
    journal.write_bytes(journal.read_bytes().replace(SECRET.encode(), b"x", 1))
    with pytest.raises(EvidenceDamaged, match="nothing was redacted"):
        redact_runs(run.parent, ["copy"], tmp_path / "o", environ={})
    assert not (tmp_path / "o" / "copy").exists()
