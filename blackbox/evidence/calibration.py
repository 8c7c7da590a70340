"""Fits a population's ratios without both groups of each pair, bounds them and says how good they are (METHODS §4)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING

import numpy as np

from blackbox.errors import InsufficientData
from blackbox.evidence.fusion import Line, fitted, tempered
from blackbox.evidence.lineage import MIN_SIBLING_GROUPS, PairIndex
from blackbox.stats.likelihood_ratios import Independent, Range, elub
from blackbox.stats.nodes import Nodes, n_effective

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from blackbox.core import FloatArray
    from blackbox.evidence.lineage import Lineage, Side

BOUND_RATE = 0.05
"""False-positive rate at which the number of independent comparisons is measured (METHODS §4.4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """What turns scores into ratios: against unrelated pairs and, where the population has any, against siblings."""

    unrelated: Line
    sibling: Line | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of the log10 ratios against one alternative, and where they come from."""

    lower: float
    upper: float
    n_effective: float | None
    n_group_pairs: int
    n_same_groups: int
    elub: Range
    upper_from: str
    lower_from: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """Ratios of all pairs against one alternative, each without both of its groups.

    Args:
        pairs: Positions of the pairs in the lineage: same-source ones and those of the alternative.
        same: `(n,)` which are of one source.
        log10_lr: `(n,)` uncapped ratios.
        weight: `(n,)` weights.
        nodes: The groups each pair touches.
        limits: The bounds.
    """

    pairs: npt.NDArray[np.intp]
    same: npt.NDArray[np.bool_]
    log10_lr: FloatArray
    weight: FloatArray
    nodes: Nodes
    limits: Limits

    @property
    def capped(self) -> FloatArray:
        """`(n,)` ratios within the bounds."""
        return np.asarray(np.clip(self.log10_lr, self.limits.lower, self.limits.upper))


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """A population's fits by the folds they leave out, and its ratios.

    Args:
        fits: By sorted folds left out; `()` leaves out none and is for pairs from outside.
        unrelated: Ratios against unrelated pairs.
        sibling: Ratios against sibling pairs; None where there are too few.
    """

    fits: Mapping[tuple[int, ...], Fit]
    unrelated: Alternative
    sibling: Alternative | None


def calibrated(lineage: Lineage, scores: FloatArray, *, seed: int) -> Calibration:
    """Return the fits and the left-out ratios of a population.

    Args:
        lineage: Its pairs.
        scores: `(n, k)` normalised scores of the pairs, each normalised without both of its groups.
        seed: Seed of the node bootstrap.
    """
    x, index = tempered(scores), PairIndex.of(lineage)
    with_siblings = len(lineage.groups("sibling")) >= MIN_SIBLING_GROUPS
    fits = {left: _fit(index, x, left, with_siblings=with_siblings) for left in left_out(lineage.n_folds)}
    sibling = _alternative(index, x, fits, "sibling", seed=seed) if with_siblings else None
    return Calibration(fits=fits, unrelated=_alternative(index, x, fits, "different", seed=seed), sibling=sibling)


def left_out(n_folds: int) -> list[tuple[int, ...]]:
    """Return every set of folds that a pair can leave out: none, one, two."""
    pairs = [tuple(sorted({u, v})) for u, v in combinations_with_replacement(range(n_folds), 2)]
    return [(), *pairs]


def _fit(index: PairIndex, x: FloatArray, left: tuple[int, ...], *, with_siblings: bool) -> Fit:
    unrelated = _line(index, x, left, "different")
    if unrelated is None:
        raise InsufficientData("a pair's groups hold all pairs of one side: more groups are needed", needed=1)
    if not with_siblings:
        return Fit(unrelated=unrelated, sibling=None)
    fused = unrelated.log10_lr(x)[:, None] * np.log(10)
    line = _line(index, fused, left, "sibling")
    return Fit(unrelated=unrelated, sibling=None if line is None else _through(unrelated, line))


def _through(fusion: Line, line: Line) -> Line:
    """Return the line over a fused score as a line over the scores."""
    slope = line.slopes[0] * float(np.log(10))
    return Line(slopes=tuple(slope * s for s in fusion.slopes), intercept=slope * fusion.intercept + line.intercept)


def _line(index: PairIndex, x: FloatArray, left: tuple[int, ...], against: Side) -> Line | None:
    rows = np.flatnonzero(np.isin(index.side, ["same", against]) & index.outside(left))
    same = index.side[rows] == "same"
    if same.all() or not same.any():
        return None
    n_groups = len(np.unique(index.groups[rows][same]))
    return fitted(x[rows], same, index.weights(rows), n_independent=n_groups)


def _alternative(
    index: PairIndex, x: FloatArray, fits: Mapping[tuple[int, ...], Fit], against: Side, *, seed: int
) -> Alternative:
    rows = np.flatnonzero(np.isin(index.side, ["same", against]))
    log10_lr = np.zeros(len(rows))
    folds = [tuple(sorted(set(pair))) for pair in index.folds[rows].tolist()]
    for left in sorted(set(folds)):
        own = np.array([f == left for f in folds])
        line = _of(fits[left], against) or _of(fits[()], against)
        assert line is not None
        log10_lr[own] = line.log10_lr(x[rows[own]])
    same = np.asarray(index.side[rows] == "same")
    nodes = Nodes(a=index.groups[rows, 0], b=index.groups[rows, 1])
    weight = index.weights(rows)
    limits = _limits(log10_lr, same, weight, nodes, seed=seed)
    return Alternative(pairs=rows, same=same, log10_lr=log10_lr, weight=weight, nodes=nodes, limits=limits)


def _of(fit: Fit, against: Side) -> Line | None:
    return fit.sibling if against == "sibling" else fit.unrelated


def _limits(
    log10_lr: FloatArray, same: npt.NDArray[np.bool_], weight: FloatArray, nodes: Nodes, *, seed: int
) -> Limits:
    other = ~same
    n_groups = len(np.unique(np.concatenate([nodes.a[other], nodes.b[other]])))
    n_same_groups = len(np.unique(nodes.a[same]))
    group_pairs = len({tuple(sorted(p)) for p in zip(nodes.a[other].tolist(), nodes.b[other].tolist(), strict=True)})
    threshold = float(np.quantile(log10_lr[other], 1 - BOUND_RATE))
    multiplicity = Nodes(a=nodes.a[other], b=nodes.b[other]).multiplicities(np.random.default_rng(seed))
    found = n_effective(log10_lr[other] > threshold, multiplicity)
    n = float(n_groups) if found is None else min(found, float(group_pairs))
    bounds = elub(log10_lr, same, weight, Independent(same=n_same_groups, different=n))
    upper, lower = float(np.log10(max(n, 1.0))), -float(np.log10(n_same_groups))
    origin = "number of groups" if found is None else "independent comparisons by node bootstrap"
    return Limits(
        lower=max(lower, bounds.lower),
        upper=min(upper, bounds.upper),
        n_effective=found,
        n_group_pairs=group_pairs,
        n_same_groups=n_same_groups,
        elub=bounds,
        upper_from="ELUB" if bounds.upper < upper else origin,
        lower_from="ELUB" if bounds.lower > lower else "groups with a same-source pair",
    )
