"""What an endpoint's own earlier runs say: how far a run is from them, and how far they are from one another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtrit

from blackbox.stats.exact_match import agreements, leave_one_out, mmd2, over_probes, to_reference
from blackbox.stats.permutation import permutation_pvalue
from blackbox.stats.randomness import generator
from blackbox.stats.sequential_pvalue import SequentialPvalue, sequential_pvalue

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from blackbox.core import AnyArray, FloatArray
    from blackbox.evidence.drift_counts import AnswerCounts

CHUNKS = (200, 1_800, 18_000)
"""Relabellings drawn at a time: few while they may suffice, then many; the last size goes on."""
DISPERSION_DRAWS = 499
PRIOR_RUNS = 4
"""Runs that the spread expected of independent answers counts as, beside the runs that were seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispersion:
    """Whether the reference runs differ from one another by more than chance.

    Args:
        pvalue: Permutation p of one distribution for all reference runs.
        scores: `(b,)` distance of each reference run to the others, in standard deviations of independent answers.
        distances: `(b,)` the same, unscaled.
    """

    pvalue: float
    scores: FloatArray
    distances: FloatArray


def dispersion(history: AnswerCounts, reference: Sequence[int], *, seed: int) -> Dispersion:
    """Return the test of one distribution for all runs of the reference.

    Null hypothesis: at each probe the answers of all reference runs come from one distribution, so answers are
    exchangeable between runs. The statistic is the larger of the standardised mean and maximum over runs of the
    distance to the other runs: the mean sees runs that all differ, the maximum one that does.
    """
    counts = history.counts[list(reference)]
    # A run that shares no probe with the others is no farther from them than chance.
    draws = np.concatenate([np.nan_to_num(_loo(counts))[None], _permuted(counts, history.probe_ids, seed)])
    observed, null = draws[0], draws[1:]
    spread = null.std(0)
    varies = spread > 1e-12 * max(1.0, float(np.abs(null).max()))
    scores = np.where(varies, (observed - null.mean(0)) / np.where(varies, spread, 1.0), 0.0)
    combined = np.max([_standardised(draws.mean(1)), _standardised(draws.max(1))], axis=0)
    pvalue = permutation_pvalue(combined) if varies.any() else 1.0
    return Dispersion(pvalue=pvalue, scores=scores, distances=observed)


def test_run(history: AnswerCounts, run: int, reference: Sequence[int], *, seed: int, most: int) -> SequentialPvalue:
    """Return the permutation test of a run against the pooled reference, within probe.

    Null hypothesis: at each probe the run's and the reference's answers come from one distribution.

    Args:
        history: All runs.
        run: Which run is tested.
        reference: Which runs it is tested against.
        seed: The plan's seed.
        most: Relabellings at most.
    """
    pooled = history.counts[list(reference)].sum(0)
    observed = statistic(history, run, reference)
    return pooled_pvalue(history.counts[run], pooled, observed, probe_ids=history.probe_ids, seed=seed, most=most)


def statistic(history: AnswerCounts, run: int, reference: Sequence[int]) -> float:
    """Return the mean over probes of the exact-match MMD² of a run to the pooled reference."""
    return float(over_probes(to_reference(history.gram, history.sizes, run, reference)))


def pooled_statistic(own: FloatArray, pooled: FloatArray) -> float:
    """Return the statistic of `(P, K)` counts of a run against those of a reference."""
    counts = np.stack([own, pooled])
    return float(over_probes(to_reference(agreements(counts), counts.sum(2), 0, [1])))


def pooled_pvalue(
    own: FloatArray, pooled: FloatArray, observed: float, *, probe_ids: Sequence[str], seed: int, most: int
) -> SequentialPvalue:
    """Return the permutation test of `(P, K)` counts of a run against those of a reference."""
    return sequential_pvalue(observed, relabelled(own, pooled, probe_ids=probe_ids, seed=seed), most=most)


def relabelled(
    own: FloatArray, pooled: FloatArray, *, probe_ids: Sequence[str], seed: int
) -> Callable[[int], FloatArray]:
    """Return what draws the statistic with each probe's answers dealt anew: from a chunk's number to its draws."""
    totals = (own + pooled).astype(np.int64)
    sizes = own.sum(1).astype(np.int64)
    usable = [p for p in range(len(totals)) if sizes[p] > 0 and totals[p].sum() - sizes[p] > 1]
    samplers = [_sampler(totals[p], int(sizes[p])) for p in usable]
    layout = [[probe_ids[p], int(sizes[p]), int(totals[p].sum())] for p in usable]

    def draw(chunk: int) -> FloatArray:
        rng, n = generator("drift", seed, layout, chunk), CHUNKS[min(chunk, len(CHUNKS) - 1)]
        return np.asarray(np.mean([sample(rng, n) for sample in samplers], axis=0))

    return draw


def upper_limit(values: FloatArray, *, floor: float, level: float) -> float:
    """Return the upper prediction limit of one further run's score, given the scores of earlier runs.

    Normal theory with the spread shrunk towards `floor`, the spread of independent answers, and never below it: it
    stands beside the permutation test as a second lock, and is nowhere the only one where that test applies.

    Args:
        values: `(n,)` scores of earlier runs.
        floor: Standard deviation that independent answers would have.
        level: Share of further runs beyond the limit.

    References:
        Hahn (1969), "Factors for calculating two-sided prediction intervals for samples from a normal distribution",
        JASA 64, 878–888, for one further value; the shrinkage is METHODS §7.4's.
    """
    n = len(values)
    degrees = n - 1 + PRIOR_RUNS
    variance = (float(((values - values.mean()) ** 2).sum()) + PRIOR_RUNS * floor**2) / degrees
    spread = max(floor, float(np.sqrt(variance)))
    return float(values.mean() + stdtrit(degrees, 1 - level) * spread * np.sqrt(1 + 1 / n))


def _sampler(total: AnyArray, size: int) -> Callable[[np.random.Generator, int], FloatArray]:
    """Return what draws one probe's statistic with the run's answers dealt anew."""
    seen = total[total > 0]
    n = int(seen.sum())
    rest = n - size
    within = float((seen * seen).sum())
    pooled = (within - n) / (n * (n - 1))

    def sample(rng: np.random.Generator, n_draws: int) -> FloatArray:
        if len(seen) == 1:
            return np.zeros(n_draws)
        dealt = rng.multivariate_hypergeometric(seen, size, size=n_draws, method="count").astype(np.float64)
        own, with_all = np.einsum("bk,bk->b", dealt, dealt), dealt @ seen.astype(np.float64)
        other = within - 2 * with_all + own
        across = (with_all - own) / (size * rest)
        of_run = (own - size) / (size * (size - 1)) if size > 1 else pooled
        return np.asarray(of_run + (other - rest) / (rest * (rest - 1)) - 2 * across)

    return sample


def _loo(counts: FloatArray) -> FloatArray:
    return over_probes(leave_one_out(agreements(counts), counts.sum(2)))


def _permuted(counts: FloatArray, probe_ids: Sequence[str], seed: int) -> FloatArray:
    """Return `(B, b)` leave-one-out distances with each probe's answers dealt anew to the runs."""
    b = len(counts)
    total = np.zeros((DISPERSION_DRAWS, b))
    n_there = np.zeros(b)
    for p, probe_id in enumerate(probe_ids):
        drawn = _permuted_probe(counts[:, p], generator("dispersion", seed, probe_id, b))
        there = np.isfinite(drawn[0])
        total[:, there] += drawn[:, there]
        n_there += there
    return np.asarray(total / np.maximum(n_there, 1))


def _permuted_probe(counts: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Return `(B, b)` leave-one-out distances at one probe of `(b, K)` counts."""
    seen = counts[:, counts.sum(0) > 0]
    sizes = seen.sum(1).astype(np.int64)
    answers = np.repeat(np.arange(seen.shape[1]), seen.sum(0).astype(np.int64))
    owner = np.repeat(np.arange(len(sizes)), sizes)
    dealt = rng.permuted(np.broadcast_to(answers, (DISPERSION_DRAWS, len(answers))), axis=1)
    n, b, k = DISPERSION_DRAWS, len(sizes), seen.shape[1]
    cells = (np.arange(n)[:, None] * b + owner) * k + dealt
    table = np.bincount(cells.ravel(), minlength=n * b * k).reshape(n, b, k).astype(np.float64)
    gram = table @ table.transpose(0, 2, 1)
    rows, own = gram.sum(2), np.einsum("bii->bi", gram)
    across = rows - own
    rest = rows.sum(1, keepdims=True) - 2 * across - own
    return mmd2(own=own, across=across, other=rest, n=sizes * 1.0, m=sizes.sum() - sizes * 1.0)


def _standardised(draws: FloatArray) -> FloatArray:
    spread = float(draws.std())
    return (draws - draws.mean()) / spread if spread > 0 else np.zeros_like(draws)
