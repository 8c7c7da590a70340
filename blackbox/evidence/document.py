"""Results as the `blackbox.comparison/1` document: JSON types only, null with a reason where there is no number."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from blackbox.core import plain
from blackbox.evidence.conditions import window
from blackbox.evidence.independence import assess
from blackbox.evidence.similarity import UNIT, Band

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.core import Effect, Run, TwoSampleResult
    from blackbox.evidence.benign import BenignBand, Disagreement
    from blackbox.evidence.blocks import Blocks
    from blackbox.evidence.conditions import Condition
    from blackbox.evidence.control import Control
    from blackbox.evidence.equivalence import Equivalence
    from blackbox.evidence.explanations import Explanation
    from blackbox.evidence.loss import Loss
    from blackbox.evidence.positive import PositiveControl
    from blackbox.evidence.power import Detectable
    from blackbox.evidence.same import PairTest
    from blackbox.evidence.verdict import Judged

SCHEMA = "blackbox.comparison/1"
NO_POPULATION = "no reference population of known lineage: ranks and scores only, no ratio"


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
    share: Effect | None = None
    equivalence: Equivalence | None = None
    positive: PositiveControl | None = None
    detectable: tuple[Detectable, ...] = ()
    benign: BenignBand | None = None
    disagreement: Disagreement | None = None
    explanations: tuple[Explanation, ...] = ()
    blocks: Blocks | None = None
    look: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedEvidence:
    """Score and rank of a pair among references, or the reason why there is none."""

    score: float | None
    rank_pvalue: float | None
    n_references: int
    reason: str | None
    signals: Sequence[Mapping[str, Any]] = ()
    ratio: Mapping[str, Any] | None = None
    sentence: str | None = None


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
    """Return a pair's `same` object; the effect is the mixture-equivalent share where a control gives its unit."""
    test = evidence.test
    distance = plain(test.effect) if test else {"value": None, "ci_low": None, "ci_high": None, "unit": "mmd2"}
    return {
        "verdict": evidence.judged.verdict,
        "reason": evidence.judged.reason,
        "band": evidence.judged.band,
        "pvalue": test.pvalue if test else None,
        "pvalue_adjusted": evidence.pvalue_adjusted,
        "pvalue_imputed": test.pvalue_imputed if test else None,
        "alpha": evidence.alpha,
        "look": evidence.look,
        "effect": plain(evidence.share) if evidence.share else distance,
        "distance": distance,
        "primary_signal": test.primary if test else None,
        "margin": evidence.margin,
        "minimum_detectable_effect": _detectable(evidence.detectable[0]) if evidence.detectable else None,
        "minimum_detectable_effects": [_detectable(d) for d in evidence.detectable],
        "repeat_control": {"a": _control(evidence.control_a), "b": _control(evidence.control_b)},
        "blocks": _blocks(evidence.blocks),
        "positive_control": plain(evidence.positive),
        "equivalence": plain(evidence.equivalence),
        "benign_band": plain(evidence.benign),
        "deterministic": plain(evidence.disagreement),
        "benign_explanations": [plain(e) for e in evidence.explanations],
        "signals": [_signal(result) for result in (test.signals if test else ())],
    }


def similarity_entry(evidence: SameEvidence) -> dict[str, Any]:
    """Return a pair's `similarity` object: a number only where a repeat band is known to read it against."""
    benign = evidence.benign.similarity if evidence.benign is not None else None
    known = evidence.similarity is not None and (evidence.repeat_band is not None or benign is not None)
    return {
        "value": evidence.similarity if known else None,
        "unit": UNIT,
        "repeat_band": plain(evidence.repeat_band) if known else None,
        "benign_band": plain(benign) if known else None,
        "unrelated_band": None,
        "reason": _band_reason(repeat=evidence.repeat_band is not None, benign=benign is not None),
    }


def _band_reason(*, repeat: bool, benign: bool) -> str:
    if not repeat and not benign:
        return "no second session, no same-weights host and no unrelated band: a number without a band would mislead"
    if not benign:
        return "read it against the repeat band; same weights on other hosts and unrelated endpoints are unknown here"
    unknown = "unrelated endpoints are" if repeat else "a second session and unrelated endpoints are"
    return f"read it against the same-weights band; {unknown} unknown here"


def related_entry(related: RelatedEvidence) -> dict[str, Any]:
    """Return a pair's `related` object: score and rank, and what a population adds."""
    entry = {
        "log10_lr": None,
        "uncapped_log10_lr": None,
        "against": "unrelated",
        "bounds": None,
        "verbal": None,
        "score": finite(related.score),
        "rank_pvalue": finite(related.rank_pvalue),
        "n_references": related.n_references,
        "population": None,
        "reason": related.reason or (None if related.ratio else NO_POPULATION),
        "signals": [dict(signal) for signal in related.signals],
    }
    return entry | dict(related.ratio or {})


def missing_entry(loss: Loss, *, untested: str | None = None) -> dict[str, Any]:
    """Return a pair's `missing` object.

    Args:
        loss: Lost answers of both sides, and the test that they were lost alike.
        untested: Why its p can't be read; None where it can.
    """
    counts = {"a": dict(loss.a), "b": dict(loss.b)}
    return {"pvalue": None, **counts, "reason": untested} if untested else {"pvalue": loss.pvalue, **counts}


def condition_entries(found: Sequence[Condition]) -> list[dict[str, Any]]:
    """Return a pair's conditions."""
    return [dict(plain(condition)) for condition in found]


def finite(value: float | None) -> float | None:
    """Return the value, or None where it is not a finite number: the document is strict JSON."""
    return float(value) if value is not None and math.isfinite(value) else None


def _detectable(found: Detectable) -> dict[str, Any]:
    reason = None
    if found.value is None:
        reason = (
            f"not even {found.alternative} in every call is found with power {found.power:g}; "
            f"it is with {found.power_of_all:.2f}"
        )
    return {
        "value": found.value,
        "unit": "mixture_share",
        "alternative": found.alternative,
        "power": found.power,
        "power_of_all": found.power_of_all,
        "reason": reason,
    }


def _control(control: Control | None) -> dict[str, Any] | None:
    if control is None:
        return None
    return {"pvalue": control.pvalue, "kind": control.kind, "reason": control.reason}


def _blocks(found: Blocks | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "a": plain(found.a),
        "b": plain(found.b),
        "split": sorted(found.split),
        "pvalue": found.pvalue,
        "parts_pvalue": found.parts_pvalue,
    }


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
