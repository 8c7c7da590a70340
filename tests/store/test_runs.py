"""Run folders: made whole, resumed, read from their journal, never overwritten."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.stored import (
    ANSWERS,
    answer,
    fill,
    finished_run,
    loaded,
    new_manifest,
    new_run,
    no_sync,
    stored_suite,
    ticking_clock,
)

from blackbox.core import Manifest, Outcome, canonical, digest, plain
from blackbox.errors import BlackboxError, EvidenceDamaged, Incomplete, RunLocked, UsageError
from blackbox.store import (
    RunWriter,
    create_run,
    find_runs,
    read_manifest,
    read_run,
    verify_run,
    write_observations,
)
from blackbox.store.journal import read_journal
from blackbox.store.manifests import FIXED_FIELDS


@pytest.mark.parametrize("run_id", ["../out", "a/b", "", ".", "..", ".hidden", "/x"])
def test_a_manifest_with_a_path_for_an_id_is_not_taken(tmp_path: Path, run_id: str) -> None:
    """Whoever builds a manifest by hand cannot leave the results folder."""
    suite = stored_suite()
    with pytest.raises(ValueError, match="run id"):
        create_run(tmp_path / "results", manifest=new_manifest(suite, run_id=run_id), suite=suite)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "change", [{"status": "finished"}, {"schema": "other"}, {"suite_digest": "0" * 64}, {"cost": float("nan")}]
)
def test_a_run_begins_as_one_about_to_begin(tmp_path: Path, change: dict[str, object]) -> None:
    """A manifest of another schema or suite, of a run that is over, or that could not be read back is refused."""
    suite = stored_suite()
    with pytest.raises(ValueError):  # noqa: PT011 - each is refused in words of its own
        create_run(tmp_path / "results", manifest=new_manifest(suite, **change), suite=suite)
    assert list(tmp_path.iterdir()) == []


def test_a_run_is_never_overwritten(tmp_path: Path) -> None:
    """A second run of the same id is refused, and the first is as it was."""
    path = new_run(tmp_path)
    before = {file.name: file.read_bytes() for file in path.iterdir()}
    with pytest.raises(UsageError, match="already; nothing was overwritten"):
        new_run(tmp_path)
    assert before == {file.name: file.read_bytes() for file in path.iterdir()}


def test_a_crash_while_a_run_is_made_leaves_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder gets its name when all of it is there; what a crash left does not stand in the way."""

    def crash(_self: Path, _target: Path) -> Path:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", crash)
        with pytest.raises(KeyboardInterrupt):
            new_run(tmp_path)
    assert find_runs(tmp_path) == ()
    assert (new_run(tmp_path),) == tuple(run.path for run in find_runs(tmp_path))


def test_a_results_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    """The system's word, the path and what to do."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(BlackboxError, match=r"file/results: Not a directory; choose another folder with --results"):
        new_run(tmp_path / "file" / "results")


def test_the_journal_begins_with_the_digests_of_what_is_fixed(tmp_path: Path) -> None:
    """Line 0 digests the plan, endpoint, suite and the rest before any call; the manifest counts it."""
    path = new_run(tmp_path)
    entries, end = read_journal(path / "journal.jsonl")
    manifest = read_manifest(path)
    assert (1, end.head) == (manifest.journal_count, manifest.journal_head)
    assert digest(manifest.plan) == entries[0].body["fixed"]["plan"]
    assert {f"{name}" for name in FIXED_FIELDS} == set(entries[0].body["fixed"])
    assert set(FIXED_FIELDS) < set(Manifest.__dataclass_fields__)


async def test_a_finished_run_is_read_from_its_journal(tmp_path: Path) -> None:
    """Observations come back equal, ordered by the suite's probes and then repeat; the Parquet file is not needed."""
    path = await finished_run(tmp_path)
    (path / "observations.parquet").unlink()
    run = loaded(path)
    assert sorted(ANSWERS, key=lambda o: (o.probe_id, o.repeat)) == list(run.observations)
    assert ("finished", 0.25, path.name) == (run.manifest.status, run.manifest.cost, run.id)


async def test_totals_by_outcome_are_counted_from_the_journal(tmp_path: Path) -> None:
    """Every outcome is there, zeros too, over all sessions; further counts are kept."""
    path = new_run(tmp_path)
    await fill(path, [answer(0, 0), answer(0, 1, None)], status="interrupted")
    await fill(path, [answer(0, 2, None, outcome=Outcome.EMPTY)])
    totals = read_manifest(path).totals
    assert {name: n for name, n in totals.items() if n} == {"ok": 1, "error": 1, "empty": 1, "n_attempts": 1}
    assert {*Outcome, "n_attempts"} == set(totals)


async def test_an_interrupted_run_is_resumed(tmp_path: Path) -> None:
    """Opened again it knows what is there, is running meanwhile, and ends as one run with one chain."""
    path = new_run(tmp_path)
    await fill(path, ANSWERS[:2], status="interrupted")
    assert read_manifest(path).status == "interrupted"
    async with RunWriter(path, ticking_clock(), sync=no_sync) as writer:
        assert {"p0#0", "p1#0"} == writer.done_keys
        assert "running" == writer.manifest.status == read_manifest(path).status
    await fill(path)
    assert len(ANSWERS) == len(loaded(path).observations)
    assert verify_run(path).ok


async def test_a_run_that_was_killed_is_resumed_after_any_cut(tmp_path: Path) -> None:
    """Cut anywhere behind line 0, it reads with a warning and resumes; whole lines stay; the cut is noted."""
    path = new_run(tmp_path)
    await fill(path, ANSWERS[:2], status=None)
    journal = path / "journal.jsonl"
    whole = journal.read_bytes()
    lines = whole.splitlines(keepends=True)
    for cut in range(len(lines[0]), len(whole) + 1, 5):
        journal.write_bytes(whole[:cut])
        n_lines = whole[:cut].count(b"\n")
        torn = len(whole[:cut]) - len(b"".join(lines[:n_lines]))
        assert bool(torn) == bool(loaded(path).manifest.warnings)
        async with RunWriter(path, ticking_clock(), sync=no_sync) as writer:
            await writer.append("note", {"note": "here"})
        entries, _ = read_journal(journal)
        assert b"".join(lines[:n_lines]) == journal.read_bytes()[: cut - torn]
        notes = [entry.body for entry in entries[n_lines:]]
        assert ["torn_tail", "here"][not torn :] == [note["note"] for note in notes]
        assert not torn or (notes[0]["n_bytes"], notes[0]["line"]) == (torn, n_lines + 1)


async def test_reading_never_modifies(tmp_path: Path) -> None:
    """A torn journal is the same bytes after reading and verifying; the warning is in what was read."""
    path = new_run(tmp_path)
    await fill(path, status=None)
    with (path / "journal.jsonl").open("ab") as file:
        file.write(b'{"at":')
    before = {file.name: file.read_bytes() for file in path.iterdir()}
    assert "torn: its 6 bytes were never acknowledged" in loaded(path).manifest.warnings[0]
    assert verify_run(path).ok
    assert "torn" in verify_run(path).warnings[0]
    assert before == {file.name: file.read_bytes() for file in path.iterdir()}


async def test_damage_in_the_middle_stops_reading_and_resuming(tmp_path: Path) -> None:
    """Both name the line; the journal is not touched and the lock is let go."""
    path = new_run(tmp_path)
    await fill(path, status=None)
    journal = path / "journal.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b"answer 10", b"answer 99"))
    before = journal.read_bytes()
    for _ in range(2):
        with pytest.raises(EvidenceDamaged, match=r"journal\.jsonl: line 5 was changed"):
            loaded(path)
        with pytest.raises(EvidenceDamaged, match=r"journal\.jsonl: line 5 was changed"):
            await fill(path)
    assert before == journal.read_bytes()


async def test_a_run_cut_below_what_its_manifest_counts_is_damaged(tmp_path: Path) -> None:
    """A whole line missing from the end of a closed run is no torn tail, read or resumed."""
    path = new_run(tmp_path)
    await fill(path, status="interrupted")
    journal = path / "journal.jsonl"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:-1]))
    for attempt in (lambda: fill(path), lambda: _async(loaded, path)):
        with pytest.raises(EvidenceDamaged, match="has 13 whole lines, the manifest counts 14: its end was cut off"):
            await attempt()


async def _async(function: object, path: Path) -> None:
    function(path)


async def test_a_run_has_one_writer(tmp_path: Path) -> None:
    """A second writer is refused by the run's name while the first works; readers are not."""
    path = new_run(tmp_path)
    async with RunWriter(path, ticking_clock(), sync=no_sync) as writer:
        with pytest.raises(RunLocked, match=path.name):
            await fill(path)
        await writer.append("observation", plain(answer(0, 0)))
        assert len(loaded(path).observations) == 1
    await fill(path)


async def test_a_finished_run_takes_nothing_more(tmp_path: Path) -> None:
    """It is refused when opened."""
    path = await finished_run(tmp_path)
    with pytest.raises(UsageError, match="is finished; nothing can be added"):
        await fill(path)


async def test_nothing_is_appended_after_finishing(tmp_path: Path) -> None:
    """Also not within the session that finished it."""
    path = new_run(tmp_path)
    async with RunWriter(path, ticking_clock(), sync=no_sync) as writer:
        await writer.finish("stopped", {})
        with pytest.raises(ValueError, match="is closed"):
            await writer.append("note", {})
    assert verify_run(path).ok


async def test_an_observation_is_written_once(tmp_path: Path) -> None:
    """A second one of its key is refused before it is written, in this session and the next."""
    path = new_run(tmp_path)
    for _ in range(2):
        async with RunWriter(path, ticking_clock(), sync=no_sync) as writer:
            if not writer.done_keys:
                await writer.append("observation", plain(answer(0, 0)))
            with pytest.raises(ValueError, match="'p0#0' already"):
                await writer.append("observation", plain(answer(0, 0, "other")))
    assert [observation.text for observation in loaded(path).observations] == ["yes"]


async def test_what_could_not_be_read_back_is_not_written(tmp_path: Path) -> None:
    """A body that is no observation is the caller's error, and the journal does not have it."""
    path = new_run(tmp_path)
    async with RunWriter(path, ticking_clock(), sync=no_sync) as writer:
        with pytest.raises(ValueError, match="text: is ''"):
            await writer.append("observation", {**plain(answer(0, 0)), "text": ""})
    assert loaded(path).observations == ()


async def test_a_disk_that_fails_keeps_what_was_acknowledged(tmp_path: Path) -> None:
    """The append and the closing fail in one line each; opened again, the run goes on."""
    path = new_run(tmp_path)
    n_left = iter([True, True, False])

    def sync(_fd: int) -> None:
        if not next(n_left, False):
            raise OSError(28, os.strerror(28))

    async with RunWriter(path, ticking_clock(), sync=sync) as writer:
        await writer.append("observation", plain(ANSWERS[0]))
        await writer.append("observation", plain(ANSWERS[1]))
        for _ in range(2):
            with pytest.raises(Incomplete, match="No space left on device"):
                await writer.append("observation", plain(ANSWERS[2 + _]))
        with pytest.raises(Incomplete, match="No space left on device"):
            await writer.finish("stopped", {})
    assert len(loaded(path).observations) == 2
    await fill(path)
    assert len(ANSWERS) == len(loaded(path).observations)


async def test_warnings_of_all_sessions_are_kept(tmp_path: Path) -> None:
    """Once each, in the order they came."""
    path = new_run(tmp_path)
    for status, warnings in (("interrupted", ("a", "b")), ("finished", ("b", "c"))):
        async with RunWriter(path, ticking_clock(), sync=no_sync) as writer:
            await writer.finish(status, {}, warnings=warnings)
    assert read_manifest(path).warnings == ("a", "b", "c")


def test_imported_answers_are_written_with_one_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All at once, finished, readable and verified; the journal is synced for the answers once, for the close once."""
    synced: list[int] = []
    monkeypatch.setattr(os, "fdatasync", synced.append)
    path = new_run(tmp_path, origin="imported")
    manifest = write_observations(path, iter(ANSWERS), warnings=("decoding is unknown",))
    assert (2, "finished", len(ANSWERS)) == (len(synced), manifest.status, manifest.totals["ok"])
    assert manifest == read_manifest(path)
    assert len(ANSWERS) == len(loaded(path).observations)
    assert verify_run(path).ok


def test_an_import_with_one_repeat_twice_is_refused(tmp_path: Path) -> None:
    """Nothing of it is written, and the line says which."""
    path = new_run(tmp_path, origin="imported")
    with pytest.raises(UsageError, match="two answers to probe 'p0' have the repeat 0"):
        write_observations(path, [answer(0, 0), answer(0, 0)])
    assert loaded(path).observations == ()


async def test_an_answer_to_no_probe_of_the_suite_is_damage(tmp_path: Path) -> None:
    """An observation that was not planned does not belong to the run."""
    path = await finished_run(tmp_path, [answer(7, 0)])
    with pytest.raises(EvidenceDamaged, match="'p7#0' answers no probe"):
        loaded(path)


async def test_the_suite_is_made_from_the_runs_own_document(tmp_path: Path) -> None:
    """`to_suite` gets the parsed `suite.json` and its name; a document of another digest never gets there."""
    path = await finished_run(tmp_path)
    seen: list[tuple[object, str]] = []
    read_run(path, to_suite=lambda document, source: (seen.append((document, source)), stored_suite())[1])
    assert [(stored_suite().document, str(path / "suite.json"))] == seen
    (path / "suite.json").write_text(canonical({**stored_suite().document, "name": "other"}), encoding="ascii")
    with pytest.raises(EvidenceDamaged, match=r"suite\.json has the digest"):
        loaded(path)
