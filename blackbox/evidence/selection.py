"""Which probes separate kin from strangers, found on some lineage groups and judged on others (METHODS §1.10)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from blackbox.stats.randomness import generator

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.core import AnyArray, FloatArray
    from blackbox.evidence.lineage import LabelledPair

N_RANDOM = 200
"""Random choices of as many probes that a selection is measured against."""
MIN_SAME = 2
"""Groups with kin that either half needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Halves:
    """Lineage groups that choose, and groups that judge; no group is in both."""

    choosing: frozenset[str]
    judging: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """Labelled pairs of one half as places of runs, with weights that make groups count equally.

    Args:
        same: `(n, 2)` kin.
        different: `(m, 2)` strangers.
        weight: `(n,)` of the kin, summing to 1.
    """

    same: AnyArray
    different: AnyArray
    weight: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """How well chosen probes separate kin of groups that did not choose them, beside random choices of as many.

    Args:
        chosen: AUC with the chosen probes.
        random_mean: Mean AUC of random choices.
        random_low: Their 5 % quantile.
        random_high: Their 95 % quantile.
        n_same: Kin it was measured on.
        n_different: Strangers.
    """

    chosen: float
    random_mean: float
    random_low: float
    random_high: float
    n_same: int
    n_different: int


def halves(pairs: Sequence[LabelledPair], group_of: Mapping[str, str], *, seed: int) -> Halves:
    """Return the groups dealt into two halves, those with kin and those without each by turns in random order."""
    kin = sorted(
        {group_of[p.a] for p in pairs if p.side == "same"} | {group_of[p.b] for p in pairs if p.side == "same"}
    )
    other = sorted({group_of[m] for p in pairs for m in (p.a, p.b)} - set(kin))
    rng = generator("selection halves", seed, kin, other)
    dealt = [*rng.permutation(kin).tolist(), *rng.permutation(other).tolist()]
    return Halves(choosing=frozenset(dealt[0::2]), judging=frozenset(dealt[1::2]))


def sides_of(
    pairs: Sequence[LabelledPair], group_of: Mapping[str, str], place: Mapping[str, int], half: frozenset[str]
) -> Sides:
    """Return the labelled pairs whose groups are both in one half."""
    own = [p for p in pairs if group_of[p.a] in half and group_of[p.b] in half]
    same = [p for p in own if p.side == "same"]
    sizes: dict[str, int] = {}
    for p in same:
        sizes[group_of[p.a]] = sizes.get(group_of[p.a], 0) + 1
    weight = np.array([1 / (len(sizes) * sizes[group_of[p.a]]) for p in same])
    return Sides(
        same=_places(same, place),
        different=_places([p for p in own if p.side == "different"], place),
        weight=weight,
    )


def separation(scores: AnyArray, sides: Sides) -> FloatArray:
    """Return for each probe (mean of kin − mean of strangers)/standard deviation of strangers; −∞ where unknown.

    Args:
        scores: `(P, R, R)` scores, the larger the closer.
        sides: The half that chooses.
    """
    same = scores[:, sides.same[:, 0], sides.same[:, 1]].astype(np.float64)
    different = scores[:, sides.different[:, 0], sides.different[:, 1]].astype(np.float64)
    known = np.isfinite(same)
    weight = np.where(known, sides.weight, 0.0)
    n = np.isfinite(different).sum(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        of_kin = np.where(known, same, 0.0) @ sides.weight / weight.sum(1)
        mean = np.nansum(different, axis=1) / n
        spread = np.sqrt(np.nansum((different - mean[:, None]) ** 2, axis=1) / (n - 1))
        found = (of_kin - mean) / spread
    return np.asarray(np.where(np.isfinite(found), found, -np.inf))


def chosen_probes(scores: AnyArray, sides: Sides, n: int) -> list[int]:
    """Return the places of the `n` probes that separate best, best first; ties go to the earlier probe."""
    found = separation(scores, sides)
    order = np.argsort(-found, kind="stable")[:n]
    return [int(place) for place in order if np.isfinite(found[place])]


def measured(scores: AnyArray, sides: Sides, chosen: Sequence[int], *, seed: int) -> Gain:
    """Return how well the chosen probes separate the half that did not choose, beside random probes."""
    rng = generator("selection gain", seed, len(chosen))
    draws = [rng.choice(len(scores), size=len(chosen), replace=False) for _ in range(N_RANDOM)]
    by_chance = np.array([_auc(scores[draw], sides) for draw in draws])
    return Gain(
        chosen=_auc(scores[list(chosen)], sides),
        random_mean=float(by_chance.mean()),
        random_low=float(np.quantile(by_chance, 0.05)),
        random_high=float(np.quantile(by_chance, 0.95)),
        n_same=len(sides.same),
        n_different=len(sides.different),
    )


def _auc(scores: AnyArray, sides: Sides) -> float:
    """Return the weighted chance that kin score above strangers, ties half (Mann & Whitney 1947)."""
    same, different = (_averages(scores, pairs) for pairs in (sides.same, sides.different))
    order = np.sort(different)
    below, upto = np.searchsorted(order, same, "left"), np.searchsorted(order, same, "right")
    return float(sides.weight @ ((below + upto) / 2)) / len(order)


def _averages(scores: AnyArray, pairs: AnyArray) -> FloatArray:
    """Return pairs' averages over probes; one without a common probe scores as no kin, −∞."""
    found = scores[:, pairs[:, 0], pairs[:, 1]].astype(np.float64)
    known = np.isfinite(found)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(known, found, 0.0).sum(0) / known.sum(0)
    return np.asarray(np.where(np.isfinite(mean), mean, -np.inf))


def _places(pairs: Sequence[LabelledPair], place: Mapping[str, int]) -> AnyArray:
    return np.array([(place[p.a], place[p.b]) for p in pairs], dtype=np.intp).reshape(-1, 2)
