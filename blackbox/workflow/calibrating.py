"""Builds a reference population of runs of known lineage: score, fit, bound, judge, write."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from statistics import median_low
from typing import TYPE_CHECKING, Any

import numpy as np

from blackbox.core import TEXT_OUTCOMES, Progress, plain
from blackbox.errors import UsageError
from blackbox.evidence import population as populations
from blackbox.evidence.kin_scores import Wanted, contexts_of, scored
from blackbox.evidence.lineage import lineage
from blackbox.store import populations as files
from blackbox.store import resolve_run
from blackbox.workflow._calibrate_labels import Labels, Sides, read_labels
from blackbox.workflow._compare_features import answer_lengths, resolved_forms
from blackbox.workflow._kinship_rows import (
    HASH,
    ProbeRows,
    applicable,
    feature_model,
    features_of,
    filled,
    matrix_of,
    packed_rows,
    probes_of,
    reference_signals,
    short_rows,
    similarities,
)
from blackbox.workflow._population_conditions import stated_conditions
from blackbox.workflow._probe_scores import by_probe
from blackbox.workflow.packages import blackbox_version
from blackbox.workflow.runs import open_run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from blackbox.core import FloatArray, OnProgress, Probe, ReferenceSignal, Run
    from blackbox.evidence.lineage import LabelledPair, Lineage

MIN_PROBES = 5
MIN_KNOWN_SHARE = 0.8
"""Share of the pairs that a signal must have a score for to be part of a population."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrateRequest:
    """What a population is made of.

    Args:
        runs: Runs by id, unique prefix or path; one run an endpoint.
        pairs: CSV of labelled pairs: a, b, relation.
        groups: CSV of lineage groups: model, group.
        sides: What each relation counts as.
        out: Where the population goes.
        name: What to call it; None: the file's name.
        seed: Seed of the node bootstrap.
        created_at: When it was made.
        embeddings: Whether to read embeddings too: a model has to compute one for each answer.
    """

    runs: tuple[str, ...]
    pairs: Path
    groups: Path
    sides: Sides
    out: Path
    created_at: datetime
    name: str | None = None
    seed: int = 0
    embeddings: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Members:
    """The runs of a population, one an endpoint, and the probes they share with their forms."""

    runs: tuple[Run, ...]
    paths: tuple[Path, ...]
    probes: tuple[Probe, ...]
    form: Mapping[str, str]
    repeats: int


def calibrate(results: Path, request: CalibrateRequest, on_progress: OnProgress) -> dict[str, Any]:
    """Build a population, write it and return its document.

    Raises:
        UsageError: Runs, labels or the output name don't fit.
        InsufficientData: Too few groups for a ratio.
        EvidenceDamaged: A run does not agree with its own digests.
    """
    files.check_population_path(request.out)
    runs, paths = _opened(results, request.runs)
    labels = read_labels(request.pairs, request.groups, request.sides, [r.manifest.endpoint_name for r in runs])
    found = lineage(labels.group, labels.pairs, {r.manifest.endpoint_name: _n_answers(r) for r in runs})
    members = _members(runs, paths, set(found.group))
    known = {n: s for n, s in reference_signals().items() if request.embeddings or not s.info.on_request}
    signals = applicable(known, members.form, MIN_PROBES)
    rows = _rows(members, signals, on_progress)
    every = _scores(found, members, signals, rows, on_progress)
    signals = {name: s for name, s in signals.items() if _speaks(every[name])}
    if not signals:
        raise UsageError(
            "no kinship signal tells these answers apart: they are too few, or all alike; add models, or longer answers"
        )
    kept = _with_scores(found, np.column_stack([filled(signals[name], every[name]) for name in signals]))
    document = _document(request, kept.lineage, members, signals, labels)
    document |= populations.fitted_part(kept.lineage, kept.scores, seed=request.seed)
    document["skipped"] = [*document["skipped"], *kept.skipped]
    place = {run.manifest.endpoint_name: i for i, run in enumerate(members.runs)}
    arrays = populations.pair_arrays(kept.lineage, kept.scores)
    for feature in features_of(signals):
        own = [rows[feature][place[m]] for m in kept.lineage.references]
        arrays |= packed_rows(feature, own, [probe.id for probe in members.probes])
    arrays |= by_probe(kept.lineage, place, rows, [probe.id for probe in members.probes])
    return files.write_population(request.out, document, arrays)


def _opened(results: Path, names: Sequence[str]) -> tuple[tuple[Run, ...], tuple[Path, ...]]:
    paths = tuple(resolve_run(results, name) for name in names)
    runs = tuple(open_run(path) for path in paths)
    endpoints = Counter(run.manifest.endpoint_name for run in runs)
    twice = sorted(name for name, n in endpoints.items() if n > 1)
    if twice:
        raise UsageError(f"endpoint {twice[0]!r} has {endpoints[twice[0]]} runs here; name one run an endpoint")
    suites = sorted({f"{run.suite.name} v{run.suite.version}" for run in runs})
    if len(suites) > 1:
        raise UsageError(f"a population is of one suite, these runs are of {', '.join(suites)}: name runs of one")
    return runs, paths


def _n_answers(run: Run) -> int:
    return sum(o.outcome in TEXT_OUTCOMES for o in run.observations)


def _members(runs: Sequence[Run], paths: Sequence[Path], models: set[str]) -> _Members:
    """Return the runs of the population in order of their endpoints' names, with the probes all of them share."""
    chosen = sorted(
        ((run, path) for run, path in zip(runs, paths, strict=True) if run.manifest.endpoint_name in models),
        key=lambda each: each[0].manifest.endpoint_name,
    )
    own = tuple(run for run, _ in chosen)
    shared = set.intersection(*({(probe.id, probe.digest) for probe in run.suite.probes} for run in own))
    if not shared:
        raise UsageError("the runs share no probe: a population needs the same prompts asked of all of them")
    ids = [probe.id for probe in own[0].suite.probes if (probe.id, probe.digest) in shared]
    if len(ids) < MIN_PROBES:
        raise UsageError(f"the runs share {len(ids)} probes, a population needs at least {MIN_PROBES}")
    form = resolved_forms(own[0], ids, [answer_lengths(run) for run in own])
    probes = tuple(probe for probe in own[0].suite.probes if probe.id in form)
    paths_of_own = tuple(path for _, path in chosen)
    return _Members(runs=own, paths=paths_of_own, probes=probes, form=form, repeats=_repeats(own, probes))


def _repeats(runs: Sequence[Run], probes: Sequence[Probe]) -> int:
    """Return how many answers a run typically has at a probe: more of one run are not read."""
    ids = {probe.id for probe in probes}
    counts = [
        n
        for run in runs
        for n in Counter(
            o.probe_id for o in run.observations if o.probe_id in ids and o.outcome in TEXT_OUTCOMES
        ).values()
    ]
    return median_low(counts) if counts else 1


def _rows(
    members: _Members, signals: Mapping[str, ReferenceSignal], on_progress: OnProgress
) -> dict[str, list[ProbeRows]]:
    rows: dict[str, list[ProbeRows]] = {}
    for feature in features_of(signals):
        rows[feature] = []
        ids = frozenset(p for s in signals.values() if s.info.feature == feature for p in probes_of(s, members.form))
        for i, (run, path) in enumerate(zip(members.runs, members.paths, strict=True)):
            subject = f"{feature} of {run.manifest.endpoint_name}"
            on_progress(Progress(stage="features", subject=subject, done=i, total=len(members.runs)))
            rows[feature].append(short_rows(matrix_of(run, path, feature, ids), members.repeats))
    return rows


def _scores(
    found: Lineage,
    members: _Members,
    signals: Mapping[str, ReferenceSignal],
    rows: Mapping[str, list[ProbeRows]],
    on_progress: OnProgress,
) -> dict[str, FloatArray]:
    """Return each signal's `(n,)` scores of the labelled pairs, normalised without the folds of both their groups."""
    place = {run.manifest.endpoint_name: i for i, run in enumerate(members.runs)}
    wanted = [Wanted(a=place[p.a], b=place[p.b], left=found.folds(p)) for p in found.pairs]
    references = [place[m] for m in found.references]
    contexts = contexts_of(wanted, references, [found.fold_of(m) for m in found.references])

    def on_probe(name: str) -> Callable[[int], None]:
        total = len(probes_of(signals[name], members.form))
        return lambda done: on_progress(Progress(stage="score", subject=name, done=done, total=total))

    probes = {
        name: similarities(s, rows[s.info.feature], probes_of(s, members.form), on_probe(name))
        for name, s in signals.items()
    }
    by_pair = scored(probes, contexts, wanted)
    return {name: np.array([np.nan if pair.z[name] is None else pair.z[name] for pair in by_pair]) for name in signals}


def _speaks(scores: FloatArray) -> bool:
    """Return whether a signal has a score for most pairs, and not one for all."""
    known = scores[np.isfinite(scores)]
    return len(known) >= MIN_KNOWN_SHARE * len(scores) and float(np.ptp(known)) > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    lineage: Lineage
    scores: FloatArray
    skipped: tuple[dict[str, str | int], ...]


def _with_scores(found: Lineage, scores: FloatArray) -> _Kept:
    """Return the lineage without pairs that share no answered probe."""
    known = [bool(np.isfinite(row).all()) for row in scores]
    if all(known):
        return _Kept(lineage=found, scores=scores, skipped=())
    pairs: tuple[LabelledPair, ...] = tuple(p for p, k in zip(found.pairs, known, strict=True) if k)
    skipped: tuple[dict[str, str | int], ...] = (
        {"reason": "the two have no answered open probe in common", "n_rows": len(known) - len(pairs)},
    )
    return _Kept(lineage=replace(found, pairs=pairs), scores=scores[known], skipped=skipped)


def _document(
    request: CalibrateRequest,
    found: Lineage,
    members: _Members,
    signals: Mapping[str, ReferenceSignal],
    labels: Labels,
) -> dict[str, Any]:
    suite = members.runs[0].suite
    return {
        "schema": populations.SCHEMA,
        "name": request.name or request.out.stem,
        "created_at": plain(request.created_at),
        "blackbox": blackbox_version(),
        "seed": request.seed,
        "note": populations.NOT_ANONYMOUS + (populations.INVERTIBLE if request.embeddings else ""),
        "hash": dict(HASH),
        "suite": {"name": suite.name, "version": suite.version, "digest": suite.digest, "origin": suite.origin},
        "probes": [
            {"id": p.id, "digest": p.digest, "language": p.language, "form": members.form[p.id]} for p in members.probes
        ],
        "repeats": members.repeats,
        "signals": [
            {"signal": name, "version": s.info.version, "feature": s.info.feature, **feature_model(s.info.feature)}
            for name, s in signals.items()
        ],
        "models": populations.model_entries(found),
        "conditions": stated_conditions(members.runs),
        "skipped": list(labels.skipped),
    }
