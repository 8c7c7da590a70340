"""Results as the `blackbox.comparison/1` document: JSON types only, null with a reason where there is no number."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from blackbox.core import plain
from blackbox.evidence import wording
from blackbox.evidence.conditions import window
from blackbox.evidence.independence import assess
from blackbox.evidence.similarity import UNIT, Band

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.core import Run, TwoSampleResult
    from blackbox.evidence.conditions import Condition
    from blackbox.evidence.control import Control
    from blackbox.evidence.same import PairTest
    from blackbox.evidence.verdict import Judged

SCHEMA = "blackbox.comparison/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class SameEvidence:
    """Everything the `same` object of a pair is made of."""

    judged: Judged
    test: PairTest | None
    pvalue_adjusted: float | None
    alpha: float
    margin: float
    control_a: Control | None
    control_b: Control | None
    similarity: float | None
    repeat_band: Band | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedEvidence:
    """Score and rank of a pair among references, or the reason why there is none."""

    score: float | None
    rank_pvalue: float | None
    n_references: int
    reason: str | None
    signals: Sequence[Mapping[str, Any]] = ()


def run_entry(run: Run) -> dict[str, Any]:
    """Return a run's entry: who answered, when, under what, with which outcomes."""
    manifest, times = run.manifest, window(run)
    endpoint = manifest.endpoint
    independence = assess(run)
    return {
        "id": run.id,
        "endpoint": manifest.endpoint_name,
        "suite": manifest.suite_name,
        "suite_version": manifest.suite_version,
        "suite_digest": manifest.suite_digest,
        "n_observations": len(run.observations),
        "outcomes": dict(sorted(Counter(str(o.outcome) for o in run.observations).items())),
        "label": manifest.label,
        "origin": manifest.origin,
        "model": endpoint.get("model"),
        "claimed_model": claimed_model(run),
        "base_url": endpoint.get("base_url"),
        "requested_from": plain(times[0]) if times else None,
        "requested_to": plain(times[1]) if times else None,
        "sent_decoding": plain(manifest.sent_decoding),
        "honoured_decoding": plain(manifest.honoured_decoding),
        "served_models": _tally(run, "served_model"),
        "providers": _tally(run, "provider"),
        "fingerprints": _tally(run, "system_fingerprint"),
        "journal_head": manifest.journal_head,
        "independence": {"state": independence.state, "reason": independence.reason},
    }


def claimed_model(run: Run) -> str:
    """Return the model an endpoint claims to serve: as configured, else the model it is asked for."""
    endpoint = run.manifest.endpoint
    return str(endpoint.get("claimed_model") or endpoint.get("model") or run.manifest.endpoint_name)


def same_entry(evidence: SameEvidence) -> dict[str, Any]:
    """Return a pair's `same` object."""
    test = evidence.test
    return {
        "verdict": evidence.judged.verdict,
        "reason": evidence.judged.reason,
        "band": evidence.judged.band,
        "pvalue": test.pvalue if test else None,
        "pvalue_adjusted": evidence.pvalue_adjusted,
        "pvalue_imputed": test.pvalue_imputed if test else None,
        "alpha": evidence.alpha,
        "effect": plain(test.effect) if test else {"value": None, "ci_low": None, "ci_high": None, "unit": "mmd2"},
        "primary_signal": test.primary if test else None,
        "margin": evidence.margin,
        "minimum_detectable_effect": None,
        "repeat_control": {"a": _control(evidence.control_a), "b": _control(evidence.control_b)},
        "positive_control": None,
        "benign_explanations": [],
        "signals": [_signal(result) for result in (test.signals if test else ())],
    }


def similarity_entry(evidence: SameEvidence) -> dict[str, Any]:
    """Return a pair's `similarity` object: a number only where a repeat band is known to read it against."""
    known = evidence.similarity is not None and evidence.repeat_band is not None
    reason = (
        "read it against the repeat band; same weights on other hosts and unrelated endpoints are unknown here"
        if known
        else "no second session of either endpoint and no unrelated band: a number without a band would mislead"
    )
    return {
        "value": evidence.similarity if known else None,
        "unit": UNIT,
        "repeat_band": plain(evidence.repeat_band) if known else None,
        "benign_band": None,
        "unrelated_band": None,
        "reason": reason,
    }


def related_entry(related: RelatedEvidence) -> dict[str, Any]:
    """Return a pair's `related` object without a population: score and rank, no ratio."""
    return {
        "log10_lr": None,
        "uncapped_log10_lr": None,
        "against": "unrelated",
        "bounds": None,
        "verbal": None,
        "score": finite(related.score),
        "rank_pvalue": finite(related.rank_pvalue),
        "n_references": related.n_references,
        "population": None,
        "reason": related.reason or "no reference population of known lineage: ranks and scores only, no ratio",
        "signals": [dict(signal) for signal in related.signals],
    }


def missing_entry(test: PairTest | None) -> dict[str, Any]:
    """Return a pair's `missing` object."""
    if test is None:
        return {"pvalue": None, "a": {}, "b": {}}
    return {"pvalue": test.loss.pvalue, "a": dict(test.loss.a), "b": dict(test.loss.b)}


def mixed_entry() -> dict[str, Any]:
    """Return a pair's `mixed` object: not computed in this version, and said so."""
    return {"share": None, "ci_low": None, "ci_high": None, "alternative": None, "reason": wording.MIXED}


def condition_entries(found: Sequence[Condition]) -> list[dict[str, Any]]:
    """Return a pair's conditions."""
    return [dict(plain(condition)) for condition in found]


def finite(value: float | None) -> float | None:
    """Return the value, or None where it is not a finite number: the document is strict JSON."""
    return float(value) if value is not None and math.isfinite(value) else None


def _control(control: Control | None) -> dict[str, Any] | None:
    if control is None:
        return None
    return {"pvalue": control.pvalue, "kind": control.kind, "reason": control.reason}


def _signal(result: TwoSampleResult) -> dict[str, Any]:
    return {
        "signal": result.signal,
        "version": result.version,
        "status": result.status,
        "reason": result.reason,
        "statistic": finite(result.statistic),
        "pvalue": result.pvalue,
        "pvalue_adjusted": result.pvalue_adjusted,
        "n_permutations": result.n_permutations,
        "n_x": result.n_x,
        "n_y": result.n_y,
    }


def _tally(run: Run, field: str) -> dict[str, int]:
    return dict(sorted(Counter(str(v) for o in run.observations if (v := getattr(o, field))).items()))
