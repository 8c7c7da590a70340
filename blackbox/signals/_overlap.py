"""Rare-gram overlap of answers, centred per probe: the formula behind the signals w3 and c5.

Within a probe, a gram weighs w_g = max(.02, ln((R + 1) / (df_g + .5))), df_g of the R reference answers
holding it; S = Σ_shared w / √(Σ_a w · Σ_b w); then d = clip[(S(a,b) − m(a) − m(b) + m) / sd, −8, 20] over
references (METHODS §7.2–3). For each pair, both families are left out of everything that normalises it:
document frequencies, means and standard deviation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.core import FeatureMatrix, FloatArray

    Families = np.ndarray[tuple[int], np.dtype[np.intp]]

WEIGHT_FLOOR = 0.02
CLIP = (-8.0, 20.0)
SPREAD_FLOOR = 0.005
"""Least standard deviation of overlaps over references: where none of them share anything, one shared gram is
strong but not infinite."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incidence:
    """Which runs hold which grams at one probe.

    Args:
        held: `(R, G)` CSR of ones.
        in_family: `(R, G)` CSR; members of the run's family that hold the gram, for grams any of them holds.
        families: `(R,)` family numbers.
        answered: `(R,)` whether the run has an answer here.
    """

    held: sparse.csr_array
    in_family: sparse.csr_array
    families: Families
    answered: np.ndarray[tuple[int], np.dtype[np.bool_]]


def overlap_scores(runs: Sequence[FeatureMatrix], families: Sequence[int]) -> FloatArray:
    """Return `(P, R, R)` centred overlaps of all pairs of runs; NaN where a side has no answer.

    Several answers of a run at one probe count as one: the union of their grams.

    Args:
        runs: One ragged gram matrix a run.
        families: Family number of each run.
    """
    by_probe = [_grams_by_probe(run) for run in runs]
    probes = sorted({probe for grams in by_probe for probe in grams})
    numbers = np.unique(np.asarray(families), return_inverse=True)[1]
    scores = np.full((len(probes), len(runs), len(runs)), np.nan)
    for i, probe in enumerate(probes):
        scores[i] = centred(similarities(_incidence([grams.get(probe) for grams in by_probe], numbers)), numbers)
    return scores


def similarities(incidence: Incidence) -> FloatArray:
    """Return `(R, R)` weighted overlaps S, each pair weighed without both of its families; NaN where silent."""
    sizes = np.bincount(incidence.families, weights=incidence.answered)
    own = sizes[incidence.families]
    n_references = incidence.answered.sum() - own[:, None] - own[None, :]
    result = np.full(n_references.shape, np.nan)
    for r in np.unique(n_references):
        where = n_references == r
        result[where] = _weighted_overlap(incidence, max(float(r), 0.0))[where]
    result[~incidence.answered] = np.nan
    result[:, ~incidence.answered] = np.nan
    return result


def centred(overlap: FloatArray, families: Families) -> FloatArray:
    """Return `(R, R)` double-centred, scaled and clipped overlaps; references exclude both families of a pair."""
    valid = np.isfinite(overlap) & (families[:, None] != families[None, :])
    value = np.where(valid, overlap, 0.0)
    row_n, row_sum = (_rows_without(a, families) for a in (valid.astype(float), value))
    all_n, all_sum, all_square = (_total_without(a, families) for a in (valid.astype(float), value, value**2))
    with np.errstate(invalid="ignore", divide="ignore"):
        row_mean = row_sum / row_n
        mean = all_sum / all_n
        sd = np.sqrt(np.maximum(all_square / all_n - mean**2, SPREAD_FLOOR**2))
        d = (overlap - row_mean - row_mean.T + mean) / sd
    return np.asarray(np.clip(np.where(np.isfinite(d), d, np.nan), *CLIP))


def _by_family(matrix: FloatArray, families: Families) -> FloatArray:
    """Return `(R, F)` sums of the columns of each family."""
    order = np.argsort(families, kind="stable")
    starts = np.searchsorted(families[order], np.arange(int(families.max()) + 1))
    return np.asarray(np.add.reduceat(matrix[:, order], starts, axis=1))


def _rows_without(matrix: FloatArray, families: Families) -> FloatArray:
    """Return `(R, R)` row sums of row i over columns outside the families of i and j."""
    return np.asarray(matrix.sum(1)[:, None] - _by_family(matrix, families)[:, families])


def _total_without(matrix: FloatArray, families: Families) -> FloatArray:
    """Return `(R, R)` sums over ordered pairs that touch neither the family of i nor that of j."""
    block = _by_family(_by_family(matrix, families).T, families).T
    touching = block.sum(1) + block.sum(0)
    total = block.sum() - touching[:, None] - touching[None, :] + block + block.T
    return np.asarray(total[np.ix_(families, families)])


def _weighted_overlap(incidence: Incidence, n_references: float) -> FloatArray:
    held, in_family = incidence.held, incidence.in_family
    frequency = np.asarray(held.sum(0)).ravel()
    levels = np.unique(in_family.data)
    own = {a: _level(held.multiply(in_family).tocsr(), a) for a in levels}
    across = {b: _level(in_family, b) for b in levels}
    n = held.shape[0]
    shared, norm = np.zeros((n, n)), np.zeros((n, n))
    for a in levels:
        alone = _weight(frequency - a, n_references)
        norm += (own[a] @ alone)[:, None]
        for b in levels:
            together = _weight(frequency - a - b, n_references)
            shared += _product(own[a], together, own[b])
            norm += _product(own[a], together - alone, across[b])
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(shared / np.sqrt(norm * norm.T))


def _weight(frequency: FloatArray, n_references: float) -> FloatArray:
    return np.asarray(np.maximum(WEIGHT_FLOOR, np.log((n_references + 1) / (np.maximum(frequency, 0.0) + 0.5))))


def _level(matrix: sparse.csr_array, level: float) -> sparse.csr_array:
    kept = matrix.copy()
    kept.data = (kept.data == level).astype(np.float64)
    kept.eliminate_zeros()
    return kept


def _product(left: sparse.csr_array, weights: FloatArray, right: sparse.csr_array) -> FloatArray:
    return np.asarray((left.multiply(weights[None, :]).tocsr() @ right.T).todense())


def _incidence(grams: Sequence[np.ndarray | None], families: Families) -> Incidence:
    lengths = np.array([0 if g is None else len(g) for g in grams])
    flat = np.concatenate([g for g in grams if g is not None] or [np.zeros(0, dtype=np.uint64)])
    columns = np.unique(flat, return_inverse=True)[1]
    bounds = np.concatenate([[0], np.cumsum(lengths)])
    shape = (len(grams), int(columns.max()) + 1 if len(columns) else 1)
    held = sparse.csr_array((np.ones(len(flat)), columns, bounds), shape=shape)
    members = sparse.csr_array((np.ones(len(families)), (families, np.arange(len(families)))))
    in_family = (members.T @ (members @ held)).tocsr()
    answered = np.array([g is not None for g in grams])
    return Incidence(held=held, in_family=in_family, families=families, answered=answered)


def _grams_by_probe(matrix: FeatureMatrix) -> dict[str, np.ndarray]:
    assert matrix.offsets is not None
    rows: dict[str, list[np.ndarray]] = {}
    for i, probe in enumerate(matrix.probe_ids):
        rows.setdefault(probe, []).append(matrix.values[matrix.offsets[i] : matrix.offsets[i + 1]])
    return {probe: np.unique(np.concatenate(parts)) if len(parts) > 1 else parts[0] for probe, parts in rows.items()}
