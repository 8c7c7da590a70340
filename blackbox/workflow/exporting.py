"""`export`: a bundle that a third party verifies with one command, or tables for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from blackbox import store
from blackbox.errors import EvidenceDamaged, UsageError
from blackbox.store.bundles import LISTING, README, write_bundle
from blackbox.store.exported import observation_rows, write_rows
from blackbox.store.manifests import JOURNAL, MANIFEST, OBSERVATIONS, SUITE
from blackbox.store.populations import arrays_path, read_population
from blackbox.store.redacted import REDACTED_LINES, verify_redacted
from blackbox.store.runs import REDACTED
from blackbox.workflow.auditing import find_result, places_of
from blackbox.workflow.recomputing import COMPARISON, READING, REPORT
from blackbox.workflow.redacting import redacted_folder
from blackbox.workflow.runs import open_run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from blackbox.store.exported import Form
    from blackbox.workflow.recomputing import Places

Table = Literal["observations", "pairs", "signals"]

_PARTS = {
    "runs": (MANIFEST, JOURNAL, SUITE, OBSERVATIONS),
    "redacted": (REDACTED, REDACTED_LINES, SUITE),
    "results": (COMPARISON, READING, REPORT),
}
_TEXT = """A bundle of blackbox (distribution blackbox-similarity): runs, what was found in them, and digests.

Verify it, offline, with one command:

    blackbox verify FILE

It checks that every file is the one that {listing} names, that no run was edited, cut or reordered, and computes every
number of every result again from the runs. "NOT REPRODUCED" means that this machine has other versions than the result
was made with, and that numbers come out otherwise here; the versions are in the result, under provenance.inputs.setup.

The `digest` in {listing} stands for the whole bundle: keep it where nobody can change it, and hand it to
`blackbox verify FILE --expect-head DIGEST`.
"""


def export_bundle(results: Path, names: Sequence[str], out: Path) -> dict[str, Any]:
    """Write a bundle of runs and results, with every run and population that the results were made from.

    Args:
        results: Folder of runs.
        names: Runs, redacted runs, comparisons and readings by id, unique prefix or path.
        out: The file to write.

    Raises:
        UsageError: A name stands for nothing, or a run of a result is not there.
        EvidenceDamaged: Something named is damaged: nothing is written.
    """
    files: dict[str, Path | bytes] = {}
    about: dict[str, list[dict[str, Any]]] = {"runs": [], "results": [], "populations": []}
    for name in names:
        result = find_result(results, name)
        if result is not None:
            _add_result(result if result.is_dir() else result.parent, places_of(results, result), files, about)
        else:
            _add_run(_run_folder(results, name), files, about)
    files[README] = _TEXT.format(listing=LISTING).encode()
    listing = write_bundle(out, files, about)
    return {"schema": "blackbox.export/1", "path": str(out), **{n: v for n, v in listing.items() if n != "schema"}}


def export_table(results: Path, names: Sequence[str], out: Path, form: Form, table: Table | None) -> dict[str, Any]:
    """Write one table: answers of runs, or pairs or signals of comparisons.

    Args:
        results: Folder of runs.
        names: Runs, or comparisons, by id, unique prefix or path.
        out: The file to write.
        form: How.
        table: Which; None: observations of runs, pairs of comparisons.

    Raises:
        UsageError: Names stand for nothing, or for runs and comparisons both, or have no such table.
        EvidenceDamaged: Something named is damaged: nothing is written.
    """
    found = [find_result(results, name) for name in names]
    if any(found) and not all(found):
        raise UsageError("runs and results have different tables; export them one after the other")
    if all(found) and found:
        documents = [store.read_comparison(path).document for path in found if path is not None]
        wanted: Table = table or "pairs"
        if wanted == "observations":
            raise UsageError("a comparison holds no observations; name its runs")
        rows = [row for document in documents for row in _ROWS[wanted](document)]
    else:
        if table not in {None, "observations"}:
            raise UsageError(f"runs have no table of {table}; name a comparison")
        wanted = "observations"
        rows = list(observation_rows([open_run(store.resolve_run(results, name)) for name in names]))
    write_rows(out, rows, form)
    return {"schema": "blackbox.export/1", "path": str(out), "table": wanted, "format": form, "n_rows": len(rows)}


def _run_folder(results: Path, name: str) -> Path:
    return redacted_folder(results, name) or store.resolve_run(results, name)


def _add_run(folder: Path, files: dict[str, Path | bytes], about: dict[str, list[dict[str, Any]]]) -> None:
    kind = "redacted" if (folder / REDACTED).is_file() else "runs"
    audit = verify_redacted(folder) if kind == "redacted" else store.verify_run(folder)
    if audit.problems:
        raise EvidenceDamaged(f"{audit.problems[0]}; nothing was exported")
    entry = {"id": folder.name, "kind": kind, "head": audit.head}
    if entry not in about["runs"]:
        about["runs"].append(entry)
        _add_files(kind, folder, folder.name, files)


def _add_files(kind: str, folder: Path, name: str, files: dict[str, Path | bytes]) -> None:
    for part in _PARTS[kind]:
        if (folder / part).is_file():
            files[f"{kind}/{name}/{part}"] = folder / part


def _add_result(
    folder: Path, places: Places, files: dict[str, Path | bytes], about: dict[str, list[dict[str, Any]]]
) -> None:
    is_reading = (folder / READING).is_file()
    document = store.read_drift(folder) if is_reading else store.read_comparison(folder).document
    name = store.slug(folder.absolute().name)
    about["results"].append({"id": name, "kind": "drift" if is_reading else "comparison"})
    _add_files("results", folder, name, files)
    for path in (*sorted(folder.glob("*.csv")), *sorted(folder.glob("*.nwk"))):
        files[f"results/{name}/{path.name}"] = path
    for inputs in _inputs(document):
        for run in _stated(inputs):
            _add_run(_found(str(run), places), files, about)
        _add_population(inputs.get("population"), places, files, about)


def _inputs(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    histories = document.get("histories")
    for each in (document,) if histories is None else histories:
        inputs = each.get("provenance", {}).get("inputs")
        if inputs is None and each.get("points") != []:
            raise UsageError("this result names no inputs (made by an earlier version): make it again, then export it")
        if inputs is not None:
            yield inputs


def _stated(inputs: Mapping[str, Any]) -> list[str]:
    roles = ("runs", "controls", "benign", "alternatives")
    return list(dict.fromkeys(run["id"] for role in roles for run in inputs.get(role, ())))


def _found(run: str, places: Places) -> Path:
    for folder in places.runs:
        if (folder / run / MANIFEST).is_file():
            return folder / run
    raise UsageError(f"run {run} of this result is not in {', '.join(map(str, places.runs))}; nothing was exported")


def _add_population(
    stated: Mapping[str, Any] | None,
    places: Places,
    files: dict[str, Path | bytes],
    about: dict[str, list[dict[str, Any]]],
) -> None:
    if stated is None:
        return
    for path in (Path(stated["file"]), *places.populations):
        try:
            digest = read_population(path)[0]["digest"] if path.is_file() else None
        except UsageError:
            continue
        if digest == stated["digest"]:
            name = store.slug(path.stem)
            files |= {f"populations/{name}.json": path, f"populations/{name}.npz": arrays_path(path)}
            about["populations"].append({"id": name, "digest": digest})
            return
    raise UsageError(f"the population {stated['file']} of this result is not there, or is another by now")


def _pairs(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for pair in document["pairs"]:
        same, related, mixed = pair["same"], pair["related"], pair["mixed"]
        yield {
            **_sides(pair),
            **{f"same_{n}": same[n] for n in ("verdict", "reason", "band", "pvalue", "pvalue_adjusted", "alpha")},
            **{f"effect_{n}": same["effect"][n] for n in ("value", "ci_low", "ci_high", "unit")},
            "margin": same["margin"],
            "similarity": pair["similarity"]["value"],
            **{f"related_{n}": related[n] for n in ("log10_lr", "uncapped_log10_lr", "against", "verbal", "reason")},
            **{f"related_{n}": related[n] for n in ("score", "rank_pvalue")},
            **{f"mixed_{n}": mixed[n] for n in ("share", "ci_low", "ci_high", "reason")},
            "missing_pvalue": pair["missing"]["pvalue"],
        }


def _signals(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for pair in document["pairs"]:
        for question in ("same", "related"):
            for signal in pair[question]["signals"]:
                yield {**_sides(pair), "question": question, **{name: signal.get(name) for name in _OF_SIGNAL}}


_OF_SIGNAL = (
    "signal",
    "version",
    "status",
    "reason",
    "statistic",
    "value",
    "pvalue",
    "pvalue_adjusted",
    "unrelated_quantile",
    "n_permutations",
    "n_x",
    "n_y",
)
_ROWS = {"pairs": _pairs, "signals": _signals}


def _sides(pair: Mapping[str, Any]) -> dict[str, Any]:
    names = ("suite", "suite_version", "a", "b", "a_endpoint", "b_endpoint")
    return {name: pair.get(name) for name in names}
