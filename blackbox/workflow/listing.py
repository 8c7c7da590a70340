"""What is in the results folder: runs listed, their answers side by side, their integrity."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blackbox import store
from blackbox.core import plain
from blackbox.errors import EvidenceDamaged, UsageError
from blackbox.store.manifests import JOURNAL, MANIFEST, SUITE
from blackbox.store.redacted import read_redacted_document
from blackbox.store.runs import REDACTED
from blackbox.suites.fields import did_you_mean
from blackbox.workflow.redacting import redacted_folders
from blackbox.workflow.runs import open_run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.core import Manifest, Observation, Probe, Run

_PARTS_OF_A_RUN = (MANIFEST, JOURNAL, SUITE)


def list_runs(results: Path) -> dict[str, Any]:
    """Return the `blackbox.runs/1` document: every run, oldest first, and apart from them redacted ones.

    Raises:
        EvidenceDamaged: A manifest is damaged: it is named, not skipped.
    """
    runs = [_run_line(found.manifest, found.path) for found in store.find_runs(results)]
    redacted = [_redacted_line(path) for path in redacted_folders(results)]
    return {"schema": "blackbox.runs/1", "results": str(results), "runs": runs, "redacted": redacted}


def _redacted_line(path: Path) -> dict[str, Any]:
    document, manifest = read_redacted_document(path)
    names = ("withheld", "n_withheld", "original", "journal_head")
    try:
        own = {name: document[name] for name in names}
    except KeyError as error:
        raise EvidenceDamaged(f"{path / REDACTED} is no redacted run: it says nothing of {error}") from None
    return {**_run_line(manifest, path), **own}


def show_runs(results: Path, names: Sequence[str], *, probe: str | None = None) -> dict[str, Any]:
    """Return the `blackbox.show/1` document: answers of runs of one suite, side by side.

    Args:
        results: Folder of runs.
        names: Runs by id, unique prefix or path.
        probe: Only this probe; None: all.

    Raises:
        UsageError: A run or probe is unknown, or the runs answer different suites.
        EvidenceDamaged: A run does not agree with its own digests.
    """
    paths = [store.resolve_run(results, name) for name in names]
    runs = [open_run(path) for path in paths]
    if len({(run.suite.name, run.suite.version) for run in runs}) > 1:
        raise UsageError("these runs answer different suites; show runs of one suite side by side")
    return {
        "schema": "blackbox.show/1",
        "runs": [_run_line(run.manifest, path) for run, path in zip(runs, paths, strict=True)],
        "probes": [_answers(each, runs) for each in _probes(runs, probe)],
    }


def verify(results: Path, names: Sequence[str], *, expect_head: str | None = None) -> dict[str, Any]:
    """Return the `blackbox.verify/1` document: whether what is stored agrees with its digests.

    Args:
        results: Folder of runs.
        names: Runs by id, unique prefix or path; none: every run.
        expect_head: The head that the one named run is known to have had.

    Raises:
        UsageError: A run is unknown, or a head is expected of more than one.
    """
    if expect_head is not None and len(names) != 1:
        raise UsageError("--expect-head is the head of one run: name exactly that run")
    paths = [_auditable(results, name) for name in names] if names else _folders(results)
    reports = [
        {"path": str(path), "run": path.name, **plain(store.verify_run(path, expect_head=expect_head))}
        for path in paths
    ]
    return {"schema": "blackbox.verify/1", "ok": all(report["ok"] for report in reports), "runs": reports}


def _auditable(results: Path, name: str) -> Path:
    """Return the folder to audit: one that lost its manifest is damaged evidence, not an unknown run."""
    for folder in (Path(name), results / Path(name).name):
        if name and _holds(folder):
            return folder
    return store.resolve_run(results, name)


def _holds(folder: Path) -> bool:
    try:
        return any((folder / part).is_file() for part in _PARTS_OF_A_RUN)
    except (OSError, ValueError):  # no name the system could have given a folder
        return False


def _folders(results: Path) -> list[Path]:
    if not results.is_dir():
        return []
    return sorted(
        folder
        for folder in results.iterdir()
        if not folder.name.startswith(".") and _holds(folder) and not (folder / REDACTED).is_file()
    )


def _run_line(manifest: Manifest, path: Path) -> dict[str, Any]:
    counted = {name: n for name, n in manifest.totals.items() if n}
    return {
        "id": manifest.run_id,
        "path": str(path),
        "endpoint": manifest.endpoint_name,
        "model": manifest.endpoint.get("model"),
        "suite": manifest.suite_name,
        "suite_version": manifest.suite_version,
        "suite_digest": manifest.suite_digest,
        "origin": manifest.origin,
        "label": manifest.label,
        "status": manifest.status,
        "created_at": plain(manifest.created_at),
        "finished_at": plain(manifest.finished_at),
        "n_planned": manifest.plan.get("n_calls"),
        "totals": counted,
        "cost": manifest.cost,
        "journal_head": manifest.journal_head,
        "warnings": list(manifest.warnings),
    }


def _probes(runs: Sequence[Run], wanted: str | None) -> list[Probe]:
    probes = {probe.id: probe for run in runs for probe in run.suite.probes}
    if wanted is None:
        return list(probes.values())
    if wanted not in probes:
        some = list(probes)[:8]
        hint = did_you_mean(wanted, list(probes))
        raise UsageError(f"no probe {wanted!r}; {hint if hint.startswith('did') else 'known: ' + ', '.join(some)}")
    return [probes[wanted]]


def _answers(probe: Probe, runs: Sequence[Run]) -> dict[str, Any]:
    sides = [[o for o in run.observations if o.probe_id == probe.id] for run in runs]
    return {
        "probe_id": probe.id,
        "family": probe.family,
        "language": probe.language,
        "form": probe.form,
        "prompt": probe.messages[-1].content,
        "answers": [
            {
                "run": run.id,
                "counts": dict(Counter(str(o.outcome) for o in side)),
                "observations": [_answer(o) for o in side],
            }
            for run, side in zip(runs, sides, strict=True)
        ],
    }


def _answer(observation: Observation) -> dict[str, Any]:
    return {
        "key": observation.key,
        "outcome": str(observation.outcome),
        "text": observation.text,
        "error": plain(observation.error),
        "requested_at": plain(observation.requested_at),
    }
