"""`suites select`: a smaller suite of the prompts that separate kin from strangers best, judged on other groups."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from blackbox import suites
from blackbox.core import plain
from blackbox.errors import BlackboxError, InsufficientData, UsageError
from blackbox.evidence.landscape import CEILING, MIN_ENDPOINTS, open_distances
from blackbox.evidence.population import lineage_of
from blackbox.evidence.selection import MIN_SAME, Halves, chosen_probes, halves, measured, sides_of
from blackbox.store import read_run, resolve_run
from blackbox.workflow._calibrate_labels import Sides as Lists
from blackbox.workflow._calibrate_labels import read_labels
from blackbox.workflow._compare_population import open_population
from blackbox.workflow._kinship_rows import matrix_of
from blackbox.workflow._probe_scores import GRAMS, scores_of_population

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from blackbox.core import AnyArray, Run, Suite
    from blackbox.evidence.lineage import LabelledPair
    from blackbox.evidence.selection import Gain


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectRequest:
    """What a user may ask of a selection.

    Args:
        suite: The suite to choose from, by name or path; None: that of the runs or of the population.
        runs: Runs of models of known lineage, one an endpoint; with a population one of its suite, or none.
        n_probes: How many prompts to keep.
        out: The new suite's file.
        population: Whose labels and scores to use, instead of `runs`, `pairs` and `groups`.
        pairs: CSV of labelled pairs.
        groups: CSV of lineage groups.
        lists: Which relations count as kin and as strangers.
        seed: Deals the groups into halves.
    """

    suite: str | None
    runs: tuple[str, ...]
    n_probes: int
    out: Path
    population: Path | None
    pairs: Path | None
    groups: Path | None
    lists: Lists
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Labelled:
    pairs: Sequence[LabelledPair]
    group: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scored:
    """What prompts are chosen by: `(P, R, R)` scores of R models at P prompts, and what is known of the models."""

    suite: Suite
    labelled: _Labelled
    place: Mapping[str, int]
    scores: AnyArray
    probe_ids: Sequence[str]


def select(results: Path, request: SelectRequest) -> dict[str, Any]:
    """Write the suite of the chosen prompts and return the `blackbox.selection/1` document.

    Raises:
        UsageError: Runs, labels or suite don't fit, or the file is there already.
        InsufficientData: Too few groups with kin to choose on some and judge on others.
    """
    if request.out.exists():
        raise UsageError(f"{request.out} exists already; a suite that was used is never changed: choose another name")
    found = _of_population(results, request) if request.population else _of_runs(results, request)
    labelled = found.labelled
    dealt = halves(labelled.pairs, labelled.group, seed=request.seed)
    choosing, judging = (
        sides_of(labelled.pairs, labelled.group, found.place, h) for h in (dealt.choosing, dealt.judging)
    )
    _check_enough(labelled, dealt, request.n_probes, len(found.probe_ids))
    chosen = chosen_probes(found.scores, choosing, request.n_probes)
    gain = measured(found.scores, judging, chosen, seed=request.seed)
    kept = [found.probe_ids[i] for i in chosen]
    made = _written(found.suite, kept, request.out)
    return _document(found.suite, made, kept, dealt, gain, request)


def _of_population(results: Path, request: SelectRequest) -> _Scored:
    """Return what a population holds; a run, if one is named, only says how the prompts read."""
    assert request.population is not None
    if request.pairs is not None or request.groups is not None:
        raise UsageError("labels come from --population or from --pairs and --groups, not from both")
    population = open_population(request.population)
    found = lineage_of(population.document, population.arrays)
    place = {model: i for i, model in enumerate(sorted(found.group))}
    scores, probe_ids = scores_of_population(population, place)
    suite = _suite_of_population(results, request, population.document["suite"], set(probe_ids))
    labelled = _Labelled(pairs=found.pairs, group=dict(found.group))
    return _Scored(suite=suite, labelled=labelled, place=place, scores=scores, probe_ids=probe_ids)


def _suite_of_population(
    results: Path, request: SelectRequest, said: Mapping[str, Any], probe_ids: Collection[str]
) -> Suite:
    """Return the suite whose prompts the population scored: by -s, a run's, or the shipped one of its name."""
    about = f"{said['name']} v{said['version']}"
    own = [read_run(resolve_run(results, name), to_suite=suites.from_document).suite for name in request.runs]
    if request.suite is not None:
        own.insert(0, suites.find(request.suite))
    elif not own:
        if all((said["name"], said["version"]) != (each.name, each.version) for each in suites.available()):
            raise UsageError(
                f"a population holds no prompts: name a run of {about}, or its file with -s, for their words"
            )
        own.append(suites.find(f"{said['name']}@{said['version']}"))
    for each in own:
        fits = each.name == said["name"] and not set(probe_ids) - {probe.id for probe in each.probes}
        if each.digest != said["digest"] and not (fits and said["origin"] == each.origin == "imported"):
            raise UsageError(f"the population is of {about}, not of {each.name} v{each.version} as it stands")
    return own[0]


def _of_runs(results: Path, request: SelectRequest) -> _Scored:
    runs, paths = _opened(results, request.runs)
    suite = _suite(request.suite, runs)
    labelled = _labelled(request, [run.manifest.endpoint_name for run in runs])
    scores, probe_ids = _scores(runs, paths, labelled.group)
    place = {run.manifest.endpoint_name: i for i, run in enumerate(runs)}
    return _Scored(suite=suite, labelled=labelled, place=place, scores=scores, probe_ids=probe_ids)


def _opened(results: Path, names: Sequence[str]) -> tuple[list[Run], dict[str, Path]]:
    runs, paths = [], {}
    for name in names:
        path = resolve_run(results, name)
        run = read_run(path, to_suite=suites.from_document)
        runs.append(run)
        paths[run.id] = path
    endpoints = [run.manifest.endpoint_name for run in runs]
    twice = sorted({name for name in endpoints if endpoints.count(name) > 1})
    if twice:
        raise UsageError(f"two runs of {twice[0]!r}; name one run an endpoint")
    if len({(run.suite.name, run.suite.version) for run in runs}) > 1:
        raise UsageError("the runs are of several suites or versions; name runs of one")
    if len(runs) < MIN_ENDPOINTS:
        raise InsufficientData(f"{len(runs)} runs; choosing prompts needs {MIN_ENDPOINTS}", needed=MIN_ENDPOINTS)
    return runs, paths


def _suite(name: str | None, runs: Sequence[Run]) -> Suite:
    if name is None:
        return max((run.suite for run in runs), key=lambda suite: len(suite.probes))
    suite = suites.find(name)
    if runs[0].suite.digest != suite.digest:
        raise UsageError(f"the runs are of {runs[0].suite.name} v{runs[0].suite.version}, not of {name} as it stands")
    return suite


def _labelled(request: SelectRequest, names: Sequence[str]) -> _Labelled:
    if request.pairs is None or request.groups is None:
        raise UsageError("labels are needed: --population FILE, or --pairs CSV and --groups CSV as for calibrate")
    labels = read_labels(request.pairs, request.groups, request.lists, set(names))
    return _Labelled(pairs=labels.pairs, group=labels.group)


def _check_enough(labelled: _Labelled, dealt: Halves, n: int, n_probes: int) -> None:
    if n >= n_probes:
        raise UsageError(f"-n {n}: the suite has {n_probes} open prompts with answers; ask for fewer")
    for half, does in ((dealt.choosing, "choose"), (dealt.judging, "judge")):
        kin = {
            labelled.group[p.a]
            for p in labelled.pairs
            if p.side == "same" and {labelled.group[p.a], labelled.group[p.b]} <= half
        }
        different = any(
            p.side == "different" and {labelled.group[p.a], labelled.group[p.b]} <= half for p in labelled.pairs
        )
        if len(kin) < MIN_SAME or not different:
            raise InsufficientData(
                f"{len(kin)} lineage groups with kin are left to {does} by; choosing on some groups and judging on "
                f"others needs {2 * MIN_SAME} such groups, and unrelated ones",
                needed=2 * MIN_SAME,
            )


def _scores(runs: Sequence[Run], paths: Mapping[str, Path], group: Mapping[str, str]) -> tuple[AnyArray, list[str]]:
    """Return `(P, R, R)` scores, mean over gram signals, and the probes; both of open prompts with answers."""
    named = [group.get(run.manifest.endpoint_name, f"alone {run.id}") for run in runs]
    numbers = [sorted(set(named)).index(name) for name in named]
    probes = frozenset(probe.id for run in runs for probe in run.suite.probes if probe.form != "closed")
    totals, ids = [], []
    for feature in GRAMS:
        matrices = [matrix_of(run, paths[run.id], feature, probes) for run in runs]
        ids.append(sorted({probe for matrix in matrices for probe in matrix.probe_ids}))
        found = open_distances(matrices, numbers)
        totals.append(CEILING * (1 - found.values) if found.unit == "kinship" else -found.values)
    if ids[0] != ids[1] or not ids[0]:
        raise UsageError("these runs have no open answers to choose by")
    return np.mean(totals, axis=0), ids[0]


def _written(suite: Suite, kept: Sequence[str], out: Path) -> Suite:
    document = json.loads(json.dumps(dict(suite.document)))
    document["probes"] = [probe for probe in document["probes"] if probe["id"] in set(kept)]
    document["name"] = f"{suite.name}-selected"[:64]
    document["version"] = 1
    source = f"{len(kept)} prompts of {suite.name} v{suite.version} ({suite.digest[:12]}) that separate kin best."
    document["description"] = f"{source} {suite.description}".strip()
    document.pop("digest", None)
    text = suites.locked(json.dumps(document, ensure_ascii=False, indent=1) + "\n", source=str(out))
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise BlackboxError(f"{out}: {(error.strerror or 'not writable').lower()}") from None
    return suites.load(out)


def _document(
    suite: Suite, made: Suite, kept: Sequence[str], dealt: Halves, gain: Gain, request: SelectRequest
) -> dict[str, Any]:
    return {
        "schema": "blackbox.selection/1",
        "path": str(request.out),
        "suite": {"name": made.name, "version": made.version, "digest": made.digest, "licence": made.licence},
        "source": {"name": suite.name, "version": suite.version, "digest": suite.digest},
        "probes": list(kept),
        "gain": plain(gain),
        "choosing_groups": sorted(dealt.choosing),
        "judging_groups": sorted(dealt.judging),
        "note": (
            "The gain is measured on groups that took no part in choosing. A population for the new suite, and every "
            "test with it, needs answers of other runs than those that chose; judge on the judging groups or on others."
        ),
        "seed": request.seed,
    }
