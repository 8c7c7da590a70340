"""Since when: the split of a history that sets its runs furthest apart, estimated apart from detection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from blackbox.stats.exact_match import mmd2, over_probes
from blackbox.stats.randomness import generator

if TYPE_CHECKING:
    from blackbox.core import FloatArray
    from blackbox.evidence.drift_counts import AnswerCounts

RESAMPLES = 199
COVERED = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Onset:
    """The first run after the change, with an interval.

    Args:
        run: Its place.
        low: Earliest place of the interval.
        high: Latest place of the interval.
    """

    run: int
    low: int
    high: int


def estimate_onset(history: AnswerCounts, *, latest: int, seed: int, n_resamples: int = RESAMPLES) -> Onset:
    """Return the split with the largest weighted distance between the runs before and from it.

    The interval comes from whole runs drawn anew, with replacement, before and after the split: what differs between
    runs of one side anyway widens it.

    Args:
        history: All runs, later ones too.
        latest: The last place at which it can have begun: where it was detected.
        seed: The plan's seed.
        n_resamples: Histories drawn for the interval; 0 for none.

    References:
        Csörgő & Horváth (1997), "Limit theorems in change-point analysis", §2.1 (the weighted maximum); Hušková &
        Kirch (2008), "Bootstrapping confidence intervals for the change-point of time series", J. Time Ser. Anal. 29.
    """
    split = _best_split(history.counts, latest)
    if not n_resamples:
        return Onset(run=split, low=split, high=split)
    rng = generator("onset", seed, history.n_runs, split)
    shifts = []
    for _ in range(n_resamples):
        before = rng.integers(0, split, split)
        after = rng.integers(split, history.n_runs, history.n_runs - split)
        shifts.append(_best_split(history.counts[np.concatenate([before, after])], history.n_runs - 1) - split)
    tail = (1 - COVERED) / 2
    low, high = (int(split - np.quantile(shifts, q, method="nearest")) for q in (1 - tail, tail))
    return Onset(run=split, low=max(1, min(low, split)), high=min(latest, max(high, split)))


def _best_split(counts: FloatArray, latest: int) -> int:
    """Return the place in 1…latest from which on the runs of `(T, P, K)` counts differ most from those before."""
    n_runs = len(counts)
    so_far = np.cumsum(counts, axis=0)
    total = so_far[-1]
    places = np.arange(1, max(1, min(latest, n_runs - 1)) + 1)
    before = so_far[places - 1]
    after = total - before
    distance = mmd2(
        own=(before * before).sum(2),
        across=(before * after).sum(2),
        other=(after * after).sum(2),
        n=before.sum(2),
        m=after.sum(2),
    )
    weighted = over_probes(distance) * places * (n_runs - places) / n_runs
    return int(places[int(np.nanargmax(weighted))]) if np.isfinite(weighted).any() else 1
