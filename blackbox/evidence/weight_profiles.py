"""What a correlation of weight profiles is worth: the same number over models known to be unrelated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from blackbox.errors import InsufficientData
from blackbox.stats.depth_profiles import MIN_POINTS, profile_correlation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blackbox.core import FloatArray
    from blackbox.stats.depth_profiles import ProfileCorrelation

_LEAST_DEPTH = 0.5
"""A reference of fewer layers than this share of the pair's can't show what curves of the pair's length do."""
_USUAL_ALPHA = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger:
    """How one unrelated model correlates with both models of the pair.

    Args:
        name: Of the unrelated model.
        a: Its r with A; None: a flat series, or fewer than three layers.
        b: Its r with B.
        pair: r of A and B at the same depths, which `a` and `b` are to be held against.
        n_points: The depths: those of the one with fewest layers of the three.
        counted: Whether it counts in the rank.
        reason: Why it doesn't.
    """

    name: str
    a: float | None
    b: float | None
    pair: float | None
    n_points: int
    counted: bool
    reason: str | None

    @property
    def as_high(self) -> bool:
        """Whether it correlates with A or with B at least as highly as they do with each other."""
        return self.counted and max(self.a or -1.0, self.b or -1.0) >= (self.pair or 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightEvidence:
    """The correlation of a pair between the same numbers of unrelated models.

    Args:
        correlation: Of A and B at all their depths.
        strangers: One entry an unrelated model given.
        rank_pvalue: (1 + unrelated at least as high) / (1 + unrelated), larger of both directions; or None.
        reason: Why there is no rank.
        reading: What that means, in a sentence.
    """

    correlation: ProfileCorrelation
    strangers: tuple[Stranger, ...]
    rank_pvalue: float | None
    reason: str | None
    reading: str


def weight_evidence(a: FloatArray, b: FloatArray, unrelated: Mapping[str, FloatArray]) -> WeightEvidence:
    """Return how A's and B's profiles correlate, and how unrelated models' profiles do with each of them.

    Null hypothesis of the rank: B is to A as the unrelated models are, exchangeable with each of them (and A so
    to B). Each unrelated model is held against the pair at the depths of the one with fewest layers of the three.

    Args:
        a: `(layers, 4)` spreads.
        b: The same of the other model.
        unrelated: The same of models known to be unrelated to both, by name.

    Raises:
        InsufficientData: A profile is flat or too short, or no unrelated model is given.
    """
    if not unrelated:
        raise InsufficientData("no unrelated model to compare with; this number alone would mislead", needed=1)
    correlation = profile_correlation(a, b)
    if correlation is None:
        shortest = min(len(a), len(b))
        why = f"{shortest} layers" if shortest < MIN_POINTS else "matrices whose spread is the same in every layer"
        raise InsufficientData(f"{why}: nothing can correlate; {MIN_POINTS} layers that differ are needed", needed=3)
    strangers = tuple(_stranger(name, profile, a, b) for name, profile in sorted(unrelated.items()))
    counted = [each for each in strangers if each.counted]
    pvalue = _rank(counted) if counted else None
    reason = None if counted else "no unrelated model of at least half the pair's depth; give some with --against"
    return WeightEvidence(
        correlation=correlation,
        strangers=strangers,
        rank_pvalue=pvalue,
        reason=reason,
        reading=_reading(counted, pvalue),
    )


def _stranger(name: str, profile: FloatArray, a: FloatArray, b: FloatArray) -> Stranger:
    depth = min(len(a), len(b))
    points = min(len(profile), depth)
    found = [profile_correlation(x, y, n_points=points) for x, y in ((a, profile), (b, profile), (a, b))]
    with_a, with_b, pair = (None if each is None else each.overall for each in found)
    reason = None
    if with_a is None or with_b is None or pair is None:
        reason = "flat or too short at these depths"
    elif len(profile) < _LEAST_DEPTH * depth:
        reason = f"{len(profile)} layers, under half of the pair's {depth}"
    return Stranger(name=name, a=with_a, b=with_b, pair=pair, n_points=points, counted=reason is None, reason=reason)


def _rank(counted: list[Stranger]) -> float:
    """Return the rank p in both directions, the larger (METHODS §4.6)."""
    above = [sum((value or 0.0) >= (each.pair or 0.0) for each, value in side) for side in _sides(counted)]
    return (1 + max(above)) / (1 + len(counted))


def _sides(counted: list[Stranger]) -> list[list[tuple[Stranger, float | None]]]:
    return [[(each, each.a) for each in counted], [(each, each.b) for each in counted]]


def _reading(counted: list[Stranger], pvalue: float | None) -> str:
    n, as_high = len(counted), sum(each.as_high for each in counted)
    if pvalue is None:
        return (
            "No unrelated model of this depth was at hand, so this number says nothing yet: curves over depth are "
            "smooth, and correlate highly between models that have nothing to do with each other."
        )
    if as_high:
        return (
            f"{as_high} of {n} unrelated models correlate at least as highly with one of the two: here this number "
            "does not tell a relative from a stranger."
        )
    least = f"None of {n} unrelated models correlates as highly with either"
    if pvalue > _USUAL_ALPHA:
        return f"{least}, but among {n} the smallest p there can be is {pvalue:.2g}: too few to tell."
    return f"{least} (p = {pvalue:.2g}). That is a sign of common ancestry or of a common recipe, never of a direction."
