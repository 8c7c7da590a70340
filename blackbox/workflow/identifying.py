"""`identify`: which run of a library a suspect is most like, or none of these (METHODS §5, Which)."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from blackbox import suites
from blackbox.core import plain
from blackbox.errors import UsageError
from blackbox.evidence import wording
from blackbox.evidence.conditions import window
from blackbox.evidence.document import finite
from blackbox.evidence.identification import (
    ALPHA,
    Findings,
    conclude,
)
from blackbox.stats.multiplicity import holm
from blackbox.store import read_run, resolve_run
from blackbox.workflow._calibrate_labels import _read_groups as read_groups
from blackbox.workflow._compare_groups import identity
from blackbox.workflow._identify_ratios import Against, against_population
from blackbox.workflow._identify_rivals import Judged, rejection_of, rival_of
from blackbox.workflow._identify_scores import answered_probes, dependence_of, field_of, probe_scores, scores_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from blackbox.core import FloatArray, Run
    from blackbox.evidence.identification import Dependence
    from blackbox.workflow._identify_scores import Field

SCHEMA = "blackbox.identification/1"
MIN_FAMILIES = 8
"""Families besides the candidate's from which it can be ranked (DESIGN §7)."""
NOT_IN_LIBRARY = "The true endpoint may not be in the library."


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifyRequest:
    """What a user may ask of an identification.

    Args:
        suspect: The run in question.
        library: Runs of known endpoints.
        created_at: When this is made.
        population: A population file, for likelihood ratios.
        groups: CSV of lineage groups of the library's endpoints (model, group).
        seed: Overrides the suite's seed.
    """

    suspect: str
    library: tuple[str, ...]
    created_at: datetime
    population: Path | None = None
    groups: Path | None = None
    seed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Library:
    suspect: Run
    runs: tuple[Run, ...]
    paths: Mapping[str, Path]
    shared: frozenset[str]
    skipped: tuple[dict[str, str], ...]


def identify(results: Path, request: IdentifyRequest) -> dict[str, Any]:
    """Return the `blackbox.identification/1` document.

    Args:
        results: Folder of runs.
        request: The suspect, the library and how to judge.

    Raises:
        UsageError: Runs, population or groups are unknown or don't fit.
        EvidenceDamaged: A run or the population doesn't agree with its own digests.
    """
    library = _opened(results, request)
    seed = library.suspect.suite.decision.seed if request.seed is None else request.seed
    against = against_population(request.population, library.suspect, library.runs, library.paths)
    named = _groups(library.runs, request.groups, against)
    numbers = {group: i for i, group in enumerate(dict.fromkeys(named))}
    field = field_of(
        (library.suspect, *library.runs), library.paths, (-1, *(numbers[g] for g in named)), library.shared
    )
    by_probe = probe_scores(field)
    judged = Judged(field=field, by_probe=by_probe, scores=scores_of(by_probe, field), against=against)
    candidates = _candidates(judged.scores, field, named, against)
    findings = _findings(candidates, judged, dependence_of(field, seed=seed))
    return _document(request, library, candidates, findings, against, seed=seed)


# --- reading --------------------------------------------------------------------------------------


def _opened(results: Path, request: IdentifyRequest) -> _Library:
    path = resolve_run(results, request.suspect)
    suspect = read_run(path, to_suite=suites.from_document)
    paths, runs, skipped = {suspect.id: path}, [], []
    for name in request.library:
        own = resolve_run(results, name)
        run = read_run(own, to_suite=suites.from_document)
        reason = _unfit(run, suspect) if run.id not in paths else _named_twice(run, suspect)
        if reason is None:
            runs.append(run)
            paths[run.id] = own
        else:
            skipped.append({"run": run.id, "reason": reason})
    if not runs:
        reasons = "; ".join(sorted({entry["reason"] for entry in skipped}))
        raise UsageError(f"no run of the library can be compared with {suspect.id} ({reasons})")
    asked = {probe.digest for run in runs for probe in run.suite.probes}
    shared = frozenset(probe.id for probe in suspect.suite.probes if probe.digest in asked)
    return _Library(suspect=suspect, runs=tuple(runs), paths=paths, shared=shared, skipped=tuple(skipped))


def _named_twice(run: Run, suspect: Run) -> str:
    return "it is the suspect itself" if run.id == suspect.id else "named twice"


def _unfit(run: Run, suspect: Run) -> str | None:
    """Return why a run can't be a candidate: another suite, or not one question with the same id and words."""
    if (run.suite.name, run.suite.version) != (suspect.suite.name, suspect.suite.version):
        return "it is of another suite or suite version"
    if run.suite.digest == suspect.suite.digest:
        return None
    if not run.suite.origin == suspect.suite.origin == "imported":
        return "its suite has another digest under the same name"
    own = {probe.id: probe.digest for probe in suspect.suite.probes}
    common = [own.get(probe.id) == probe.digest for probe in run.suite.probes]
    if not all(own.get(probe.id) in {None, probe.digest} for probe in run.suite.probes):
        return "some of its prompts have the ids of other prompts of the suspect"
    return None if any(common) else "no prompt in common"


def _groups(runs: Sequence[Run], file: Path | None, against: Against | None) -> list[str]:
    """Return each library run's group: by the file, else by the population, else its endpoint."""
    known = read_groups(file) if file is not None else against.group_of if against is not None else {}
    return [
        f"group {known[run.manifest.endpoint_name]}"
        if run.manifest.endpoint_name in known
        else f"endpoint {identity(run)}"
        for run in runs
    ]


# --- ranking --------------------------------------------------------------------------------------


def _candidates(
    scores: FloatArray, field: Field, named: Sequence[str], against: Against | None
) -> list[dict[str, Any]]:
    """Return the candidates, best first: by ratio where a population gives one, else by score."""
    ranks = [_rank(scores, field.groups, place) for place in range(1, len(field.runs))]
    known = [p for p in ranks if p is not None]
    adjusted = iter(holm(known) if known else ())
    rows = []
    for place, (run, group, rank) in enumerate(zip(field.runs[1:], named, ranks, strict=True), start=1):
        ratio = against.ratios[place - 1] if against else {}
        rows.append(
            {
                "run": run.id,
                "endpoint": run.manifest.endpoint_name,
                "group": group.partition(" ")[2] if group.startswith("group ") else None,
                "score": finite(float(scores[0, place])),
                "rank_pvalue": rank,
                "rank_pvalue_adjusted": next(adjusted) if rank is not None else None,
                "log10_lr": ratio.get("log10_lr"),
                "uncapped_log10_lr": ratio.get("uncapped_log10_lr"),
                "against": ratio.get("against"),
                "bounds": ratio.get("bounds"),
                "verbal": ratio.get("verbal"),
                "reason": ratio.get("reason") if against else "no population: scores and ranks only, no ratio",
                "place": place,
            }
        )
    rows.sort(key=_order)
    return [{"rank": i, **row} for i, row in enumerate(rows, start=1)]


def _order(row: Mapping[str, Any]) -> tuple[float, float, float, str]:
    def down(value: float | None) -> float:
        return np.inf if value is None else -value

    return down(row["log10_lr"]), down(row["uncapped_log10_lr"]), down(row["score"]), str(row["run"])


def _rank(scores: FloatArray, groups: Sequence[int], place: int) -> float | None:
    """Return (1 + families at least as close)/(1 + families), the larger of both directions (METHODS §4.6)."""
    numbers, own = np.asarray(groups), scores[0, place]
    families = sorted(set(groups) - {groups[0], groups[place]})
    if len(families) < MIN_FAMILIES or not np.isfinite(own):
        return None
    closer = [
        sum(float(np.max(np.nan_to_num(row[numbers == f], nan=-np.inf))) >= own for f in families)
        for row in (scores[0], scores[place])
    ]
    return float((1 + max(closer)) / (1 + len(families)))


def _findings(candidates: Sequence[Mapping[str, Any]], judged: Judged, dependence: Dependence | None) -> Findings:
    scored = [row for row in candidates if row["score"] is not None]
    best = scored[0] if scored else None
    no_ratio = None
    if judged.against is not None and best is not None and best["log10_lr"] is None:
        no_ratio = f"the population gives no ratio: {best['reason']}"
    rejection = None if best is None or no_ratio else rejection_of(best, judged)
    rival = None
    if best is not None and rejection is not None and rejection.pvalue <= ALPHA:
        rival = rival_of(best, scored[1:], judged)
    return Findings(
        n_probes=len(answered_probes(judged.field)),
        n_candidates=len(scored),
        dependence=dependence,
        rejection=rejection,
        rival=rival,
        log10_lr=best["log10_lr"] if best else None,
        no_ratio=no_ratio,
    )


# --- the document ---------------------------------------------------------------------------------


def _document(
    request: IdentifyRequest,
    library: _Library,
    candidates: Sequence[Mapping[str, Any]],
    found: Findings,
    against: Against | None,
    *,
    seed: int,
) -> dict[str, Any]:
    conclusion = conclude(found)
    attributed = conclusion.verdict == "attributed"
    return {
        "schema": SCHEMA,
        "verdict": conclusion.verdict,
        "reason": conclusion.reason,
        "attributed_to": candidates[0]["endpoint"] if attributed else None,
        "suspect": _run_entry(library.suspect),
        "candidates": [{name: value for name, value in row.items() if name != "place"} for row in candidates],
        "rejection": {**(plain(found.rejection) if found.rejection else {}), "alpha": ALPHA}
        if found.rejection
        else None,
        "prompt_dependence": plain(found.dependence) if found.dependence else None,
        "rival": found.rival,
        "n_probes": found.n_probes,
        "library": _library_entry(library, request.created_at),
        "population": against.entry if against else None,
        "skipped_runs": list(library.skipped),
        "warnings": _warnings(library),
        "limits": [NOT_IN_LIBRARY, *wording.LIMITS],
        "provenance": {
            "blackbox": version("blackbox-similarity"),
            "seed": seed,
            "created_at": plain(request.created_at),
        },
    }


def _run_entry(run: Run) -> dict[str, Any]:
    return {
        "id": run.id,
        "endpoint": run.manifest.endpoint_name,
        "suite": run.suite.name,
        "suite_version": run.suite.version,
        "suite_digest": run.suite.digest,
        "n_observations": len(run.observations),
    }


def _library_entry(library: _Library, now: datetime) -> dict[str, Any]:
    times = [window(run) for run in library.runs]
    starts = [span[0] for span in times if span is not None]
    ends = [span[1] for span in times if span is not None]
    newest = max(ends, default=None)
    return {
        "n_runs": len(library.runs),
        "n_endpoints": len({identity(run) for run in library.runs}),
        "oldest": plain(min(starts)) if starts else None,
        "newest": plain(newest) if newest else None,
        "age_days": round((now - newest).total_seconds() / 86_400, 1) if newest else None,
        "n_runs_of_unknown_age": len(library.runs) - len(starts),
        "note": NOT_IN_LIBRARY,
    }


def _warnings(library: _Library) -> list[str]:
    unknown = sum(run.manifest.sent_decoding is None for run in (library.suspect, *library.runs))
    sent = [run.manifest.sent_decoding for run in library.runs if run.manifest.sent_decoding is not None]
    own = library.suspect.manifest.sent_decoding
    differ = sum(own is not None and settings != own for settings in sent)
    return [
        *(
            [f"sampling settings of {unknown} runs are unknown: an untested condition of the ranking"]
            if unknown
            else []
        ),
        *([f"{differ} library runs were asked for other sampling settings than the suspect"] if differ else []),
    ]
