"""Answers a run lost and its reference did not: tested apart, and filled in least favourably (METHODS §1.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from blackbox.evidence.drift_reference import pooled_pvalue, pooled_statistic
from blackbox.evidence.loss import Loss
from blackbox.stats.loss import stratified_exact_pvalue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.core import FloatArray
    from blackbox.evidence.drift_counts import AnswerCounts


def loss_of(history: AnswerCounts, run: int, reference: Sequence[int]) -> Loss:
    """Return the exact test of equal loss of a run and its reference, at the probes asked of both."""
    lost, others = history.lost[run], history.lost[list(reference)].sum(0)
    asked, asked_others = lost + history.sizes[run], others + history.sizes[list(reference)].sum(0)
    strata = np.flatnonzero((asked > 0) & (asked_others > 0) & (lost + others > 0))
    pvalue = stratified_exact_pvalue(*([int(each[p]) for p in strata] for each in (lost, asked, others, asked_others)))
    return Loss(pvalue=pvalue, a={"missing": int(lost.sum())}, b={"missing": int(others.sum())})


def pvalue_with_losses(history: AnswerCounts, run: int, reference: Sequence[int], *, seed: int, most: int) -> float:
    """Return the p of a run after its and its reference's lost answers are filled in so that the two look alike."""
    chosen = list(reference)
    own, pooled = history.counts[run].copy(), history.counts[chosen].sum(0)
    lost, others = history.lost[run], history.lost[chosen].sum(0)
    for p in range(len(own)):
        own[p] = _filled(own[p], pooled[p], int(lost[p]))
        pooled[p] = _filled(pooled[p], own[p], int(others[p]))
    observed = pooled_statistic(own, pooled)
    return pooled_pvalue(own, pooled, observed, probe_ids=history.probe_ids, seed=seed, most=most).pvalue


def _filled(own: FloatArray, other: FloatArray, n_lost: int) -> FloatArray:
    """Return counts with the lost answers added, each where it is most behind the other side's share."""
    filled = own.copy()
    if not other.sum():
        return filled
    target = other / other.sum() * (own.sum() + n_lost)
    for _ in range(n_lost):
        filled[int(np.argmax(target - filled))] += 1
    return filled
