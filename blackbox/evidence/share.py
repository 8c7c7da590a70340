"""The share of a known alternative among a suspect's answers: exact test, joint fit, and the checks on the fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from blackbox.stats.mixture import Counts, MixtureFit, fit_mixture, fit_tilt, n_pooled, pooled_rare, saturated
from blackbox.stats.permutation import CHUNK, label_chunk, permutation_pvalue
from blackbox.stats.share_likelihood import share_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.core import AnyArray, FloatArray, PooledProbe

RARE = 4
"""Answers given fewer times by the three together are one category in fits: the joint fit is biased by sparse cells."""
LEANING = 0.2
"""Share at which the test's weights are those of the most powerful test."""
CHECK_LEVEL = 0.05
"""Level at which a mixture, or one share for all probes, is said not to fit."""
INTERVAL_LEVEL = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Triple:
    """Codes of one probe's answers, numbered over reference, suspect and alternative together."""

    probe: PooledProbe
    alternative: AnyArray

    def counts(self, n_categories: int) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return `(K,)` counts of reference, suspect and alternative."""
        n = self.probe.n_x
        sides = (self.probe.values[:n], self.probe.values[n:], self.alternative)
        counted = [np.bincount(side, minlength=n_categories).astype(np.float64) for side in sides]
        return counted[0], counted[1], counted[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """The fitted share with its interval, and whether it may be given.

    Args:
        share: ε of highest integrated likelihood.
        ci_low: Of the likelihood-ratio interval.
        ci_high: Of the likelihood-ratio interval.
        fit_pvalue: Goodness of fit of the mixture.
        common_pvalue: One share for all probes; None with a single probe.
        tilt_exponent: The sampling tilt that fits best.
        tilt_bic: BIC of the tilt minus BIC of the mixture: above 0 the mixture fits better.
    """

    share: float
    ci_low: float
    ci_high: float
    fit_pvalue: float
    common_pvalue: float | None
    tilt_exponent: float
    tilt_bic: float

    @property
    def objection(self) -> str | None:
        """Why the share may not be given."""
        if self.fit_pvalue <= CHECK_LEVEL:
            return f"a mixture of the two does not fit the answers (p = {self.fit_pvalue:.2g})"
        if self.common_pvalue is not None and self.common_pvalue <= CHECK_LEVEL:
            return f"no one share fits all probes (p = {self.common_pvalue:.2g})"
        if self.tilt_bic <= 0:
            return f"another temperature (answer probabilities to the power {self.tilt_exponent:.2f}) fits as well"
        return None


def share_pvalue(triples: Sequence[Triple], *, seed: int, n_permutations: int) -> float:
    """Return the permutation p of a share of the alternative's answers among the suspect's.

    The statistic is Σ w over the suspect's answers, w = ln(1 + h(Q/P − 1)): the most powerful test of share h against
    0, with P from reference and suspect together and Q from the alternative, so that dealing labels anew within a
    probe leaves the weights alone and the test is exact.

    References:
        Neyman & Pearson (1933), "On the problem of the most efficient tests of statistical hypotheses", Phil. Trans.
        R. Soc. A 231, 289–337 (the weights); Phipson & Smyth (2010), SAGMB 9(1), art. 39 (the p-value).
    """
    draws = np.zeros(n_permutations + 1)
    for triple in triples:
        probe, weights = triple.probe, _weights(triple)
        of_both = weights[probe.values]
        for chunk, start in enumerate(range(0, n_permutations + 1, CHUNK)):
            labels = label_chunk(seed, probe.probe_id, (probe.n_x, probe.n_y), chunk)
            of_suspect = of_both.sum() - labels[: n_permutations + 1 - start] @ of_both
            draws[start : start + CHUNK] += of_suspect
    return permutation_pvalue(draws)


def estimate(triples: Sequence[Triple], *, n_bootstrap: int, rng: np.random.Generator) -> Estimate:
    """Return the share, its interval, and the three checks on it, which read the joint fit.

    Args:
        triples: The answers of each probe.
        n_bootstrap: Data sets simulated from the fit, for both goodness-of-fit tests.
        rng: Draws them.
    """
    full = _tables(triples)
    tables = pooled_rare(full, fewer_than=RARE)
    n, m, c = (side[None] for side in _sides(tables))
    observed = _fitted(Counts(reference=n, suspect=m, alternative=c))
    drawn = _fitted(_simulated(tables, observed.fit, n_bootstrap, rng))
    likely = share_interval(full, level=INTERVAL_LEVEL)
    tilt = fit_tilt(tables.reference, tables.suspect, n_pooled(full, fewer_than=RARE))
    tilt_likelihood = tilt.log_likelihood + float(saturated(tables.alternative))
    common = permutation_pvalue(np.concatenate([observed.by_probe, drawn.by_probe])) if len(triples) > 1 else None
    return Estimate(
        share=likely.share,
        ci_low=likely.low,
        ci_high=likely.high,
        fit_pvalue=permutation_pvalue(np.concatenate([observed.misfit, drawn.misfit])),
        common_pvalue=common,
        tilt_exponent=tilt.exponent,
        tilt_bic=2 * (float(observed.fit.log_likelihood[0]) - tilt_likelihood),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fitted:
    """A batch of fits with the two likelihood ratios that say whether they fit, `(R,)` each."""

    fit: MixtureFit
    misfit: FloatArray
    by_probe: FloatArray


def _fitted(counts: Counts) -> _Fitted:
    fit, free = fit_mixture(counts), fit_mixture(counts, by_probe=True)
    best = sum(saturated(side) for side in _sides(counts))
    return _Fitted(
        fit=fit, misfit=best - fit.log_likelihood, by_probe=np.maximum(free.log_likelihood - fit.log_likelihood, 0.0)
    )


def _sides(counts: Counts) -> tuple[FloatArray, FloatArray, FloatArray]:
    return counts.reference, counts.suspect, counts.alternative


def _weights(triple: Triple) -> FloatArray:
    n_categories = 1 + int(max(triple.probe.values.max(), triple.alternative.max()))
    n, m, c = triple.counts(n_categories)
    of_both, of_alternative = n + m + 0.5, c + 0.5
    ratio = (of_alternative / of_alternative.sum()) / (of_both / of_both.sum())
    return np.asarray(np.log1p(LEANING * (ratio - 1)))


def _tables(triples: Sequence[Triple]) -> Counts:
    """Return `(P, K)` counts; probes with fewer answers are padded with categories nobody gave."""
    n_categories = 1 + max(int(max(t.probe.values.max(), t.alternative.max())) for t in triples)
    rows = [t.counts(n_categories) for t in triples]
    reference, suspect, alternative = (np.stack(side) for side in zip(*rows, strict=True))
    return Counts(reference=reference, suspect=suspect, alternative=alternative)


def _simulated(tables: Counts, fit: MixtureFit, n_sets: int, rng: np.random.Generator) -> Counts:
    """Return data sets drawn from the fit, as many answers a probe and side as were observed."""
    p, q, share = fit.reference[0], fit.alternative[0], fit.share[0, 0]
    drawn = [
        rng.multinomial(np.broadcast_to(side.sum(-1).astype(int), (n_sets, len(side))), _clean(law)).astype(np.float64)
        for side, law in zip(_sides(tables), (p, (1 - share) * p + share * q, q), strict=True)
    ]
    return Counts(reference=drawn[0], suspect=drawn[1], alternative=drawn[2])


def _clean(law: FloatArray) -> FloatArray:
    """Return probabilities that sum to one exactly enough for the generator."""
    return np.asarray(law / law.sum(-1, keepdims=True))
