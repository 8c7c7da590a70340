"""Kinship scores of runs normalised by a reference cohort: centred per probe, averaged, S-normed (METHODS §7.3–4).

A *context* is a set of references, and the runs scored against them. What normalises a run comes from the
context's references alone: neither the runs that are compared nor how many there are changes a score.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from blackbox.evidence.related import PRIOR_WEIGHT, SCALE_FLOOR

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

    from blackbox.core import FloatArray, ProbeSimilarity

CLIP = (-8.0, 20.0)
SPREAD_FLOOR = 0.005
"""Least standard deviation of raw scores over reference pairs: where none of them share anything, one shared gram is
strong but not infinite."""
MIN_COHORT = 4
"""References that must answer a probe for it to be centred."""
DECIMALS = 6
"""Averages are rounded to this many decimals: single-precision sums depend on their order beyond it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Runs scored against a cohort.

    Args:
        members: Positions of the runs that take part, tests and references.
        references: `(n,)` which members are references; one a family.
    """

    members: npt.NDArray[np.intp]
    references: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Averages:
    """`(n, n)` centred scores of a context's members averaged over probes, and over how many; NaN over none."""

    score: FloatArray
    n_probes: FloatArray


def averages(probes: Iterable[ProbeSimilarity], contexts: Sequence[Context]) -> list[Averages]:
    """Return each context's averages over probes; one probe is held at a time, whatever their number."""
    totals = [np.zeros((len(c.members), len(c.members))) for c in contexts]
    counts = [np.zeros_like(total) for total in totals]
    for probe in probes:
        for context, total, count in zip(contexts, totals, counts, strict=True):
            found = centred(probe.among(context.members, context.references), context.references)
            present = np.isfinite(found)
            total += np.where(present, found, 0.0)  # noqa: PLW2901 - an array of ours, added to in place
            count += present  # noqa: PLW2901 - same
    with np.errstate(invalid="ignore"):
        return [
            Averages(score=np.round(total / count, DECIMALS), n_probes=count)
            for total, count in zip(totals, counts, strict=True)
        ]


def at_each_probe(probes: Iterable[ProbeSimilarity], context: Context, pairs: Sequence[tuple[int, int]]) -> FloatArray:
    """Return `(P, n)` centred scores of pairs of the context's members at each probe: which answers speak for kinship.

    Args:
        probes: What the runs share at each probe.
        context: Their context.
        pairs: Runs by position; every one of them is a member.
    """
    place = {int(member): i for i, member in enumerate(context.members.tolist())}
    a, b = ([place[side] for side in sides] for sides in zip(*pairs, strict=True))
    found = (centred(probe.among(context.members, context.references), context.references) for probe in probes)
    return np.array([scores[a, b] for scores in found])


def centred(raw: FloatArray, references: npt.NDArray[np.bool_]) -> FloatArray:
    """Return d = clip[(S(a,b) − m(a) − m(b) + m)/sd, −8, 20], means and sd over the references alone.

    Args:
        raw: `(n, n)` similarities at one probe; NaN where one is silent.
        references: `(n,)` which are references; a reference is never its own.
    """
    valid = np.isfinite(raw) & references[None, :]
    np.fill_diagonal(valid, val=False)
    cohort = valid & references[:, None]
    if np.count_nonzero(cohort.any(1)) < MIN_COHORT:
        return np.full(raw.shape, np.nan)
    with np.errstate(invalid="ignore"):
        own = np.where(valid, raw, 0.0).sum(1) / valid.sum(1)
    among = raw[cohort]
    d = (raw - own[:, None] - own[None, :] + among.mean()) / max(float(among.std()), SPREAD_FLOOR)
    return np.asarray(np.clip(d, *CLIP))


def normed(scores: FloatArray, references: npt.NDArray[np.bool_]) -> FloatArray:
    """Return Z = ½[(D − μ_a)/s̃_a + (D − μ_b)/s̃_b] over the references, with a shrunken scale.

    s̃² = ((R−1)s² + ν₀s₀²)/(R−1+ν₀), s₀² the median variance over the references (METHODS §7.4).

    References:
        Auckenthaler, Carey & Lloyd-Thomas (2000), "Score normalization for text-independent speaker
        verification systems", Digital Signal Processing 10, 42–54 (Z-norm and T-norm; S-norm is their mean).
    """
    valid = np.isfinite(scores) & references[None, :]
    np.fill_diagonal(valid, val=False)
    value, n = np.where(valid, scores, 0.0), valid.sum(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = value.sum(1) / n
        variance = (np.where(valid, scores - mean[:, None], 0.0) ** 2).sum(1) / (n - 1)
        typical = float(np.nanmedian(np.where(references, variance, np.nan)))
        scale = np.sqrt(((n - 1) * variance + PRIOR_WEIGHT * typical) / (n - 1 + PRIOR_WEIGHT))
        one_sided = (scores - mean[:, None]) / np.maximum(scale, SCALE_FLOOR)[:, None]
    return np.asarray((one_sided + one_sided.T) / 2)
