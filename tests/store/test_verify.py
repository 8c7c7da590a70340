"""Auditing a run: each way of tampering with it is found, and an honest one is not accused."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
from support.caught import CAUGHT
from support.stored import ANSWERS, START, answer, fill, finished_run, new_run

from blackbox.core import canonical, digest
from blackbox.store import verify_run
from blackbox.store.journal import FIRST_PREVIOUS, Draft, read_journal, sealed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
async def run(tmp_path: Path) -> Path:
    """Return a finished run."""
    return await finished_run(tmp_path)


def _lines(run: Path) -> list[bytes]:
    return (run / "journal.jsonl").read_bytes().splitlines(keepends=True)


def _put(run: Path, lines: list[bytes]) -> None:
    (run / "journal.jsonl").write_bytes(b"".join(lines))


def _resealed(lines: list[bytes]) -> tuple[list[bytes], str]:
    """Return the lines with fresh numbers and digests, as a forger would write them, and their head."""
    out, head = [], FIRST_PREVIOUS
    for seq, line in enumerate(lines):
        entry = json.loads(line)
        written = sealed(
            Draft(kind=entry["kind"], at=entry["at"], body=canonical(entry["body"])), seq=seq, prev_sha256=head
        )
        out, head = [*out, written.line], written.sha256
    return out, head


def _edit(run: Path) -> None:
    _put(run, [line.replace(b"answer 00", b"answer 66") for line in _lines(run)])


def _edit_last(run: Path) -> None:
    lines = _lines(run)
    _put(run, [*lines[:-1], lines[-1].replace(b"0.25", b"0.35")])


def _delete(run: Path) -> None:
    lines = _lines(run)
    _put(run, lines[:3] + lines[4:])


def _reorder(run: Path) -> None:
    lines = _lines(run)
    _put(run, [*lines[:3], lines[4], lines[3], *lines[5:]])


def _add(run: Path) -> None:
    lines = _lines(run)
    _put(run, [*lines, _resealed([*lines, lines[2]])[0][-1]])


def _truncate(run: Path) -> None:
    _put(run, _lines(run)[:-2])


def _tear(run: Path) -> None:
    _put(run, [*_lines(run)[:-1], _lines(run)[-1][:20]])


def _rewrite_journal_alone(run: Path) -> None:
    _put(run, _resealed([line.replace(b"answer 00", b"answer 66") for line in _lines(run)])[0])


def _rewrite_without_its_first_note(run: Path) -> None:
    lines, head = _resealed(_lines(run)[1:])
    _put(run, lines)
    _change_manifest("journal_count", len(lines))(run)
    _change_manifest("journal_head", head)(run)


def _rewrite_without_its_last_note(run: Path) -> None:
    lines, head = _resealed(_lines(run)[:-1])
    _put(run, lines)
    _change_manifest("journal_count", len(lines))(run)
    _change_manifest("journal_head", head)(run)


def _add_a_note(run: Path) -> None:
    _put(run, _resealed([*_lines(run), _lines(run)[0]])[0])


def _drop_journal(run: Path) -> None:
    (run / "journal.jsonl").unlink()


def _empty_journal(run: Path) -> None:
    _put(run, [])


def _append_bytes(run: Path) -> None:
    _put(run, [*_lines(run), b"more"])


def _change_manifest(name: str, value: object) -> Callable[[Path], None]:
    def change(run: Path) -> None:
        file = run / "manifest.json"
        file.write_text(json.dumps({**json.loads(file.read_bytes()), name: value}), encoding="utf-8")

    change.__name__ = f"manifest_{name}"
    return change


def _drop_manifest(run: Path) -> None:
    (run / "manifest.json").unlink()


def _change_suite(run: Path) -> None:
    file = run / "suite.json"
    file.write_bytes(file.read_bytes().replace(b"Word 1?", b"Word 2?"))


def _repeat_key_in_suite(run: Path) -> None:
    file = run / "suite.json"
    file.write_bytes(file.read_bytes().replace(b"{", b'{"name":"other",', 1))


def _change_parquet(run: Path) -> None:
    import pyarrow.parquet as pq

    table = pq.read_table(run / "observations.parquet")
    texts = ["answer 66", *table["text"].to_pylist()[1:]]
    index = table.schema.get_field_index("text")
    pq.write_table(table.set_column(index, "text", [texts]), run / "observations.parquet")


def _cut_parquet(run: Path) -> None:
    import pyarrow.parquet as pq

    pq.write_table(pq.read_table(run / "observations.parquet").slice(1), run / "observations.parquet")


def _lengthen_parquet(run: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(run / "observations.parquet")
    pq.write_table(pa.concat_tables([table, table]), run / "observations.parquet")


def _break_parquet(run: Path) -> None:
    (run / "observations.parquet").write_bytes(b"PAR1 no more")


def _drop_parquet(run: Path) -> None:
    (run / "observations.parquet").unlink()


TAMPERING = [
    (_edit, "line 3 was changed"),
    (_edit_last, "line 14 was changed"),
    (_delete, "line 4 has seq 4 where 3 belongs"),
    (_reorder, "line 4 has seq 4 where 3 belongs"),
    (_add, "is a second observation 'p0#0'"),
    (_truncate, "has 12 whole lines, the manifest counts 14: its end was cut off"),
    (_tear, "has 13 whole lines, the manifest counts 14: its end was cut off"),
    (_rewrite_journal_alone, "line 14 is .*one of them was rewritten"),
    (_rewrite_without_its_first_note, "line 1 is not the note a run begins with"),
    (_rewrite_without_its_last_note, "has no note that the run was finished"),
    (_add_a_note, "has 15 lines, the manifest of a finished run counts 14: lines were added"),
    (_drop_journal, "journal.jsonl is missing"),
    (_empty_journal, "has 0 whole lines"),
    (_append_bytes, "last line .15. is torn"),
    (_change_manifest("plan", {"order": "alphabetical"}), "manifest.json: plan is not what the run began with"),
    (_change_manifest("endpoint", {"name": "x"}), "manifest.json: endpoint is not what the run began with"),
    (_change_manifest("run_id", "other"), "manifest.json: run_id is not what"),
    (_change_manifest("packages", {}), "manifest.json: packages is not what"),
    (_change_manifest("status", "interrupted"), "manifest.json: status is not what the journal says"),
    (_change_manifest("cost", 0.0), "manifest.json: cost is not what the journal says"),
    (_change_manifest("totals", {}), "manifest.json: totals is not what the journal says"),
    (_change_manifest("warnings", ["all is well"]), "manifest.json: warnings is not what the journal says"),
    (_change_manifest("honoured_decoding", {}), "manifest.json: honoured_decoding is not what the journal says"),
    (_change_manifest("journal_head", "0" * 64), "one of them was rewritten"),
    (_change_manifest("journal_count", 15), "manifest counts 15"),
    (_change_manifest("journal_count", 13), "one of them was rewritten"),
    (_change_manifest("suite_digest", "0" * 64), "suite_digest is not what the run began with"),
    (_change_manifest("schema", "x"), "its schema is 'x'"),
    (_drop_manifest, "manifest.json is missing"),
    (_change_suite, "suite.json has the digest"),
    (_repeat_key_in_suite, "suite.json is damaged: a key is there twice"),
    (_change_parquet, "observations.parquet does not say what the journal says"),
    (_cut_parquet, "observations.parquet does not say what the journal says"),
    (_lengthen_parquet, "observations.parquet (does not say|has rows)"),
    (_break_parquet, "observations.parquet is damaged"),
    (_drop_parquet, "observations.parquet is missing"),
]


@pytest.mark.parametrize(("tamper", "message"), TAMPERING, ids=[tamper.__name__ for tamper, _ in TAMPERING])
def test_tampering_is_found(run: Path, tamper: Callable[[Path], None], message: str) -> None:
    """One change at a time, each named; nothing is modified while looking."""
    assert verify_run(run).ok
    tamper(run)
    before = {file.name: file.read_bytes() for file in run.iterdir()}
    report = verify_run(run)
    assert not report.ok
    assert [problem for problem in report.problems if _says(problem, message)], report.problems
    assert before == {file.name: file.read_bytes() for file in run.iterdir()}


def _says(problem: str, message: str) -> bool:
    import re

    return re.search(message, problem) is not None


def test_an_untouched_run_has_its_head_and_no_problem(run: Path) -> None:
    """Entries and head are the journal's; expecting that head is fine."""
    end = read_journal(run / "journal.jsonl")[1]
    report = verify_run(run, expect_head=end.head)
    assert (True, end.n_entries, end.head, (), ()) == (
        report.ok,
        report.n_entries,
        report.head,
        report.problems,
        report.warnings,
    )


async def test_a_full_rewrite_is_found_by_the_expected_head_alone(run: Path, tmp_path: Path) -> None:
    """A forger who makes journal, manifest and Parquet anew passes, unless the head was kept elsewhere."""
    honest = verify_run(run).head
    shutil.rmtree(run)
    forged = await finished_run(tmp_path, [answer(0, 0, "forged"), *ANSWERS[1:]])
    assert run == forged
    assert verify_run(run).ok
    report = verify_run(run, expect_head=honest)
    assert not report.ok
    assert f"expected was {honest}" in report.problems[0]


async def test_a_run_continued_after_the_expected_head_says_so(tmp_path: Path) -> None:
    """An earlier head of the same chain is not the head, but the audit tells where it is."""
    run = new_run(tmp_path)
    await fill(run, ANSWERS[:2], status="interrupted")
    earlier = verify_run(run).head
    await fill(run)
    report = verify_run(run, expect_head=earlier)
    assert not report.ok
    assert "which is line 6: the run was continued after it" in report.problems[0]


async def test_an_unfinished_run_is_no_problem(tmp_path: Path) -> None:
    """A run that was killed has neither a Parquet file nor totals yet."""
    run = new_run(tmp_path)
    assert verify_run(run).ok
    await fill(run, status=None)
    assert (verify_run(run).ok, verify_run(run).n_entries) == (True, 13)


async def test_a_run_set_back_to_running_is_remarked_on(run: Path) -> None:
    """The journal's last note says it is finished: killed between note and manifest, or the manifest was changed."""
    _change_manifest("status", "running")(run)
    assert [warning for warning in verify_run(run).warnings if "ends with the note that the run is finished" in warning]


async def test_a_plan_that_does_not_have_its_digest_is_found(tmp_path: Path) -> None:
    """Also when it was wrong before the first call."""
    run = await finished_run(tmp_path, plan={"order": "random", "digest": "0" * 64})
    assert [p.split(": ")[-1] for p in verify_run(run).problems] == ["the plan does not have the digest it names"]


async def test_totals_that_are_not_the_journals_are_found(tmp_path: Path) -> None:
    """A forged closing note with counts that the observations do not give is found by counting again."""
    run = await finished_run(tmp_path)
    lines = _lines(run)
    lines[-1] = lines[-1].replace(b'"ok":6', b'"ok":7')
    forged, head = _resealed(lines)
    _put(run, forged)
    manifest = json.loads((run / "manifest.json").read_bytes())
    manifest |= {"journal_head": head, "totals": {**manifest["totals"], "ok": 7}}
    (run / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert [p.split(": ")[-1] for p in verify_run(run).problems[:1]] == ["7 answers are ok, the journal has 6"]


def test_digests_are_those_of_the_shared_rule() -> None:
    """The forger above uses the public rule: sha256 of the canonical line without its digest."""
    written = sealed(Draft(kind="note", at="x", body="{}"), seq=0, prev_sha256=FIRST_PREVIOUS)
    entry = json.loads(written.line)
    assert entry.pop("sha256") == digest(entry)
    assert START.tzinfo is not None


@pytest.mark.parametrize(
    ("place", "tamper"),
    [
        ("journal._forged", _edit),
        ("journal._misplaced", _delete),
        ("journal._misplaced", _reorder),
        ("manifests.ManifestCheck.end", _truncate),
        ("manifests.ManifestCheck._check_created", _rewrite_without_its_first_note),
        ("manifests.ManifestCheck.entry", _rewrite_journal_alone),
        ("verify.check_parquet", _change_parquet),
    ],
)  # fmt: skip
def test_an_audit_that_looks_away_is_caught(
    place: str,
    tamper: Callable[[Path], None],
    run: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The test of tampering fails for each check that is left out."""
    monkeypatch.setattr(f"blackbox.store.{place}", lambda *_: None)
    with pytest.raises(CAUGHT):
        test_tampering_is_found(run, tamper, dict(TAMPERING)[tamper])


async def test_an_audit_that_expects_no_head_is_caught(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test of a full rewrite fails where the head is not compared."""
    monkeypatch.setattr("blackbox.store.verify._Audit._head", lambda _: None)
    with pytest.raises(CAUGHT):
        await test_a_full_rewrite_is_found_by_the_expected_head_alone(run, tmp_path)
