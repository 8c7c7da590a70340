"""`verify`: what each name stands for (run, redacted run, result, population, bundle), and what its audit found."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blackbox.core import plain
from blackbox.errors import EvidenceDamaged, UsageError
from blackbox.store.bundles import unpack_bundle
from blackbox.store.redacted import verify_redacted
from blackbox.workflow import listing
from blackbox.workflow.recomputing import Places, is_result, verify_result
from blackbox.workflow.redacting import redacted_folder, redacted_folders
from blackbox.workflow.verifying import is_population, verify_population

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.store import VerifyReport


def audit(results: Path, names: Sequence[str], *, expect_head: str | None = None) -> dict[str, Any]:
    """Return the `blackbox.verify/1` document of runs, results and populations.

    Args:
        results: Folder of runs.
        names: By id, unique prefix or path; none: every run, redacted ones too.
        expect_head: The head, or digest, that the one thing named is known to have had.

    Raises:
        UsageError: A name stands for nothing, a head is expected of more than one, or only its beginning was given.
    """
    if expect_head is not None and len(names) != 1:
        raise UsageError("--expect-head is of one run, result or population: name exactly that one")
    expected = expect_head.strip().lower() if expect_head else expect_head
    entries = [entry for name in names for entry in _audited(results, name, expected)] if names else _all(results)
    if expected is not None and _is_cut(expected, entries[0]["head"]):
        raise UsageError(
            f"--expect-head takes all {len(entries[0]['head'])} digits; these are its first {len(expected)}"
        )
    return {
        "schema": "blackbox.verify/1",
        "ok": all(entry["ok"] for entry in entries),
        "reproduced": all(entry.get("reproduced", True) for entry in entries),
        "runs": entries,
    }


def _is_cut(expected: str, head: str) -> bool:
    """Return whether only the beginning of the right head was given: a slip, and no sign of a forger."""
    return len(expected) < len(head) and head.startswith(expected)


def _all(results: Path) -> list[dict[str, Any]]:
    redacted = [_entry(path, verify_redacted(path)) for path in redacted_folders(results)]
    found = [*listing.verify(results, [])["runs"], *redacted]
    if not found:
        raise UsageError(f"no runs in {results}; nothing to verify: name another folder with --results")
    return found


def _audited(results: Path, name: str, expect_head: str | None) -> list[dict[str, Any]]:
    if (bundle := _bundle(name)) is not None:
        return _of_bundle(bundle, expect_head)
    if (redacted := redacted_folder(results, name)) is not None:
        return [_entry(redacted, verify_redacted(redacted, expect_head=expect_head))]
    result = find_result(results, name)
    if result is not None:
        return [_expected(verify_result(result, places_of(results, result)), expect_head)]
    if is_population(name):
        return [_expected(verify_population(Path(name)), expect_head)]
    found: list[dict[str, Any]] = listing.verify(results, [name], expect_head=expect_head)["runs"]
    return found


def places_of(results: Path, result: Path) -> Places:
    """Return where the inputs of a result may lie: in the results folder, beside the result's folder, or in it."""
    folder = result if result.is_dir() else result.parent
    around = (results, folder.absolute().parent, folder)
    populations = sorted(file for each in around if each.is_dir() for file in each.glob("*.json"))
    return Places(runs=tuple(dict.fromkeys(around)), populations=tuple(f for f in populations if not is_result(f)))


def find_result(results: Path, name: str) -> Path | None:
    """Return the comparison or reading that a name stands for: a path, an id or a unique prefix; None: neither."""
    try:
        named = next((path for path in (Path(name), results / Path(name).name) if name and is_result(path)), None)
    except (OSError, ValueError):  # no name the system could have given a folder
        return None
    if named is not None:
        return named
    if not results.is_dir() or not name:
        return None
    begun = sorted(path for path in results.iterdir() if path.name.startswith(name) and path.is_dir())
    return begun[0] if len(begun) == 1 and is_result(begun[0]) else None


def _bundle(name: str) -> Path | None:
    """Return the path of a bundle: any file that is neither JSON of ours nor in a run."""
    path = Path(name)
    try:
        return path if name and path.is_file() and path.suffix != ".json" else None
    except (OSError, ValueError):  # no name the system could have given a file
        return None


def _of_bundle(path: Path, expect_head: str | None) -> list[dict[str, Any]]:
    """Unpack a bundle where nothing else is, and audit everything in it by nothing but what is in it."""
    entry = {"path": str(path), "run": path.name, "kind": "bundle", "ok": True, "n_entries": 0, "head": ""}
    entry |= {"problems": [], "warnings": []}
    with tempfile.TemporaryDirectory(prefix="blackbox-bundle-") as scratch:
        folder = Path(scratch)
        try:
            listing = unpack_bundle(path, folder)
        except EvidenceDamaged as error:
            return [entry | {"ok": False, "problems": [str(error)]}]
        entry |= {"n_entries": len(listing["files"]), "head": listing["digest"]}
        return [_expected(entry, expect_head), *(_moved(each, folder) for each in _unpacked(folder))]


def _unpacked(folder: Path) -> list[dict[str, Any]]:
    populations = tuple(sorted((folder / "populations").glob("*.json")))
    places = Places(runs=(folder / "runs",), populations=populations)
    runs = listing.verify(folder / "runs", [])["runs"] if (folder / "runs").is_dir() else []
    redacted = [_entry(path, verify_redacted(path)) for path in sorted((folder / "redacted").glob("*"))]
    results = [verify_result(path, places) for path in sorted((folder / "results").glob("*"))]
    return [*runs, *redacted, *(verify_population(path) for path in populations), *results]


def _moved(entry: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return an entry without the folder it was unpacked to, which is gone."""
    said = {name: [line.replace(f"{folder}/", "") for line in entry[name]] for name in ("problems", "warnings")}
    return entry | said | {"path": entry["path"].replace(f"{folder}/", "")}


def _entry(path: Path, report: VerifyReport) -> dict[str, Any]:
    return {"path": str(path), "run": path.name, "kind": "redacted", **plain(report)}


def _expected(entry: dict[str, Any], expect_head: str | None) -> dict[str, Any]:
    if expect_head is None or entry["head"] == expect_head:
        return entry
    problem = f"{entry['path']}: its digest is {entry['head'] or 'unknown'}, expected was {expect_head}"
    return entry | {"ok": False, "problems": [*entry["problems"], problem]}
