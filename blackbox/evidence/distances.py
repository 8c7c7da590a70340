"""Distances of a pair and its control, probe by probe, under one kernel: what the mixture-equivalent share is made of.

MMD(P, (1 − ε)P + εQ) = ε · MMD(P, Q) holds within one kernel, so the bandwidth of open probes is that of all
three sides together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from blackbox.core import Effect
from blackbox.evidence.samples import MIN_DRAWS, at_most
from blackbox.stats.bootstrap import studentised_bound, studentised_ratio_interval
from blackbox.stats.distances import mean_agreements, rbf_gram
from blackbox.stats.randomness import generator

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.core import AnyArray, FeatureMatrix, FloatArray
    from blackbox.evidence.samples import Sample

FEATURES = (("closed", "answer"), ("open", "embedding"))
INTERVAL_LEVEL = 0.95
SHARE = "mixture_equivalent_share"


@dataclass(frozen=True, slots=True, kw_only=True)
class Distances:
    """Unbiased MMD² of the pair, and of each side to the control, at every probe all three answered.

    Args:
        probe_ids: The probes.
        between: `(P,)` of the pair.
        to_a: `(P,)` of side a to the control.
        to_b: `(P,)` of side b to the control.
        n_draws: `(P,)` answers of the side with fewer.
        agreement: `(P,)` how often two answers of the pair agree under the kernel, by side with more agreement.
    """

    probe_ids: tuple[str, ...]
    between: FloatArray
    to_a: FloatArray
    to_b: FloatArray
    n_draws: FloatArray
    agreement: FloatArray

    @property
    def to_control(self) -> FloatArray:
        """`(P,)` distances of the side farther from the control.

        If one side is the other mixed with the control, that is the unmixed one: ρ is then exactly the share,
        whichever side was named first.
        """
        return self.to_a if self.to_a.mean() >= self.to_b.mean() else self.to_b

    def control_lower(self, *, level: float, seed: int, digests: Sequence[str]) -> float | None:
        """Return the smaller of the two sides' lower confidence bounds of the distance to the control."""
        bounds = []
        for digest, values in zip(digests, (self.to_a, self.to_b), strict=True):
            rng = generator("control bound", seed, digest)
            bounds.append(studentised_bound(values, side="lower", level=level, rng=rng))
        known = [bound for bound in bounds if bound is not None]
        return min(known) if len(known) == len(bounds) else None


def control_distances(a: Sample, b: Sample, control: Sample, forms: Mapping[str, str]) -> Distances:
    """Return the three distances at every probe with two usable answers on all three sides."""
    rows = [row for form, feature in FEATURES for row in _rows((a, b, control), forms, form, feature)]
    rows.sort(key=lambda row: row[0])
    table = np.array([values for _, values in rows]).reshape(len(rows), 5)
    return Distances(
        probe_ids=tuple(probe for probe, _ in rows),
        between=table[:, 0],
        to_a=table[:, 1],
        to_b=table[:, 2],
        n_draws=table[:, 3],
        agreement=table[:, 4],
    )


def mixture_equivalent_share(found: Distances, *, seed: int, digests: Sequence[str]) -> Effect | None:
    """Return ρ = √(max(Δ, 0) / Δ_AC) with its interval over probes; None where the control is no farther than chance.

    Args:
        found: Distances of the pair and its control.
        seed: The plan's seed.
        digests: Digests of side a, side b and the control.
    """
    lower = found.control_lower(level=INTERVAL_LEVEL, seed=seed, digests=digests[:2])
    if lower is None or lower <= 0:
        return None
    rng = generator("share", seed, sorted(digests))
    interval = studentised_ratio_interval(found.between, found.to_control, level=INTERVAL_LEVEL, rng=rng)
    return Effect(
        value=_root(float(found.between.mean() / found.to_control.mean())),
        ci_low=_root(interval.low) if interval else None,
        ci_high=_root(interval.high) if interval else None,
        unit=SHARE,
    )


def codes_by_probe(sample: Sample) -> dict[str, AnyArray]:
    """Return the answer codes of each probe; empty where the sample has none."""
    matrix = sample.features.get("answer")
    return _by_probe(matrix) if matrix is not None else {}


def _root(ratio: float) -> float:
    return float(np.sqrt(max(ratio, 0.0)))


def _rows(
    sides: tuple[Sample, Sample, Sample], forms: Mapping[str, str], form: str, feature: str
) -> list[tuple[str, list[float]]]:
    matrices = [side.features.get(feature) for side in sides]
    if any(matrix is None for matrix in matrices):
        return []
    values = [_by_probe(matrix) for matrix in matrices if matrix is not None]
    found = []
    for probe in (p for p, own in forms.items() if own == form):
        at = [side.get(probe) for side in values]
        known = [rows for rows in at if rows is not None and len(rows) >= MIN_DRAWS]
        if len(known) == len(sides):
            found.append((probe, _probe_distances(probe, known)))
    return found


def _by_probe(matrix: FeatureMatrix) -> dict[str, AnyArray]:
    rows: dict[str, list[int]] = {}
    for i, probe in enumerate(matrix.probe_ids):
        rows.setdefault(probe, []).append(i)
    return {probe: matrix.values[own] for probe, own in rows.items()}


def _probe_distances(probe_id: str, sides: Sequence[AnyArray]) -> list[float]:
    """Return MMD² between, to a, to b; the smaller count; and the larger agreement within a side."""
    means = mean_agreements(sides) if sides[0].ndim == 1 else _mean_kernels(probe_id, sides)

    def mmd2(i: int, j: int) -> float:
        return float(means[i, i] + means[j, j] - 2 * means[i, j])

    n_draws = float(min(len(side) for side in sides[:2]))
    return [mmd2(0, 1), mmd2(0, 2), mmd2(1, 2), n_draws, float(max(means[0, 0], means[1, 1]))]


def _mean_kernels(probe_id: str, sides: Sequence[AnyArray]) -> FloatArray:
    """Return `(3, 3)` mean values of the Gaussian kernel over pairs of different rows."""
    kept = [np.stack(at_most(list(side), probe_id, name)) for side, name in zip(sides, "abc", strict=True)]
    gram = rbf_gram(np.concatenate(kept))
    np.fill_diagonal(gram, 0.0)
    bounds = np.cumsum([0, *(len(side) for side in kept)])
    sizes = np.diff(bounds).astype(np.float64)
    sums = np.add.reduceat(np.add.reduceat(gram, bounds[:-1], axis=0), bounds[:-1], axis=1)
    return np.asarray(sums / (np.outer(sizes, sizes) - np.diag(sizes)))
