"""Positive control: would these tests see a difference as large as the margin (METHODS §2)?

Side b with a share δ of its answers replaced by the control's is tested against side a, in several draws of
which answers are replaced. A control that differs by far more shows that the machinery works and nothing about
the margin, so the control's own distance never counts as a pass.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from blackbox.core import FeatureMatrix
from blackbox.evidence.same import Design, compare_pair
from blackbox.stats.randomness import generator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blackbox.evidence.samples import Sample

N_DRAWS = 20
PASSED_SHARE = 0.8
"""Share of the draws that must be detected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PositiveControl:
    """Whether the margin would have been seen.

    Args:
        run_id: The control run.
        endpoint: Its endpoint.
        share: δ, the share of answers replaced.
        n_draws: How many times answers were replaced and tested.
        n_detected: In how many of them p ≤ α.
        pvalue: Median p over the draws.
        passed: Whether at least eight in ten were detected.
        reason: Why it can't be had, or did not pass.
    """

    run_id: str
    endpoint: str
    share: float
    n_draws: int
    n_detected: int
    pvalue: float | None
    passed: bool
    reason: str | None


def positive_control(
    sides: tuple[Sample, Sample, Sample], forms: Mapping[str, str], design: Design, *, share: float, alpha: float
) -> PositiveControl:
    """Return how often a replaced share of the margin's size is detected.

    Args:
        sides: Side a, side b and the control.
        forms: Form of each probe.
        design: Signals, seed and B; only the signals of the omnibus are used.
        share: δ, the margin.
        alpha: Level, over the number of pairs judged.
    """
    a, b, control = sides
    signals = {name: s for name, s in design.signals.items() if s.info.omnibus}
    design = replace(design, signals=signals)
    features = {s.info.feature for s in signals.values()}
    rng = generator("positive control", design.seed, sorted((a.digest, b.digest)), control.digest)
    pvalues = [
        test.pvalue
        for _ in range(N_DRAWS)
        if (test := compare_pair(a, blended(b, control, features, share=share, rng=rng), forms, design)).pvalue
        is not None
    ]
    n_detected = sum(p <= alpha for p in pvalues)
    passed = n_detected >= PASSED_SHARE * N_DRAWS
    return PositiveControl(
        run_id=control.run.id,
        endpoint=control.run.manifest.endpoint_name,
        share=share,
        n_draws=len(pvalues),
        n_detected=n_detected,
        pvalue=float(np.median(pvalues)) if pvalues else None,
        passed=passed,
        reason=None if passed else _why_not(n_detected, len(pvalues), share),
    )


def blended(sample: Sample, control: Sample, features: set[str], *, share: float, rng: np.random.Generator) -> Sample:
    """Return a sample in which each answer is, with probability `share`, one of the control's at its probe.

    The control's answers are used once each; where it has too few, all it has.
    """
    swapped = _swaps(sample, control, share, rng)
    donors = {donor: f"control:{key}" for key, donor in swapped.items()}
    kept = tuple(o for o in sample.run.observations if o.key not in swapped)
    given = tuple(replace(o, key=donors[o.key]) for o in control.run.observations if o.key in donors)
    merged = {
        name: _merged(sample.features[name], control.features[name], set(swapped), donors)
        for name in features
        if name in sample.features and name in control.features and sample.features[name].offsets is None
    }
    return replace(sample, run=replace(sample.run, observations=kept + given), features=merged)


def _swaps(sample: Sample, control: Sample, share: float, rng: np.random.Generator) -> dict[str, str]:
    """Return which answer gives way to which of the control's, both by key."""
    donors: dict[str, list[str]] = defaultdict(list)
    for o in control.run.observations:
        if not o.missing:
            donors[o.probe_id].append(o.key)
    order = {probe: list(rng.permutation(sorted(keys))) for probe, keys in sorted(donors.items())}
    swaps: dict[str, str] = {}
    for o in sorted(sample.run.observations, key=lambda o: o.key):
        if not o.missing and rng.random() < share and order.get(o.probe_id):
            swaps[o.key] = str(order[o.probe_id].pop())
    return swaps


def _merged(own: FeatureMatrix, other: FeatureMatrix, gone: set[str], donors: Mapping[str, str]) -> FeatureMatrix:
    kept = [i for i, key in enumerate(own.keys) if key not in gone]
    given = [i for i, key in enumerate(other.keys) if key in donors]
    return FeatureMatrix(
        feature=own.feature,
        version=own.version,
        values=np.concatenate([own.values[kept], other.values[given]]),
        probe_ids=(*(own.probe_ids[i] for i in kept), *(other.probe_ids[i] for i in given)),
        keys=(*(own.keys[i] for i in kept), *(donors[other.keys[i]] for i in given)),
    )


def _why_not(n_detected: int, n_draws: int, share: float) -> str:
    return (
        f"with {share:g} of the answers replaced by the control's, only {n_detected} of {n_draws} tests saw it: "
        "these calls are too few to see the margin"
    )
