"""All runs of a suite at once: the distances that tree and map are drawn from, and the files they are written to."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from blackbox.evidence.landscape import answer_distances, landscape_entry, open_distances
from blackbox.stats.trees import MIN_LEAVES
from blackbox.store import slug
from blackbox.store.exported import inert
from blackbox.workflow._compare_related import families

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from blackbox.core import FeatureMatrix
    from blackbox.evidence.samples import Sample
    from blackbox.workflow._compare_groups import Group


def landscape(
    group: Group, samples: Sequence[Sample], grams: Mapping[str, Sequence[FeatureMatrix]], *, seed: int
) -> list[dict[str, Any]]:
    """Return the suite's entry of the document's `landscape`; none below four runs.

    Args:
        group: The runs.
        samples: Their features; closed answers are read from `answer`.
        grams: Gram features where there are open answers, one matrix a run.
        seed: The plan's seed.
    """
    if len(group.runs) < MIN_LEAVES:
        return []
    answers = [sample.features.get("answer") for sample in samples]
    known = [matrix for matrix in answers if matrix is not None]
    if "word3" in grams:
        found = open_distances(grams["word3"], families(group))
    elif len(known) == len(answers):
        found = answer_distances(known)
    else:
        return []
    suite = {"suite": group.suite, "suite_version": group.version}
    ids = [run.id for run in group.runs]
    return [landscape_entry(found, suite=suite, run_ids=ids, names=_names(group), seed=seed)]


def landscape_files(entries: Sequence[Mapping[str, Any]]) -> dict[str, bytes]:
    """Return `distances.csv` and `tree.nwk` by name; with several suites, one of each a suite."""
    drawn = [entry for entry in entries if entry["distances"] is not None]
    files = {}
    for entry in drawn:
        mark = f"-{slug(entry['suite'])}-v{entry['suite_version']}" if len(drawn) > 1 else ""
        files[f"distances{mark}.csv"] = _csv(entry).encode("utf-8")
        files[f"tree{mark}.nwk"] = (entry["tree"]["newick"] + "\n").encode("utf-8", "backslashreplace")
    return files


def _csv(entry: Mapping[str, Any]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    names = [inert(name) for name in entry["names"]]
    writer.writerow(["run", "name", *names])
    for run, name, row in zip(entry["runs"], names, entry["distances"], strict=True):
        writer.writerow([inert(run), name, *row])
    return text.getvalue().encode("utf-8", "backslashreplace").decode("utf-8")


def _names(group: Group) -> list[str]:
    """Return what each run is called: its endpoint, with label or number where that names two runs."""
    plain = [run.manifest.endpoint_name for run in group.runs]
    labelled = [f"{name} ({run.manifest.label})" for name, run in zip(plain, group.runs, strict=True)]
    named = [
        long if plain.count(name) > 1 and run.manifest.label else name
        for name, long, run in zip(plain, labelled, group.runs, strict=True)
    ]
    return list(_numbered(named))


def _numbered(names: Sequence[str]) -> Iterator[str]:
    seen: dict[str, int] = {}
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        yield name if names.count(name) == 1 else f"{name} (run {seen[name]})"
