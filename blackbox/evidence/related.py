"""Related: kinship scores and ranks of all pairs of runs against the other runs as references (METHODS §4, §7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from blackbox.core import FloatArray

MIN_REFERENCES = 8
"""Families besides a pair's own from which its score can be ranked."""
PRIOR_WEIGHT = 20.0
"""ν₀ of the shrunken scale: how many references the population's median scale counts for."""
SCALE_FLOOR = 0.02
"""Least scale of averaged centred scores: references that all score alike give a small scale, not a zero one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kinship:
    """Normalised kinship scores of all pairs of runs.

    Args:
        by_signal: `(R, R)` S-normed scores of each signal.
        combined: `(R, R)` their mean.
        rank_pvalue: `(R, R)` (1 + families at least as close) / (1 + families), larger of both directions.
        quantile: Of each signal, `(R, R)` share of reference families further away, smaller of both directions.
        n_references: `(R, R)` families that a pair was ranked among.
    """

    by_signal: Mapping[str, FloatArray]
    combined: FloatArray
    rank_pvalue: FloatArray
    quantile: Mapping[str, FloatArray]
    n_references: FloatArray


def kinship(distances: Mapping[str, FloatArray], families: Sequence[int]) -> Kinship:
    """Return scores and ranks from each signal's `(R, R)` per-pair averages.

    Args:
        distances: Centred scores averaged over probes, by signal; NaN where a pair shares no probe.
        families: Family number of each run; a run is never its own family's reference.
    """
    numbers = np.unique(np.asarray(families), return_inverse=True)[1]
    by_signal = {name: s_norm(scores, numbers) for name, scores in distances.items()}
    combined = np.mean(list(by_signal.values()), axis=0)
    n_families = int(numbers.max()) + 1
    same = numbers[:, None] == numbers[None, :]
    return Kinship(
        by_signal=by_signal,
        combined=combined,
        rank_pvalue=_rank(combined, numbers),
        quantile={name: 1 - _exceeding_share(z, numbers) for name, z in by_signal.items()},
        n_references=np.where(same, n_families - 1.0, n_families - 2.0),
    )


def averaged(chunks: Iterable[FloatArray]) -> FloatArray:
    """Return the `(R, R)` mean over probes of `(P, R, R)` chunks, ignoring probes where a side is silent."""
    total: FloatArray | None = None
    count: FloatArray | None = None
    for chunk in chunks:
        present = np.isfinite(chunk)
        added, n = np.where(present, chunk, 0.0).sum(0, dtype=np.float64), present.sum(0).astype(np.float64)
        total, count = (added, n) if total is None or count is None else (total + added, count + n)
    assert total is not None
    assert count is not None
    with np.errstate(invalid="ignore"):
        return np.asarray(total / count)


def s_norm(scores: FloatArray, families: np.ndarray[tuple[int], np.dtype[np.intp]]) -> FloatArray:
    """Return Z = ½[(D − μ_a)/s̃_a + (D − μ_b)/s̃_b], each cohort without both families, its scale shrunk.

    s̃² = ((R−1)s² + ν₀ s₀²)/(R−1+ν₀), s₀ the median scale over runs (METHODS §7.4).

    References:
        Auckenthaler, Carey & Lloyd-Thomas (2000), "Score normalization for text-independent speaker
        verification systems", Digital Signal Processing 10, 42–54 (Z-norm and T-norm; S-norm is their mean).
    """
    valid = np.isfinite(scores) & (families[:, None] != families[None, :])
    value = np.where(valid, scores, 0.0)
    one_hot = np.eye(int(families.max()) + 1)[families]
    n, total, square = (
        m.sum(1)[:, None] - (m @ one_hot)[:, families] for m in (valid.astype(np.float64), value, value**2)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / n
        variance = np.maximum(square - n * mean**2, 0.0) / (n - 1)
        typical = float(np.nanmedian(np.where(valid, variance, np.nan)))
        scale = np.sqrt(((n - 1) * variance + PRIOR_WEIGHT * typical) / (n - 1 + PRIOR_WEIGHT))
        one_sided = (scores - mean) / np.maximum(scale, SCALE_FLOOR)
    return np.asarray((one_sided + one_sided.T) / 2)


def _rank(scores: FloatArray, families: np.ndarray[tuple[int], np.dtype[np.intp]]) -> FloatArray:
    """Return rank p-values over families in both directions, the larger of the two (METHODS §4.6)."""
    n, closer = _closer_families(scores, families)
    one_way = (1 + closer) / (1 + n)
    return np.asarray(np.maximum(one_way, one_way.T))


def _exceeding_share(scores: FloatArray, families: np.ndarray[tuple[int], np.dtype[np.intp]]) -> FloatArray:
    n, closer = _closer_families(scores, families)
    with np.errstate(invalid="ignore", divide="ignore"):
        one_way = closer / n
    return np.asarray(np.maximum(one_way, one_way.T))


def _closer_families(
    scores: FloatArray, families: np.ndarray[tuple[int], np.dtype[np.intp]]
) -> tuple[FloatArray, FloatArray]:
    """Return, for each pair (a, b), how many other families there are and how many hold one at least as close to a."""
    n_families = int(families.max()) + 1
    best = np.stack([_row_max(scores[:, families == f]) for f in range(n_families)], axis=1)
    ids = np.arange(n_families)
    n = np.zeros(scores.shape)
    closer = np.zeros(scores.shape)
    for a, row in enumerate(best):
        other = (ids[None, :] != families[a]) & (ids[None, :] != families[:, None]) & np.isfinite(row)[None, :]
        n[a] = other.sum(1)
        closer[a] = (other & (row[None, :] >= scores[a][:, None])).sum(1)
    return n, closer


def _row_max(columns: FloatArray) -> FloatArray:
    return np.asarray(np.max(np.where(np.isfinite(columns), columns, -np.inf), axis=1))
