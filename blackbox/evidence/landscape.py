"""Distances between all runs of a suite, probe by probe, and the tree and map they make: who answers like whom.

Three units: overlap of rare phrases, centred (open answers, enough endpoints) or as it is (few endpoints), and the
distance between answer distributions (closed answers). None has a direction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from blackbox.stats.randomness import generator
from blackbox.stats.scaling import classical_scaling
from blackbox.stats.trees import MIN_LEAVES, Tree, neighbour_joining, newick, split_support

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from blackbox.core import AnyArray, FeatureMatrix, FloatArray

N_BOOTSTRAP = 100
MIN_ENDPOINTS = 10
"""Endpoints from which every pair has eight others to be centred by."""
CLIP = (-8.0, 20.0)
CEILING = CLIP[1]
WEIGHT_FLOOR = 0.02
SPREAD_FLOOR = 0.005
"""Least spread of overlaps: where nobody shares anything, one shared gram is strong but not infinite."""
UNITS = {
    "kinship": "1 − centred overlap of rare phrases / 20: 0 as alike as the scale tells, 1 as far as the average pair",
    "overlap": "1 − weighted overlap of word 3-grams: 0 the same phrases, 1 none in common",
    "answers": "square root of the squared distance (MMD², unbiased, floored at 0) between answer distributions",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeDistances:
    """Distances of all pairs at every probe.

    Args:
        unit: `kinship`, `overlap` or `answers`.
        values: `(P, R, R)`; NaN where a side is silent.
    """

    unit: str
    values: AnyArray

    def averaged(self, weights: AnyArray) -> FloatArray:
        """Return `(B, R, R)` means over probes, each counted as often as a row of `(B, P)` weights says.

        NaN for pairs without a probe that both answered.
        """
        n_probes, n_runs = self.values.shape[:2]
        flat = self.values.reshape(n_probes, -1)
        counts = weights.astype(flat.dtype)
        known = np.isfinite(flat)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = (counts @ np.where(known, flat, 0)).astype(np.float64) / (counts @ known.astype(flat.dtype))
        found = np.maximum(mean.reshape(-1, n_runs, n_runs), 0.0)
        found = np.sqrt(found) if self.unit == "answers" else found
        found[:, np.arange(n_runs), np.arange(n_runs)] = 0.0
        return np.asarray(found)


def open_distances(runs: Sequence[FeatureMatrix], endpoints: Sequence[int]) -> ProbeDistances:
    """Return distances of open answers from the word 3-grams that they share, rare ones counting more.

    S = Σ_shared w / √(Σ_a w · Σ_b w), w = max(.02, ln((R + 1)/(df + .5))) over all R runs (METHODS §7.2). With enough
    endpoints S is centred by both runs' means and scaled at every probe (§7.3), so that verbosity and easy prompts
    drop out. Here every pair of endpoints takes part in that, the pair itself too: a picture, not a test.

    Args:
        runs: One ragged gram matrix a run.
        endpoints: Number of each run's endpoint; two sessions of one endpoint centre nothing.
    """
    held = [grams_by_probe(run) for run in runs]
    probes = sorted({probe for grams in held for probe in grams})
    numbers = np.asarray(endpoints)
    other = numbers[:, None] != numbers[None, :]
    normalised = len(set(endpoints)) >= MIN_ENDPOINTS
    values = np.full((len(probes), len(runs), len(runs)), np.nan, dtype=np.float32)
    for p, probe in enumerate(probes):
        shared = weighted_overlap([grams.get(probe) for grams in held])
        values[p] = 1 - centred_overlap(shared, other) / CEILING if normalised else 1 - shared
    return ProbeDistances(unit="kinship" if normalised else "overlap", values=values)


def weighted_overlap(grams: Sequence[FloatArray | None]) -> FloatArray:
    """Return `(R, R)` weighted overlaps at one probe; NaN where a run holds no gram."""
    lengths = np.array([0 if own is None else len(own) for own in grams])
    flat = np.concatenate([own for own in grams if own is not None and len(own)])
    columns = np.unique(flat, return_inverse=True)[1]
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    held = sparse.csr_array((np.ones(len(flat)), columns, indptr), shape=(len(grams), int(columns.max()) + 1))
    frequency = np.bincount(columns)
    weights = np.maximum(WEIGHT_FLOOR, np.log((np.count_nonzero(lengths) + 1) / (frequency + 0.5)))
    weighted = held.multiply(weights[None, :]).tocsr()
    shared, own = np.asarray((weighted @ held.T).todense()), np.asarray(weighted.sum(1)).ravel()
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(
            np.where(lengths[:, None] * lengths[None, :] > 0, shared / np.sqrt(np.outer(own, own)), np.nan)
        )


def centred_overlap(overlap: FloatArray, other: AnyArray) -> FloatArray:
    """Return overlaps of one probe centred by both runs' means and scaled, over pairs of different groups."""
    valid = np.isfinite(overlap) & other
    value = np.where(valid, overlap, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        own = value.sum(1) / valid.sum(1)
        mean = value.sum() / valid.sum()
        spread = np.sqrt(max((value**2).sum() / valid.sum() - mean**2, SPREAD_FLOOR**2))
        return np.asarray(np.clip((overlap - own[:, None] - own[None, :] + mean) / spread, *CLIP))


def answer_distances(runs: Sequence[FeatureMatrix]) -> ProbeDistances:
    """Return the unbiased exact-match MMD² of the runs' answers at every probe; NaN below two answers a side.

    References:
        Gretton et al. (2012), "A kernel two-sample test", JMLR 13, eq. (3), with k(a, b) = [a = b].
    """
    codes = [_codes(run) for run in runs]
    probes = sorted({probe for own in codes for probe in own})
    values = np.full((len(probes), len(runs), len(runs)), np.nan)
    for p, probe in enumerate(probes):
        values[p] = _mmd2([own.get(probe) for own in codes])
    return ProbeDistances(unit="answers", values=values)


def _mmd2(sides: Sequence[FloatArray | None]) -> FloatArray:
    known = np.unique(np.concatenate([side for side in sides if side is not None]))
    counts = np.stack(
        [
            np.zeros(len(known)) if side is None else np.bincount(np.searchsorted(known, side), minlength=len(known))
            for side in sides
        ]
    )
    n = counts.sum(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        within = np.where(n > 1, (counts * (counts - 1)).sum(1) / (n * (n - 1)), np.nan)
        between = (counts @ counts.T) / (n[:, None] * n[None, :])
    return np.asarray(within[:, None] + within[None, :] - 2 * between)


def landscape_entry(
    found: ProbeDistances, *, suite: Mapping[str, Any], run_ids: Sequence[str], names: Sequence[str], seed: int
) -> dict[str, Any]:
    """Return one entry of the document's `landscape`: distances, tree with support and map, or the reason for none.

    Args:
        found: Distances at every probe.
        suite: `suite` and `suite_version`.
        run_ids: The runs, in order.
        names: What each run is called in tree and tables.
        seed: The plan's seed.
    """
    distances = found.averaged(np.ones((1, len(found.values))))[0] if len(found.values) else np.zeros((0, 0))
    reason = _reason(distances, names)
    entry: dict[str, Any] = {**suite, "runs": list(run_ids), "names": list(names), "unit": UNITS[found.unit]}
    entry |= {"n_probes": len(found.values), "reason": reason}
    if reason is not None:
        return {**entry, "distances": None, "tree": None, "map": None}
    plane = classical_scaling(distances)
    return {
        **entry,
        "distances": [[_rounded(value) for value in row] for row in distances],
        "tree": _tree_entry(found, distances, names, seed=seed, run_ids=run_ids),
        "map": {"points": [[_rounded(v) for v in point] for point in plane.points], "shown": _rounded(plane.shown)},
    }


def _tree_entry(
    found: ProbeDistances, distances: FloatArray, names: Sequence[str], *, seed: int, run_ids: Sequence[str]
) -> dict[str, Any]:
    tree = neighbour_joining(distances)
    replicates = list(_replicates(found, seed=seed, run_ids=run_ids))
    support = split_support(tree, replicates)
    return {
        "method": "neighbour joining, unrooted: it has no direction and no time",
        "newick": newick(tree, names, support),
        "edges": [
            {"a": e.a, "b": e.b, "length": _rounded(e.length), "support": s}
            for e, s in zip(tree.edges, support, strict=True)
        ],
        "n_bootstrap": len(replicates),
    }


def _replicates(found: ProbeDistances, *, seed: int, run_ids: Sequence[str]) -> Iterator[Tree]:
    """Yield trees of resampled probes; a resample that leaves a pair without a probe is left out."""
    n = len(found.values)
    rng = generator("tree bootstrap", seed, sorted(run_ids))
    for distances in found.averaged(rng.multinomial(n, np.full(n, 1 / n), size=N_BOOTSTRAP)):
        if np.isfinite(distances).all():
            yield neighbour_joining(distances)


def _reason(distances: FloatArray, names: Sequence[str]) -> str | None:
    if not len(distances):
        return "no probe has answers that can be compared"
    if len(distances) < MIN_LEAVES:
        return f"{len(distances)} runs: a tree says something from {MIN_LEAVES} on"
    alone = np.argwhere(~np.isfinite(distances))
    if len(alone):
        i, j = alone[0]
        return f"{names[i]} and {names[j]} have no probe in common that both answered; leave one of them out"
    return None


def _rounded(value: float) -> float:
    return round(float(value), 6) + 0.0


def grams_by_probe(matrix: FeatureMatrix) -> dict[str, FloatArray]:
    """Return the different grams of a run's answers to each probe."""
    assert matrix.offsets is not None
    parts: dict[str, list[Any]] = {}
    for i, probe in enumerate(matrix.probe_ids):
        parts.setdefault(probe, []).append(matrix.values[matrix.offsets[i] : matrix.offsets[i + 1]])
    return {probe: np.unique(np.concatenate(own)) for probe, own in parts.items()}


def _codes(matrix: FeatureMatrix) -> dict[str, Any]:
    parts: dict[str, list[Any]] = {}
    for i, probe in enumerate(matrix.probe_ids):
        parts.setdefault(probe, []).append(matrix.values[i])
    return {probe: np.array(own) for probe, own in parts.items()}
