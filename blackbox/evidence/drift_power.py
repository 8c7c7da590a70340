"""What a history could have shown: the smallest change that two further runs of it would most likely confirm.

"No change seen" says nothing without it: a few answers a day miss a whole swap. The change is of a named kind (a share
of the answers is replaced by others, never given before, in the same variety), made from the endpoint's own reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import pearson3

from blackbox.evidence.drift import ONE_PLACE, SUSPECTED, Reading, Rules
from blackbox.evidence.drift_reference import dispersion, pooled_statistic, relabelled, upper_limit
from blackbox.stats.exact_match import agreements, common_shift
from blackbox.stats.randomness import generator

if TYPE_CHECKING:
    from blackbox.core import FloatArray
    from blackbox.evidence.drift_counts import AnswerCounts

SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.75, 0.9, 1.0)
"""Shares of replaced answers that are tried."""
POWER = 0.8
LARGE = 0.75
"""Share of replaced answers that a swap of one model by another comes to at least; the zoo's come to .75 to .8."""
PAIRS, FEWER_PAIRS, MANY_PROBES = 16, 8, 150
"""Pairs of runs simulated for a share, and for a history of very many probes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detectable:
    """The smallest change that would have been confirmed.

    Args:
        share: Of answers replaced; None where not even all of them would do.
        power: Smoothed share of simulated changes of this size, or of all answers, that two runs confirmed.
    """

    share: float | None
    power: float

    @property
    def too_little(self) -> bool:
        """Whether a large change could have been missed."""
        return self.share is None or self.share > LARGE


def detectable(history: AnswerCounts, reading: Reading, rules: Rules, *, confirming: int = 1) -> Detectable | None:
    """Return the smallest change that two further runs of the usual size would be suspected by and confirm.

    Args:
        history: All runs.
        reading: Of them.
        rules: What was fixed beforehand.
        confirming: How many times the usual answers a confirmation run has.

    Returns:
        None where no run could be tested.
    """
    if not reading.reference or not reading.usual:
        return None
    trial = _Trial(history=history, reading=reading, rules=rules, confirming=confirming)
    low, high = 0, len(SHARES) - 1
    powers = {high: trial.power(SHARES[high])}
    if powers[high] < POWER:
        return Detectable(share=None, power=powers[high])
    while low < high:  # power grows with the share
        middle = (low + high) // 2
        powers[middle] = trial.power(SHARES[middle])
        low, high = (low, middle) if powers[middle] >= POWER else (middle + 1, high)
    return Detectable(share=SHARES[high], power=powers[high])


class _Trial:
    """Simulated changes of one history."""

    def __init__(self, *, history: AnswerCounts, reading: Reading, rules: Rules, confirming: int) -> None:
        self._history, self._rules, self._times = history, rules, confirming
        chosen = list(reading.reference)
        self._pooled = history.counts[chosen].sum(0)
        self._sizes = np.round(np.median(history.sizes[chosen], axis=0)).astype(np.int64)
        usual, floor = np.array(reading.usual), reading.floor
        own = dispersion(history, chosen, seed=rules.seed)
        self._limit = upper_limit(usual, floor=floor, level=SUSPECTED)
        self._confirming = upper_limit(usual, floor=floor, level=rules.confirming_level(own))

    def power(self, share: float) -> float:
        """Return how often two runs in which a share of answers is replaced are suspected and confirmed."""
        n = FEWER_PAIRS if len(self._sizes) > MANY_PROBES else PAIRS
        rng = generator("drift power", self._rules.seed, [int(size) for size in self._sizes], share)
        pairs = ((self._run(rng, share, 1), self._run(rng, share, self._times)) for _ in range(n))
        hits = sum(self._confirmed(first, second) for first, second in pairs)
        return (hits + 0.5) / (n + 1)

    def _run(self, rng: np.random.Generator, share: float, times: int) -> FloatArray:
        """Return `(P, 2K)` counts of a changed run: K known categories, and one new one for each of them."""
        n_probes, k = self._pooled.shape
        counts = np.zeros((n_probes, 2 * k))
        for p, size in enumerate(self._sizes * times):
            total = self._pooled[p].sum()
            if not size or not total:
                continue
            # Where answers are repeats, a probe's answers change together or not at all.
            changed = int(rng.random() < share) * size if self._rules.basis == "runs" else rng.binomial(size, share)
            counts[p, :k] = rng.multinomial(size - changed, self._pooled[p] / total)
            counts[p, k:] = rng.multinomial(changed, self._pooled[p] / total)
        return counts

    def _confirmed(self, first: FloatArray, second: FloatArray) -> bool:
        one = self._tested(first)
        if one.score <= self._limit or one.pvalue > SUSPECTED:
            return False
        two = self._tested(second, spread=one.spread)
        if two.score <= self._confirming or two.pvalue > self._rules.spending:
            return False
        counts = np.stack([np.hstack([self._pooled, np.zeros_like(self._pooled)]), first, second])
        common, own = common_shift(agreements(counts), counts.sum(2), (1, 2), (0,))
        return bool(own > 0 and common >= ONE_PLACE * own)

    def _tested(self, run: FloatArray, *, spread: float = 0.0) -> _Tested:
        """Return what a simulated run comes to; its p's tail is fitted to few relabellings, for power alone.

        Args:
            run: `(P, 2K)` counts.
            spread: Of runs of the usual size, below which a larger one's is not taken.

        References:
            Mielke & Berry (2007), "Permutation methods", 2nd ed., §2.3 (Pearson type III by three moments).
        """
        pooled = np.hstack([self._pooled, np.zeros_like(self._pooled)])
        observed = pooled_statistic(run, pooled)
        if self._rules.basis == "runs":
            return _Tested(score=observed, pvalue=0.0, spread=0.0)
        drawn = relabelled(run, pooled, probe_ids=self._history.probe_ids, seed=self._rules.seed)(0)
        mean, own = float(drawn.mean()), float(drawn.std())
        if own <= 0:
            return _Tested(score=0.0, pvalue=1.0, spread=0.0)
        skew = float((((drawn - mean) / own) ** 3).mean())
        return _Tested(
            score=(observed - mean) / max(own, spread),
            pvalue=float(pearson3.sf((observed - mean) / own, skew)),
            spread=own,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tested:
    """A simulated run against the reference; p is 0 where only whole runs are exchangeable and the band decides."""

    score: float
    pvalue: float
    spread: float
