"""`redact`: runs that can be shown without their answers, and how such runs are shown."""

from __future__ import annotations

import secrets
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blackbox import store
from blackbox.errors import ConfigError, EvidenceDamaged, UsageError
from blackbox.store.redacted import Redaction, read_redacted, write_redacted
from blackbox.store.runs import REDACTED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.store.journal import Entry

MIN_KEY = 16


def redact_runs(
    results: Path,
    names: Sequence[str],
    out: Path,
    *,
    prompts: bool = False,
    key_env: str | None = None,
    environ: Mapping[str, str],
) -> dict[str, Any]:
    """Write redacted forms of runs, a folder each, and return the `blackbox.redact/1` document.

    All runs of one call share a key, so equal answers to one probe have equal digests. Without `key_env` the key is
    drawn now and kept nowhere: nobody, the owner included, can then open a digest.

    Args:
        results: Folder of runs.
        names: Runs by id, unique prefix or path.
        out: Folder that gets the redacted runs.
        prompts: Withhold the questions too.
        key_env: Environment variable that holds the key.
        environ: The environment.

    Raises:
        UsageError: A run is unknown, or its redacted form is there already.
        ConfigError: The variable is not set, or its key is too short.
        EvidenceDamaged: A run does not agree with its own digests.
    """
    redaction = Redaction(key=_key(key_env, environ), prompts=prompts)
    paths = [store.resolve_run(results, name) for name in names]
    if len({path.absolute() for path in paths}) < len(paths):
        raise UsageError("a run is named twice; name each run once")
    written = []
    for path in paths:
        audit = store.verify_run(path)
        if audit.problems:
            raise EvidenceDamaged(f"{audit.problems[0]}; nothing was redacted")
        document = write_redacted(path, out / path.absolute().name, redaction)
        written.append(
            {
                "id": path.absolute().name,
                "path": str(out / path.absolute().name),
                "n_withheld": document["n_withheld"],
                "original_head": document["original"]["journal_head"],
                "head": document["journal_head"],
            }
        )
    return {"schema": "blackbox.redact/1", "withheld": ["answers", *(["prompts"] if prompts else [])], "runs": written}


def show_redacted(paths: Sequence[Path], *, probe: str | None = None) -> dict[str, Any]:
    """Return the `blackbox.show/1` document of redacted runs: outcomes are there, answers are withheld.

    Args:
        paths: Folders of redacted runs.
        probe: Only this probe; None: all.

    Raises:
        UsageError: The probe is unknown, or the runs answer different suites.
        EvidenceDamaged: One does not agree with its own digests.
    """
    found = [read_redacted(path) for path in paths]
    suites = {(d["manifest"]["suite_name"], d["manifest"]["suite_version"]) for d, _ in found}
    if len(suites) > 1:
        raise UsageError("these runs answer different suites; show runs of one suite side by side")
    by_run = [_answers(entries) for _, entries in found]
    probes = list(dict.fromkeys(name for answers in by_run for name in answers))
    if probe is not None and probe not in probes:
        raise UsageError(f"no probe {probe!r}; known: {', '.join(probes[:8])}")
    runs = [
        {
            "id": d["manifest"]["run_id"],
            "path": str(path),
            "endpoint": d["manifest"]["endpoint"]["name"],
            "suite": d["manifest"]["suite_name"],
            "redacted": {name: d[name] for name in ("withheld", "original", "key_sha256", "n_withheld")},
        }
        for path, (d, _) in zip(paths, found, strict=True)
    ]
    shown = [name for name in probes if probe in {None, name}]
    return {"schema": "blackbox.show/1", "runs": runs, "probes": [_shown(name, runs, by_run) for name in shown]}


def redacted_folder(results: Path, name: str) -> Path | None:
    """Return the folder of a redacted run that a name stands for: a path, or an id in the folder; else None."""
    folders = (Path(name), results / Path(name).name) if name else ()
    try:
        return next((folder for folder in folders if (folder / REDACTED).is_file()), None)
    except (OSError, ValueError):  # no name the system could have given a folder
        return None


def redacted_folders(results: Path) -> list[Path]:
    """Return the folders of all redacted runs in a results folder, by name."""
    if not results.is_dir():
        return []
    return sorted(path.parent for path in results.glob(f"*/{REDACTED}") if not path.parent.name.startswith("."))


def _key(key_env: str | None, environ: Mapping[str, str]) -> bytes:
    if key_env is None:
        return secrets.token_bytes(32)
    key = environ.get(key_env, "")
    if len(key) < MIN_KEY:
        raise ConfigError(f"{key_env} must hold a key of at least {MIN_KEY} characters: short ones can be guessed")
    return key.encode("utf-8", "surrogatepass")


def _answers(entries: Sequence[Entry]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for entry in entries:
        if entry.kind == "observation":
            body = entry.body
            withheld = body["text"]["withheld"] if body["text"] else None
            answer = {name: body[name] for name in ("key", "outcome", "requested_at")}
            found.setdefault(body["probe_id"], []).append({**answer, "text": None, "error": None, "withheld": withheld})
    return found


def _shown(
    name: str, runs: Sequence[Mapping[str, Any]], by_run: Sequence[Mapping[str, list[dict[str, Any]]]]
) -> dict[str, Any]:
    sides = [
        {
            "run": run["id"],
            "counts": dict(Counter(str(o["outcome"]) for o in answers.get(name, ()))),
            "observations": answers.get(name, []),
        }
        for run, answers in zip(runs, by_run, strict=True)
    ]
    return {"probe_id": name, "prompt": None, "answers": sides}
