"""Checks a finished result: its runs are those it names, and its numbers come out again, bit for bit.

The numbers are computed by the code that made them, from the runs alone: no cached feature is believed. That a
number comes out otherwise is proof of a change only where code, packages and processor are those that made it;
elsewhere the places are named, the result counts as not reproduced, and nobody is accused.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blackbox import report, store
from blackbox.core import canonical, digest
from blackbox.errors import BlackboxError, EvidenceDamaged, UsageError
from blackbox.store.journal import JournalReader
from blackbox.store.manifests import JOURNAL
from blackbox.store.parquet import displayable
from blackbox.store.populations import read_population
from blackbox.workflow._compare_inputs import setup
from blackbox.workflow._compare_landscape import landscape_files
from blackbox.workflow._watch_borders import border_lines
from blackbox.workflow.compare import compared_document
from blackbox.workflow.compare_options import CompareOptions
from blackbox.workflow.drifting import DriftOptions, begun_document, read_document
from blackbox.workflow.runs import open_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COMPARISON, READING, REPORT = "comparison.json", store.DRIFT, "report.html"
N_NAMED = 20
"""Differing places that get a line of their own; `differences` of the JSON form holds all."""
_NOT_COMPARED = ("provenance.command", "provenance.inputs.population.file")
"""How a file was called is not what it was."""
_OLD = "it names no inputs (made by an earlier version): its numbers were not computed again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where the inputs of a result may lie.

    Args:
        runs: Folders that hold runs by id.
        populations: Population files.
    """

    runs: tuple[Path, ...]
    populations: tuple[Path, ...] = ()


@dataclass(slots=True)
class _Findings:
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    differences: list[dict[str, str]] = field(default_factory=list)
    reproduced: bool = False


def verify_result(path: Path, places: Places) -> dict[str, Any]:
    """Return what an audit of a comparison, or of the reading of a history, found, in the shape of a run's.

    Args:
        path: Its folder, or the JSON file in it.
        places: Where its runs and populations may lie.

    Raises:
        UsageError: There is none at `path`.
    """
    found = _Findings()
    folder = path if path.is_dir() else path.parent
    head, n_entries, kind = "", 0, _kind(path)
    try:
        document = _read(path, kind)
        head, n_entries = digest(document), len(document.get("pairs") or document.get("points") or ())
        _audit(document, folder, places, found)
    except EvidenceDamaged as error:
        found.problems.append(str(error))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
        found.problems.append(f"{path} is no whole result: {type(error).__name__} {ascii(str(error))[:80]}")
    return {
        "path": str(path),
        "run": folder.name if path.is_dir() else path.name,
        "kind": kind,
        "ok": not found.problems,
        "n_entries": n_entries,
        "head": head,
        "reproduced": found.reproduced and not found.problems,
        "problems": found.problems,
        "warnings": found.warnings,
        "differences": found.differences,
    }


def is_result(path: Path) -> bool:
    """Return whether a path is a comparison's or a reading's: its folder, or the file in it."""
    if path.is_dir():
        return (path / COMPARISON).is_file() or (path / READING).is_file()
    return path.name in {COMPARISON, READING}


def _kind(path: Path) -> str:
    is_reading = path.name == READING or (path.is_dir() and (path / READING).is_file())
    return "drift" if is_reading else "comparison"


def _read(path: Path, kind: str) -> Mapping[str, Any]:
    return store.read_drift(path) if kind == "drift" else store.read_comparison(path).document


def _audit(document: Mapping[str, Any], folder: Path, places: Places, found: _Findings) -> None:
    if document["schema"] == "blackbox.watch/1":
        alike = [_recomputed(each, places, found, f"histories.{i}.") for i, each in enumerate(document["histories"])]
        found.reproduced = all(alike)
    else:
        found.reproduced = _recomputed(document, places, found, "")
    _check_files(document, folder, found)


def _recomputed(document: Mapping[str, Any], places: Places, found: _Findings, stem: str) -> bool:
    """Compute a document again and compare; return whether every value came out as stated."""
    inputs = document["provenance"].get("inputs")
    if inputs is None:
        found.warnings.append(_OLD)
        return False
    before = len(found.problems)
    paths = _runs(inputs, places, found)
    population = _population(inputs.get("population"), places, found)
    if len(found.problems) > before or None in paths.values():
        return False
    compute = _reading if document["schema"] == "blackbox.drift/1" else _comparison
    try:
        again = compute(document, {i: path for i, path in paths.items() if path}, population)
    except EvidenceDamaged:
        raise
    except BlackboxError as error:
        found.problems.append(f"it can't be computed again from the runs it names: {error}")
        return False
    return _compared(document, again, found, stem)


def _runs(inputs: Mapping[str, Any], places: Places, found: _Findings) -> dict[str, Path | None]:
    """Return the folder of each run that is there, whole, and the one that was compared."""
    paths: dict[str, Path | None] = {}
    for role in ("runs", "controls", "benign", "alternatives"):
        for stated in inputs.get(role, ()):
            if stated["id"] not in paths:
                paths[stated["id"]] = _run(stated, places, found)
    return paths


def _run(stated: Mapping[str, Any], places: Places, found: _Findings) -> Path | None:
    name, head = str(stated["id"]), str(stated["journal_head"])
    folders = places.runs if _is_name(name) else ()
    path = next((folder / name for folder in folders if (folder / name / JOURNAL).is_file()), None)
    if path is None:
        where = ", ".join(str(folder) for folder in places.runs)
        found.problems.append(f"run {name} is missing: it is not in {where}; nothing can be computed again without it")
        return None
    audit = store.verify_run(path)
    found.problems.extend(audit.problems)
    if audit.ok and audit.head != head:
        if any(entry.sha256 == head for entry in JournalReader(path / JOURNAL)):
            found.warnings.append(f"run {name} was continued after this result was made: not computed again")
            return None
        found.problems.append(f"run {name} has the head {audit.head}, the result was made from {head}: another run")
    return path


def _is_name(name: str) -> bool:
    return name not in {"", ".", ".."} and "/" not in name and "\\" not in name and "\0" not in name


def _population(stated: Mapping[str, Any] | None, places: Places, found: _Findings) -> Path | None:
    if stated is None:
        return None
    for path in (Path(str(stated["file"])), *places.populations):
        try:
            if path.is_file() and read_population(path)[0]["digest"] == stated["digest"]:
                return path
        except (UsageError, EvidenceDamaged):
            continue
    wanted = stated["digest"]
    found.problems.append(f"population {Path(str(stated['file'])).name} (digest {wanted}) is missing or was changed")
    return None


def _comparison(document: Mapping[str, Any], paths: Mapping[str, Path], population: Path | None) -> Mapping[str, Any]:
    inputs = document["provenance"]["inputs"]
    asked = inputs["options"]
    named = {role: tuple(str(paths[run["id"]].absolute()) for run in inputs[role]) for role in _ROLES}
    options = CompareOptions(
        created_at=datetime.fromisoformat(document["provenance"]["created_at"]),
        questions=tuple(asked["questions"]),
        seed=asked["seed"],
        allow_decoding_differences=asked["allow_decoding_differences"],
        controls=named["controls"],
        benign=named["benign"],
        alternatives=named["alternatives"],
        population=population,
        chosen=asked["chosen"],
    )
    with tempfile.TemporaryDirectory(prefix="blackbox-verify-") as scratch:
        caches = _caches(Path(scratch))
        return compared_document(Path(scratch), named["runs"], options, lambda _: None, caches=caches)


_ROLES = ("runs", "controls", "benign", "alternatives")


def _caches(scratch: Path) -> Callable[[str], Path]:
    """Return where the features of a run go while it is computed again: never from where others could write."""

    def folder(run_id: str) -> Path:
        path = scratch / digest(run_id)[:16]
        path.mkdir(exist_ok=True)
        return path

    return folder


def _reading(document: Mapping[str, Any], paths: Mapping[str, Path], _population: Path | None) -> Mapping[str, Any]:
    inputs = document["provenance"]["inputs"]
    created_at = datetime.fromisoformat(document["provenance"]["created_at"])
    options = DriftOptions(created_at=created_at, **inputs["options"])
    named = [paths[run["id"]] for run in inputs["runs"]]
    if len(named) > 1:
        again = read_document(named, options, lambda _: None)
    else:
        asked = {name: document[name] for name in ("endpoint", "suite", "suite_version")}
        again = begun_document(named, options, **asked)
    if not named:
        return {**again, "warnings": document["warnings"]}
    # What `watch` says of border inputs follows from the runs' suite.
    lines = [*again["warnings"], *border_lines(again, open_run(named[-1]).suite)]
    return {**again, "warnings": lines} if document["warnings"] == lines else again


def _compared(stated: Mapping[str, Any], again: Mapping[str, Any], found: _Findings, stem: str) -> bool:
    changed = _changed_setup(stated)
    places = [
        {"place": stem + place, "stated": _shown(was), "recomputed": _shown(now)}
        for place, was, now in differing(stated, again)
        if place not in _NOT_COMPARED and not (changed and place.startswith(_SETUP_PLACES))
    ]
    found.differences.extend(places)
    said = found.warnings if changed else found.problems
    if changed:
        found.warnings.append(f"made with other {', '.join(changed)}: numbers may come out otherwise for that alone")
    for each in places[:N_NAMED]:
        said.append(f"{each['place']}: {each['stated']} is stated, {each['recomputed']} comes out")
    if len(places) > N_NAMED:
        said.append(f"and {len(places) - N_NAMED} more places differ")
    return not places


_SETUP_PLACES = ("provenance.inputs.setup", "provenance.blackbox", "provenance.packages")


def _changed_setup(document: Mapping[str, Any]) -> list[str]:
    """Return what of code, packages and processor is not as it was when the document was made."""
    was, now = document["provenance"]["inputs"]["setup"], setup()
    then, today = ({**each["packages"], "python": each["python"]} for each in (was, now))
    names = sorted(then.keys() | today.keys())
    found = [
        f"{name} ({then.get(name)} then, {today.get(name)} now)" for name in names if then.get(name) != today.get(name)
    ]
    if was["code_sha256"] != now["code_sha256"] and not any(name.startswith("blackbox") for name in found):
        found.append("source files of blackbox")
    if was["machine"] != now["machine"]:
        found.append("processor")
    return found


def differing(stated: object, again: object, place: str = "") -> Iterator[tuple[str, object, object]]:
    """Yield place, stated and recomputed value wherever two JSON values are not exactly alike."""
    if isinstance(stated, Mapping) and isinstance(again, Mapping):
        for name in sorted({*stated, *again}):
            yield from differing(stated.get(name, _ABSENT), again.get(name, _ABSENT), f"{place}.{name}".lstrip("."))
    elif _is_list(stated) and _is_list(again) and len(stated) == len(again):  # type: ignore[arg-type]
        for i, (was, now) in enumerate(zip(stated, again, strict=True)):  # type: ignore[call-overload]
            yield from differing(was, now, f"{place}.{i}".lstrip("."))
    elif _text(stated) != _text(again):
        yield place, stated, again


_ABSENT = object()


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _text(value: object) -> str:
    return "nothing" if value is _ABSENT else canonical(value)


def _shown(value: object) -> str:
    text = _text(value)
    return text if len(text) <= 60 else f"{text[:59]}…"  # noqa: PLR2004 - one line for a person


def _check_files(document: Mapping[str, Any], folder: Path, found: _Findings) -> None:
    """Compare the report beside a document, and its other files, with what the document makes now."""
    try:
        made = {REPORT: displayable(report.render(document, to="html")).encode("utf-8")}
        made |= landscape_files(document.get("landscape") or ())
    except BlackboxError as error:
        found.problems.append(f"no report can be drawn of it: {error}")
        return
    same = bool(document.get("provenance", {}).get("inputs")) and not _changed_setup(document)
    for name, content in made.items():
        path = folder / name
        if path.is_file() and path.read_bytes() != content:
            line = f"{name} is not what the document draws: it was changed, or drawn by other code"
            (found.problems if same else found.warnings).append(line)
