"""`drift`: reads a history of one endpoint and writes what it says. Where store, features and evidence meet."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from importlib.metadata import version
from statistics import median
from typing import TYPE_CHECKING, Any

from blackbox import registry, report, store
from blackbox.core import Progress, plain
from blackbox.errors import UsageError
from blackbox.evidence.drift import MIN_REFERENCE, Rules, read_history
from blackbox.evidence.drift_context import run_context
from blackbox.evidence.drift_counts import AnswerCounts, tabulate
from blackbox.evidence.drift_document import LIMITS, History, drift_document
from blackbox.evidence.drift_document import SCHEMA as DRIFT_SCHEMA
from blackbox.evidence.drift_verdict import judge
from blackbox.evidence.independence import assess
from blackbox.features import category
from blackbox.workflow._compare_features import answer_lengths, resolved_forms
from blackbox.workflow._compare_inputs import reference, setup
from blackbox.workflow._drift_runs import HistoryRuns, Order, history_runs
from blackbox.workflow.runs import open_run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from blackbox.core import FeatureMatrix, Observation, OnProgress, Probe, Run

HORIZON = 60
"""Runs that one history may have before its level must be spread over more."""
BASELINE = 7
"""Runs that form the reference, when there are that many: a week of days."""
FEATURES = {"closed": "answer", "open": "first_word"}
_REPEATED = 3
"""Answers a probe from which 'always the same answer' says something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftOptions:
    """What a user may ask of a reading.

    Args:
        created_at: When it was made.
        order: By what the runs are ordered.
        horizon: H; None: 60, or as many runs as there are if that is more.
        baseline: Runs that form the reference.
        confirming: How many times the usual answers a confirmation run has.
        alpha: Overrides the suite's.
        seed: Overrides the suite's.
        out: Folder to write to instead of a new one under results.
    """

    created_at: datetime
    order: Order = "time"
    horizon: int | None = None
    baseline: int = BASELINE
    confirming: int = 1
    alpha: float | None = None
    seed: int | None = None
    out: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftReport:
    """A reading's document and the folder it was written to."""

    document: Mapping[str, Any]
    path: Path


def drift_runs(results: Path, names: Sequence[str], options: DriftOptions, on_progress: OnProgress) -> DriftReport:
    """Read the history that the named runs form, and write `drift.json` and `report.html`.

    Args:
        results: Folder of runs.
        names: Runs by id, unique prefix or path, in any order.
        options: How to read them.
        on_progress: Told how far the work is.

    Raises:
        UsageError: The runs form no history: see `history_runs`.
        EvidenceDamaged: A run does not agree with its own digests.
    """
    document = read_document([store.resolve_run(results, name) for name in names], options, on_progress)
    html = report.render(document, to="html")
    path = store.write_drift(results, document, html=html, at=options.created_at, out=options.out)
    return DriftReport(document=document, path=path)


def read_document(paths: Sequence[Path], options: DriftOptions, on_progress: OnProgress) -> dict[str, Any]:
    """Return the `blackbox.drift/1` document of the runs in these folders; nothing is written.

    Raises:
        UsageError: The runs form no history.
        EvidenceDamaged: A run does not agree with its own digests.
    """
    opened = [open_run(path) for path in paths]
    found = history_runs(opened, options.order)
    alpha = _alpha(found, options)
    forms = _forms(found)
    counts = _counts(found, forms, on_progress)
    usable = tuple(int(place) for place in counts.sizes.sum(1).nonzero()[0])
    if len(usable) < 2:  # noqa: PLR2004 - nothing can be compared
        raise UsageError(
            f"only {len(usable)} of {len(found.runs)} runs hold usable answers: nothing can be compared; "
            "`blackbox show RUN` says what came instead"
        )
    read = counts.chosen(usable)
    runs = [found.runs[place] for place in usable]
    basis_reason = _repeats(runs[: options.baseline], read)
    decision = found.runs[0].suite.decision
    rules = Rules(
        alpha=alpha,
        horizon=options.horizon or max(HORIZON, len(usable)),
        baseline=options.baseline,
        seed=decision.seed if options.seed is None else options.seed,
        basis="runs" if basis_reason else "answers",
    )
    reading = read_history(read, rules)
    history = History(
        runs=found.runs,
        usable=usable,
        counts=read,
        forms=forms,
        reading=reading,
        rules=rules,
        verdict=judge(read, reading, rules, names=tuple(run.id for run in runs), confirming=options.confirming),
        basis_reason=basis_reason,
        order=options.order,
        warnings=(*found.warnings, *_warnings(found.runs, usable)),
    )
    provenance = _provenance(found.runs, rules, options) | {"inputs": _inputs(opened, options)}
    return drift_document(history, provenance, category=_category)


def begun_document(
    paths: Sequence[Path], options: DriftOptions, *, endpoint: str, suite: str, suite_version: int
) -> dict[str, Any]:
    """Return the `blackbox.drift/1` document of a history that has one run or none: nothing can be read yet.

    Args:
        paths: Folders of its runs, which say what was asked of whom.
        options: What was asked of the reading.
        endpoint: Whose history it will be, where there is no run.
        suite: The suite's name, where there is no run.
        suite_version: Its version.
    """
    runs = [open_run(path) for path in paths]
    manifest = runs[-1].manifest if runs else None
    return {
        "schema": DRIFT_SCHEMA,
        "verdict": "inconclusive",
        "reason": f"{len(runs)} of at least 5 runs: 3 to know the endpoint, one to suspect and one to confirm",
        "onset": None,
        "onset_interval": None,
        "detected": None,
        "alpha": runs[-1].suite.decision.alpha if runs else None,
        "horizon": options.horizon,
        "endpoint": manifest.endpoint_name if manifest else endpoint,
        "suite": manifest.suite_name if manifest else suite,
        "suite_version": manifest.suite_version if manifest else suite_version,
        "points": [_first_point(run) for run in runs],
        "probes": [],
        "exhibits": [],
        "context": [],
        "warnings": [],
        "limits": list(LIMITS),
        "provenance": {
            "blackbox": version("blackbox-similarity"),
            "created_at": plain(options.created_at),
            "inputs": _inputs(runs, options),
        },
    }


def _first_point(run: Run) -> dict[str, Any]:
    return {
        "run": run.id,
        "label": run.manifest.label,
        "endpoint": run.manifest.endpoint_name,
        "statistic": None,
        "pvalue": None,
        "n": sum(not o.missing for o in run.observations),
        "n_missing": sum(o.missing for o in run.observations),
        "suspected": False,
        "alarm": False,
        "reason": "the first run of this history",
        "journal_head": run.manifest.journal_head,
        **run_context(run),
    }


def _forms(found: HistoryRuns) -> dict[str, str]:
    lengths = [answer_lengths(run) for run in found.runs]
    forms: dict[str, str] = {}
    for run in found.runs:
        missing = [probe_id for probe_id in found.probe_ids if probe_id not in forms]
        forms |= resolved_forms(run, missing, lengths) if missing else {}
    return forms


def _counts(found: HistoryRuns, forms: Mapping[str, str], on_progress: OnProgress) -> AnswerCounts:
    by_feature: dict[str, list[str]] = defaultdict(list)
    for probe_id, form in forms.items():
        by_feature[FEATURES[form]].append(probe_id)
    rows: list[FeatureMatrix] = []
    for done, run in enumerate(found.runs, start=1):
        own = frozenset(probe.id for probe in run.suite.probes)
        parts = [registry.feature(name).extract(run, own.intersection(ids)) for name, ids in by_feature.items()]
        rows.append(_joined(parts))
        on_progress(Progress(stage="features", subject="history", done=done, total=len(found.runs)))
    lost = [Counter(o.probe_id for o in run.observations if o.missing) for run in found.runs]
    return tabulate(rows, found.probe_ids, lost)


def _joined(parts: Sequence[FeatureMatrix]) -> FeatureMatrix:
    """Return the rows of features that are codes and share no probe."""
    import numpy as np

    from blackbox.core import FeatureMatrix

    return FeatureMatrix(
        feature="+".join(part.feature for part in parts),
        version=1,
        values=np.concatenate([part.values for part in parts]),
        probe_ids=tuple(probe_id for part in parts for probe_id in part.probe_ids),
        keys=tuple(key for part in parts for key in part.keys),
    )


def _repeats(first: Sequence[Run], read: AnswerCounts) -> str | None:
    """Return why the answers of the first runs are no independent draws (METHODS §1.13), or None."""
    for run in first:
        own = assess(run)
        asked_alike = any(o.sent_decoding is not None and o.sent_decoding.deterministic for o in run.observations)
        # That one run never varied says little of a few probes: all first runs together must not have varied.
        if own.state == "copies" or (own.state == "deterministic" and asked_alike):
            return f"{run.id}: {own.reason}"
    pooled = read.counts[: len(first)].sum(0)
    asked = pooled.sum(1) >= _REPEATED
    if len(first) >= MIN_REFERENCE and asked.any() and (pooled[asked].max(1) == pooled[asked].sum(1)).all():
        return f"at each of {int(asked.sum())} probes the first {len(first)} runs gave one and the same answer: repeats"
    return None


def _alpha(found: HistoryRuns, options: DriftOptions) -> float:
    """Return the level of this reading, after what was asked for is found to make sense.

    Raises:
        UsageError: The history is longer than the horizon that was declared, or a number makes no sense.
    """
    n_runs = len(found.runs)
    if options.horizon is not None and options.horizon < n_runs:
        raise UsageError(
            f"the history has {n_runs} runs and --horizon declares {options.horizon}: declare all runs that will be "
            "looked at, or begin a new history"
        )
    if options.baseline < MIN_REFERENCE:
        raise UsageError(f"--baseline {options.baseline}: an endpoint is known by {MIN_REFERENCE} runs at least")
    alpha = found.runs[0].suite.decision.alpha if options.alpha is None else options.alpha
    if not 0 < alpha < 1:
        raise UsageError(f"--alpha {alpha:g} is not between 0 and 1")
    return alpha


def _warnings(runs: Sequence[Run], usable: Sequence[int]) -> list[str]:
    silent = [run.id for place, run in enumerate(runs) if place not in set(usable)]
    n = sum(run.manifest.sent_decoding is None for run in runs)
    return [
        *([f"{len(silent)} runs hold no usable answer and were left out, e.g. {silent[0]}"] if silent else []),
        *([f"sampling settings of {n} of {len(runs)} runs are unknown: an untested condition"] if n else []),
        *(f"{run.id}: {warning}" for run in runs for warning in run.manifest.warnings),
        *_thin(runs),
    ]


def _thin(runs: Sequence[Run]) -> list[str]:
    """Return a line on runs that hold under half of the usual number of answers."""
    sizes = [sum(not o.missing for o in run.observations) for run in runs]
    usual = median(sizes)
    thin = [run.id for run, n in zip(runs, sizes, strict=True) if n < usual / 2]
    return [f"{len(thin)} runs hold under half of the usual {usual:g} answers, e.g. {thin[0]}"] if thin else []


def _provenance(runs: Sequence[Run], rules: Rules, options: DriftOptions) -> dict[str, Any]:
    ids = list(dict.fromkeys(run.id.partition("@")[0] for run in runs))
    words = ["blackbox drift", *ids, f"--order {options.order} --horizon {rules.horizon} --baseline {rules.baseline}"]
    return {
        "blackbox": version("blackbox-similarity"),
        "seed": rules.seed,
        "created_at": plain(options.created_at),
        "packages": {name: version(name) for name in ("numpy", "scipy")},
        "command": " ".join([*words, f"--alpha {rules.alpha:g} --seed {rules.seed}"]),
    }


def _inputs(runs: Sequence[Run], options: DriftOptions) -> dict[str, Any]:
    """Return what the reading was made from, and as asked: enough to compute it again."""
    asked = {name: getattr(options, name) for name in ("order", "horizon", "baseline", "confirming", "alpha", "seed")}
    return {"runs": [reference(run) for run in runs], "options": asked, "setup": setup()}


def _category(observation: Observation, probe: Probe) -> str | None:
    found: str | None = category(observation, probe.parser)
    return found
