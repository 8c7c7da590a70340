"""Which: candidates ranked, and three ways to be none of them (METHODS §5, Which).

An attribution needs all of: answers that depend on what was asked, a best candidate whose score is rare among models
that have no kin in the library, and no second, unrelated candidate that fits as well. Everything is calibrated on the
library or population at hand; no endpoint is treated by its kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.core import AnyArray, FloatArray

Verdict = Literal["attributed", "none of these", "inconclusive"]

ALPHA = 0.05
"""Largest share of models outside the library that may be attributed to something in it."""
REST_ALPHA = 0.1
"""The same where the best candidate fits least: so many true attributions at most are given up to find ensembles."""
MIN_GROUPS = {"library": 39, "population": 19}
"""Left-out groups from which the smallest p, 2/(1 + groups) of a library and 1/(1 + groups) of a population, can reach
`ALPHA`."""
DEPENDENCE_ALPHA = 0.001
N_SHUFFLES = 1_999
MIN_PROBES = 10
"""Answered probes below which nothing is said: ten can be shuffled in more ways than one test needs."""
PRIOR_WEIGHT = 20.0
SCALE_FLOOR = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """How rare the best score is among models without kin in the library.

    Args:
        pvalue: (1 + Σ over groups, mean share of the group's models at least as close)/(1 + groups).
        n_groups: Left-out groups.
        source: What they are of: `library` or `population`.
    """

    pvalue: float
    n_groups: int
    source: Literal["library", "population"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependence:
    """Whether answers depend on the prompts: p of the suspect, and the share of library groups that pass.

    Args:
        pvalue: Of the null that answers are exchangeable over prompts: true of constants and of any generator that
            does not read the prompt.
        library_share: Share of library groups whose answers do depend on prompts by the same test.
        n_probes: Probes the suspect answered.
    """

    pvalue: float
    library_share: float
    n_probes: int

    @property
    def tells(self) -> bool:
        """Whether the test can be relied on here: nearly every known model passes it."""
        return self.library_share >= 0.9  # noqa: PLR2004 - fixed beforehand

    @property
    def independent(self) -> bool:
        """Whether answers do not depend on the prompts, as far as this can tell."""
        return self.tells and self.pvalue > DEPENDENCE_ALPHA


def normed_scores(averages: Sequence[FloatArray], groups: Sequence[int]) -> FloatArray:
    """Return `(R, R)` mean over signals of S-normed scores; cohort of a pair: runs outside of both groups.

    Args:
        averages: `(R, R)` scores of each signal, averaged over probes.
        groups: Group of each run.

    References:
        Auckenthaler, Carey & Lloyd-Thomas (2000), Digital Signal Processing 10, 42–54; scale shrunk as METHODS §7.4.
    """
    numbers = np.unique(np.asarray(groups), return_inverse=True)[1]
    return np.asarray(np.mean([_s_norm(scores, numbers) for scores in averages], axis=0))


def _s_norm(scores: FloatArray, numbers: AnyArray) -> FloatArray:
    valid = np.isfinite(scores) & (numbers[:, None] != numbers[None, :])
    value = np.where(valid, scores, 0.0)
    one_hot = np.eye(int(numbers.max()) + 1)[numbers]
    n, total, square = (
        m.sum(1)[:, None] - (m @ one_hot)[:, numbers] for m in (valid.astype(np.float64), value, value**2)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / n
        variance = np.maximum(square - n * mean**2, 0.0) / (n - 1)
        known = variance[valid & np.isfinite(variance)]
        typical = float(np.median(known)) if len(known) else np.nan
        scale = np.sqrt(((n - 1) * variance + PRIOR_WEIGHT * typical) / (n - 1 + PRIOR_WEIGHT))
        one_sided = (scores - mean) / np.maximum(scale, SCALE_FLOOR)
    return np.asarray((one_sided + one_sided.T) / 2)


def rejection_by_library(scores: FloatArray, groups: Sequence[int], best: float) -> Rejection:
    """Return how rare `best` is among library models whose own group is left out of the candidates.

    Null hypothesis: the suspect's group is exchangeable with the library's groups and none of its kin is there. The
    suspect is a candidate of theirs as they are of it: scores are symmetric, and a closest pair has two ends, so that
    leaving it out would double the rate of false attributions. The smallest p is therefore 2/(1 + groups).

    Args:
        scores: `(1 + L, 1 + L)` scores, the suspect first.
        groups: Group of each; the suspect's is its own.
        best: The suspect's score with its best candidate.
    """
    numbers = np.asarray(groups)
    other = (numbers[:, None] != numbers[None, :]) & np.isfinite(scores)
    largest = np.max(np.where(other, scores, -np.inf), axis=1, initial=-np.inf)
    shares = [float((largest[numbers == g] >= best).mean()) for g in np.unique(numbers[1:])]
    return Rejection(pvalue=(1 + sum(shares)) / (1 + len(shares)), n_groups=len(shares), source="library")


def rejection_by_population(
    unrelated: Mapping[str, Sequence[float]], group_of: Mapping[str, str], *, best: float, n_candidates: int
) -> Rejection:
    """Return how rare `best` is as the largest log10 ratio of `n_candidates` models that are no kin.

    Each model of the population stands for a suspect, its pairs with models of other sources, scored without both
    groups, for a library; the chance that the largest of `n_candidates` of them reaches `best` is exact
    (hypergeometric). Groups weigh equally.

    Args:
        unrelated: For each model its uncapped log10 ratios with models of another source.
        group_of: Group of each model.
        best: The suspect's largest uncapped ratio.
        n_candidates: Families in the library.
    """
    by_group: dict[str, list[float]] = {}
    for model, values in unrelated.items():
        at_least = int(np.count_nonzero(np.asarray(values) >= best))
        by_group.setdefault(group_of[model], []).append(_any_drawn(len(values), at_least, n_candidates))
    shares = [float(np.mean(own)) for own in by_group.values()]
    return Rejection(pvalue=(1 + sum(shares)) / (1 + len(shares)), n_groups=len(shares), source="population")


def _any_drawn(n: int, marked: int, drawn: int) -> float:
    """Return the chance that `drawn` of `n` without replacement hold one of `marked`."""
    drawn = min(n, drawn)
    return 1.0 - comb(n - marked, drawn) / comb(n, drawn) if n else 0.0


def weakest_half(fit: Mapping[str, float]) -> frozenset[str]:
    """Return the half of the probes at which a candidate fits least; probes without a score are in no half."""
    known = sorted((value, probe) for probe, value in fit.items() if np.isfinite(value))
    return frozenset(probe for _, probe in known[: len(known) // 2])


def unrelated_by(between: float, best: float, other: float) -> bool:
    """Return whether two candidates share far less with each other than a suspect shares with either.

    Args:
        between: Score of the two candidates.
        best: Score of the suspect with one of them.
        other: Score of the suspect with the other.
    """
    return not np.isfinite(between) or between < min(best, other) / 2


def prompt_dependence(agreement: FloatArray, rng: np.random.Generator) -> float:
    """Return the permutation p of the null that answers do not depend on the prompts.

    Args:
        agreement: `(P, P)` how well the suspect's answers to prompt q (row) agree with what others answer to prompt p
            (column).
        rng: What deals the answers to other prompts.

    References:
        Mantel (1967), Cancer Research 27, 209–220 (matching two lists by permuting one); p as Phipson & Smyth (2010).
    """
    n = len(agreement)
    columns = np.arange(n)
    observed = float(agreement[columns, columns].mean())
    shuffles = rng.permuted(np.tile(columns, (N_SHUFFLES, 1)), axis=1)
    drawn = agreement[shuffles, columns].mean(1)
    tolerance = 1e-9 * max(1.0, abs(observed), float(np.abs(drawn).max()))
    return (1 + int((drawn >= observed - tolerance).sum())) / (1 + N_SHUFFLES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Everything a verdict rests on.

    Args:
        n_probes: Probes that the suspect answered with text or a category.
        n_candidates: Candidates with a score.
        dependence: The prompt test, where it could be done.
        rejection: How rare the best score is, where it could be had.
        rival: A second candidate of another, unrelated group that would be attributed too.
        lr_is_against: What the best candidate's bounded ratio says: None without a population.
        no_ratio: Why the population gives none, if one was named.
    """

    n_probes: int
    n_candidates: int
    dependence: Dependence | None
    rejection: Rejection | None
    rival: str | None
    log10_lr: float | None = None
    no_ratio: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """The verdict and, in a sentence, why."""

    verdict: Verdict
    reason: str


def conclude(found: Findings) -> Conclusion:
    """Return the verdict of METHODS §5: an attribution, none of these, or nothing that can be said."""
    if found.dependence is not None and found.dependence.independent:
        p = found.dependence.pvalue
        reason = f"its answers do not depend on what is asked (p = {p:.3g}), as a constant's or a generator's"
        return Conclusion(verdict="none of these", reason=reason)
    if found.n_probes < MIN_PROBES:
        reason = f"{found.n_probes} answered probes in common with the library; at least {MIN_PROBES} are needed"
        return Conclusion(verdict="inconclusive", reason=reason)
    if found.no_ratio is not None:
        return Conclusion(verdict="inconclusive", reason=found.no_ratio)
    if found.rejection is None or not found.n_candidates:
        return Conclusion(verdict="inconclusive", reason="no candidate can be scored")
    return _by_rarity(found, found.rejection)


def _by_rarity(found: Findings, rejection: Rejection) -> Conclusion:
    if rejection.n_groups < MIN_GROUPS[rejection.source]:
        reason = (
            f"{rejection.n_groups} groups in the {rejection.source}; {MIN_GROUPS[rejection.source]} are needed to hold "
            f"false attributions at {100 * ALPHA:.0f} %: the ranking stands, an attribution can't be made"
        )
        return Conclusion(verdict="inconclusive", reason=reason)
    rare = f"p = {rejection.pvalue:.3g} against {rejection.n_groups} left-out groups of the {rejection.source}"
    if rejection.pvalue > ALPHA:
        reason = f"models that are not in the library come as close to something in it ({rare})"
        return Conclusion(verdict="none of these", reason=reason)
    if found.log10_lr is not None and found.log10_lr <= 0:
        reason = "the best candidate's likelihood ratio speaks for other models rather than for it"
        return Conclusion(verdict="none of these", reason=reason)
    if found.rival is not None:
        reason = f"two unrelated candidates fit ({found.rival} too): a mixture or an ensemble, no single one of them"
        return Conclusion(verdict="none of these", reason=reason)
    return Conclusion(verdict="attributed", reason=f"models that are not in the library rarely come as close ({rare})")
