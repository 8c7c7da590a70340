"""A run's folder: made whole or not at all, read from its journal, found by id, prefix or path."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blackbox.core import Manifest, Observation, Run, Suite, digest
from blackbox.errors import EvidenceDamaged, UsageError
from blackbox.store.codec import RUN_SCHEMA, decode_manifest, decode_observation, encode_manifest
from blackbox.store.disk import (
    compact_json,
    disk_errors,
    only_one,
    read_json_object,
    readable_json,
    sync_path,
    write_atomically,
)
from blackbox.store.journal import FIRST_PREVIOUS, Entry, JournalReader, draft, sealed
from blackbox.store.manifests import JOURNAL, MANIFEST, SUITE, ManifestCheck, created_note, read_manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

REDACTED = "redacted.json"
"""What makes a folder that of a redacted run."""
_N_LISTED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """A run as its manifest describes it."""

    id: str
    path: Path
    manifest: Manifest


def create_run(results: Path, *, manifest: Manifest, suite: Suite, join: bool = False) -> Path:
    """Make the folder of a run that has not begun and return it.

    Its journal's line 0 is a note that binds the plan, the endpoint, the suite and every other field that is
    fixed before the first call; `journal_count` and `journal_head` are set to match. The folder appears
    under its name only when all of it is on disk. One process at a time makes runs in a folder.

    Args:
        results: Folder of runs.
        manifest: Of a run about to begin.
        suite: Its suite.
        join: Return the run of this key that is there already, begun by another process meanwhile.

    Raises:
        UsageError: There is a run of this id already.
        BlackboxError: The results folder cannot be written.
        ValueError: The manifest is not one of a run about to begin.
    """
    _check_new(manifest, suite)
    note = draft("note", manifest.created_at, created_note(manifest))
    line = sealed(note, seq=0, prev_sha256=FIRST_PREVIOUS)
    manifest = replace(manifest, journal_count=1, journal_head=line.sha256)
    final, temporary = results / manifest.run_id, results / f".new-{manifest.run_id}"
    with disk_errors(results, advice="choose another folder with --results"):
        results.mkdir(parents=True, exist_ok=True)
        with only_one(results):
            begun = newest_with_key(results, manifest.run_key) if join else None
            if begun is not None:
                return begun.path
            if final.exists():
                raise UsageError(f"there is a run {manifest.run_id} in {results} already; nothing was overwritten")
            _write_new(temporary, manifest, suite, line.line)
            temporary.rename(final)
            sync_path(results)
    return final


def _write_new(temporary: Path, manifest: Manifest, suite: Suite, line: bytes) -> None:
    for leftover in temporary.parent.glob(".new-*"):  # of processes that were killed: whoever is alive has the lock
        shutil.rmtree(leftover, ignore_errors=True)
    temporary.mkdir()
    write_atomically(temporary / SUITE, compact_json(suite.document), durable=False)
    write_atomically(temporary / JOURNAL, line, durable=False)
    write_atomically(temporary / MANIFEST, readable_json(encode_manifest(manifest)), durable=False)
    _sync_folder(temporary)


def read_run(path: Path, *, to_suite: Callable[[Mapping[str, Any], str], Suite]) -> Run:
    """Return the run at `path` as its journal tells it, every line checked; nothing is modified.

    A torn tail is left out, and `manifest.warnings` of the returned run says so. Observations are ordered by the
    suite's probes, then repeat.

    Args:
        path: The run's folder.
        to_suite: Makes a suite of the parsed `suite.json` and its file name (for errors).

    Raises:
        EvidenceDamaged: Journal, manifest and suite do not agree with their digests or with each other.
    """
    manifest = read_manifest(path)
    observations: list[Observation] = []
    seen: set[str] = set()
    reader = JournalReader(path / JOURNAL)
    check = ManifestCheck(manifest, path)
    for entry in reader:
        check.entry(entry)
        if entry.kind == "observation":
            observations.append(observation_of(entry, seen, reader.path))
    check.end(reader.end)
    suite = to_suite(read_suite_document(path, manifest), str(path / SUITE))
    # Of a run under way the manifest still says where its journal began: what was read is what counts.
    manifest = replace(manifest, journal_count=reader.end.n_entries, journal_head=reader.end.head)
    if reader.end.warning is not None:
        manifest = replace(manifest, warnings=(*manifest.warnings, reader.end.warning))
    ordered = _ordered(observations, suite, path)
    return Run(id=manifest.run_id, manifest=manifest, suite=suite, observations=ordered)


def read_suite_document(path: Path, manifest: Manifest) -> dict[str, Any]:
    """Return the parsed `suite.json` of a run, which must have the digest its manifest names.

    Raises:
        EvidenceDamaged: It is missing, no strict JSON, or of another digest.
    """
    document = read_json_object(path / SUITE)
    found = digest({name: value for name, value in document.items() if name != "digest"})
    if found != manifest.suite_digest or document.get("digest", found) != found:
        raise EvidenceDamaged(f"{path / SUITE} has the digest {found}, the manifest says {manifest.suite_digest}")
    return document


def observation_of(entry: Entry, seen: set[str], journal: Path) -> Observation:
    """Return the observation of a journal line and add its key to `seen`.

    Raises:
        EvidenceDamaged: The line is no observation, or the second one of its key.
    """
    where = f"{journal}: line {entry.seq + 1}"
    observation = decode_observation(entry.body, where=where)
    if observation.key in seen:
        raise EvidenceDamaged(f"{where} is a second observation {observation.key!r}")
    seen.add(observation.key)
    return observation


def find_runs(results: Path) -> tuple[RunSummary, ...]:
    """Return the runs in a results folder, oldest first; a folder with neither manifest nor journal is no run.

    Raises:
        EvidenceDamaged: A manifest is damaged, or missing beside a journal: it is named, not skipped.
    """
    runs = [_summary(results / name) for name in _run_names(results)]
    return tuple(sorted(runs, key=lambda run: (run.manifest.created_at, run.id)))


def newest_with_key(results: Path, run_key: str) -> RunSummary | None:
    """Return the run of this key that was begun last, finished or not."""
    return next((run for run in reversed(find_runs(results)) if run.manifest.run_key == run_key), None)


def resolve_run(results: Path, name: str) -> Path:
    """Return the folder of the run that `name` names: an id, a unique prefix of one, or a path.

    Raises:
        UsageError: There is none, or more than one; the message lists some.
    """
    known = _run_names(results)
    found = [name] if name in known else [run for run in known if name and run.startswith(name)]
    if len(found) == 1:
        return results / found[0]
    if found:
        raise UsageError(f"{name!r} begins {len(found)} runs: {_listed(found)}; write more of the id")
    if name and any(_has(Path(name), part) for part in (MANIFEST, JOURNAL)):  # one alone is damage, not another name
        return Path(name)
    if name and (_has(Path(name), REDACTED) or _has(results / Path(name).name, REDACTED)):
        raise UsageError(f"{name} is a redacted run: its answers are withheld, so only show and verify read it")
    raise UsageError(f"no run {name!r} in {results}; {'there are: ' + _listed(known) if known else 'it has no runs'}")


def _check_new(manifest: Manifest, suite: Suite) -> None:
    if manifest.schema != RUN_SCHEMA or manifest.status != "running":
        raise ValueError(f"a run begins with schema {RUN_SCHEMA!r} and status 'running'")
    if manifest.suite_digest != suite.digest:
        raise ValueError("the manifest names the digest of another suite")
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,199}", manifest.run_id):
        raise ValueError(f"{manifest.run_id!r} is no run id; `new_run_id` makes them")
    # What could not be read back must not be written.
    try:
        decode_manifest(encode_manifest(manifest), where="this")
    except EvidenceDamaged as error:
        raise ValueError(str(error)) from error


def _ordered(observations: list[Observation], suite: Suite, path: Path) -> tuple[Observation, ...]:
    position = {probe.id: index for index, probe in enumerate(suite.probes)}
    for observation in observations:
        if observation.probe_id not in position:
            raise EvidenceDamaged(f"{path / JOURNAL}: {observation.key!r} answers no probe of the run's suite")
    return tuple(sorted(observations, key=lambda o: (position[o.probe_id], o.repeat)))


def _summary(path: Path) -> RunSummary:
    try:
        manifest = read_manifest(path)
    except EvidenceDamaged as error:
        advice = "keep the folder as it is, and move it out of the results folder to go on without it"
        raise EvidenceDamaged(f"{error}; {advice}") from error
    return RunSummary(id=manifest.run_id, path=path, manifest=manifest)


def _has(folder: Path, name: str) -> bool:
    try:
        return (folder / name).is_file()
    except OSError:  # no name the system could have given a folder
        return False


def _run_names(results: Path) -> list[str]:
    with disk_errors(results):
        if not results.is_dir():
            return []
        with os.scandir(results) as listing:
            names = [item.name for item in listing if item.is_dir() and not item.name.startswith(".")]
        return sorted(name for name in names if any((results / name / part).is_file() for part in (MANIFEST, JOURNAL)))


def _listed(names: list[str]) -> str:
    return ", ".join(names[:_N_LISTED]) + (f" and {len(names) - _N_LISTED} more" if len(names) > _N_LISTED else "")


def _sync_folder(folder: Path) -> None:
    for path in (*folder.iterdir(), folder):
        sync_path(path)
