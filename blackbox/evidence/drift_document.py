"""A history's reading as the `blackbox.drift/1` document: JSON types only, null where there is no number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from blackbox.core.wording import NAMES_ARE_CLAIMS, ONLY_THESE_CALLS
from blackbox.evidence.document import finite
from blackbox.evidence.drift import DISPERSED, MIN_REFERENCE, SUSPECTED
from blackbox.evidence.drift_context import context_lines, run_context
from blackbox.evidence.drift_power import POWER
from blackbox.evidence.exhibits import exhibits, prompt
from blackbox.stats.exact_match import mmd2

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from blackbox.core import Observation, Probe, Run
    from blackbox.evidence.drift import Point, Reading, Rules
    from blackbox.evidence.drift_counts import AnswerCounts
    from blackbox.evidence.drift_verdict import DriftVerdict

SCHEMA = "blackbox.drift/1"
MOST_EXHIBITS = 12
LIMITS = (
    ONLY_THESE_CALLS,
    "An alarm says that answers changed, not why: a new serving set-up of the same weights looks like this too.",
    "No alarm is not evidence of sameness: small changes are found late or not at all.",
    NAMES_ARE_CLAIMS,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What a document is made of.

    Args:
        runs: All runs in order.
        usable: Places of the runs with usable answers: those that were read.
        counts: Of the usable runs.
        forms: Form of each probe.
        reading: Of the usable runs.
        rules: What was fixed beforehand.
        verdict: The answer.
        basis_reason: Why only whole runs are exchangeable, where that is so.
        order: How the runs were ordered.
        warnings: What a reader should know.
    """

    runs: tuple[Run, ...]
    usable: tuple[int, ...]
    counts: AnswerCounts
    forms: Mapping[str, str]
    reading: Reading
    rules: Rules
    verdict: DriftVerdict
    basis_reason: str | None
    order: str
    warnings: tuple[str, ...]

    def run_id(self, place: int | None) -> str | None:
        """Return the id of a usable run by its place in the reading."""
        return None if place is None else self.runs[self.usable[place]].id


def drift_document(
    history: History, provenance: Mapping[str, Any], *, category: Callable[[Observation, Probe], str | None]
) -> dict[str, Any]:
    """Return the whole document of one endpoint's history."""
    found, reading = history.verdict, history.reading
    first = history.runs[0]
    interval = reading.onset if found.onset is not None else None
    return {
        "schema": SCHEMA,
        "verdict": found.verdict,
        "reason": found.reason,
        "onset": history.run_id(found.onset),
        "onset_interval": {"low": history.run_id(interval.low), "high": history.run_id(interval.high), "level": 0.95}
        if interval
        else None,
        "detected": history.run_id(found.detected),
        "alpha": history.rules.alpha,
        "horizon": history.rules.horizon,
        "endpoint": first.manifest.endpoint_name,
        "suite": first.suite.name,
        "suite_version": first.suite.version,
        "suite_digests": sorted({run.suite.digest for run in history.runs}),
        "order": history.order,
        "points": _points(history),
        "reference": _reference(history),
        "rules": _rules(history.rules, history.basis_reason),
        "minimum_detectable_effect": _detectable(history),
        "probes": _probes(history),
        "exhibits": _exhibits(history, category),
        "context": context_lines(history.runs, history.rules.baseline),
        "warnings": list(history.warnings),
        "limits": list(LIMITS),
        "provenance": dict(provenance),
    }


def _points(history: History) -> list[dict[str, Any]]:
    read = dict(zip(history.usable, history.reading.points, strict=True))
    kept = frozenset(history.counts.probe_ids)
    return [_point(run, read.get(place), kept) for place, run in enumerate(history.runs)]


def _point(run: Run, point: Point | None, kept: frozenset[str]) -> dict[str, Any]:
    asked = [o for o in run.observations if o.probe_id in kept]
    return {
        "run": run.id,
        "label": run.manifest.label,
        "endpoint": run.manifest.endpoint_name,
        "statistic": finite(point.statistic) if point else None,
        "pvalue": point.pvalue if point else None,
        "n": sum(not o.missing for o in asked),
        "n_missing": sum(o.missing for o in asked),
        "suspected": bool(point and point.suspected),
        "alarm": bool(point and point.alarm),
        "rule": point.rule if point else None,
        "reason": _point_reason(point),
        "limit": finite(point.limit) if point else None,
        "score": finite(point.score) if point else None,
        "n_reference_runs": point.reference if point else 0,
        "pvalue_imputed": point.pvalue_imputed if point else None,
        "loss_pvalue": point.loss_pvalue if point else None,
        "wealth": finite(point.wealth) if point else None,
        "journal_head": run.manifest.journal_head,
        **run_context(run),
    }


def _point_reason(point: Point | None) -> str | None:
    if point is None:
        return "no usable answer at the probes of this history"
    if point.pvalue is not None:
        return None
    if point.reference < MIN_REFERENCE:
        return f"one of the first {MIN_REFERENCE} runs, by which the endpoint is known: not tested itself"
    return "shares no probe with two usable answers with the first runs"


def _reference(history: History) -> dict[str, Any]:
    n = min(history.rules.baseline, history.counts.n_runs)
    tested = [point.dispersion for point in history.reading.points if point.dispersion is not None]
    return {
        "runs": [history.run_id(place) for place in range(n)],
        "dispersion_pvalue": tested[-1] if tested else None,
        "over_dispersed": tested[-1] <= DISPERSED if tested else None,
    }


def _detectable(history: History) -> dict[str, Any] | None:
    """Return what would have been seen where nothing was; null for other verdicts."""
    found = history.verdict.detectable
    if found is None:
        return None
    answers = "answers, of open ones the first words," if "open" in history.forms.values() else "answers"
    return {
        "value": found.share,
        "unit": "share_of_answers_replaced",
        "alternative": f"a share of the {answers} is replaced by others, never given before, in the same variety",
        "power": found.power,
        "power_wanted": POWER,
        "within_runs": 2,
    }


def _rules(rules: Rules, basis_reason: str | None) -> dict[str, Any]:
    return {
        "exchangeable": rules.basis,
        "exchangeable_reason": basis_reason,
        "suspected_at": SUSPECTED,
        "confirmed_at": rules.spending,
        "wealth_needed": rules.wealth_needed,
        "n_permutations": rules.most_draws,
        "baseline_runs": rules.baseline,
    }


def _split(history: History) -> int:
    """Return where the probes are split: at the onset, else at the end of the reference."""
    onset = history.reading.onset
    n = history.counts.n_runs
    return onset.run if onset is not None else min(max(1, min(history.rules.baseline, n - 1)), n - 1)


def _probes(history: History) -> list[dict[str, Any]]:
    """Return how far each probe moved between the runs before and from the split, farthest first."""
    split, counts = _split(history), history.counts
    before, after = counts.counts[:split].sum(0), counts.counts[split:].sum(0)
    moved = mmd2(
        own=(before * before).sum(1),
        across=(before * after).sum(1),
        other=(after * after).sum(1),
        n=before.sum(1),
        m=after.sum(1),
    )
    probes = {probe.id: probe for run in history.runs for probe in run.suite.probes}
    rows = [
        {
            "probe_id": probe_id,
            "prompt": prompt(probes[probe_id]),
            "effect": finite(float(moved[p])),
            "n_before": int(before[p].sum()),
            "n_after": int(after[p].sum()),
        }
        for p, probe_id in enumerate(counts.probe_ids)
    ]
    return sorted(rows, key=lambda row: (row["effect"] is None, -(row["effect"] or 0.0), row["probe_id"]))


def _exhibits(history: History, category: Callable[[Observation, Probe], str | None]) -> list[dict[str, Any]]:
    split = _split(history)
    read = [history.runs[place] for place in history.usable]
    before, after = _pooled(read[:split]), _pooled(read[split:])
    known = {probe.id for probe in before.suite.probes}
    rows = [
        {"probe_id": row["probe_id"], "form": history.forms[row["probe_id"]]}
        for row in _probes(history)
        if row["probe_id"] in known and (row["effect"] or 0.0) > 0
    ]
    return exhibits(before, after, rows, category=category, limit=MOST_EXHIBITS)


def _pooled(runs: Sequence[Run]) -> Run:
    from dataclasses import replace

    widest = max(runs, key=lambda run: len(run.suite.probes))
    return replace(widest, observations=tuple(o for run in runs for o in run.observations))
