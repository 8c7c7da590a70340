"""Two thousand independent null pairs: the size of the omnibus test as users meet it.

The draws are those many pairs share, which are the engine's (`test_screening`).
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from support.runs import coded, peaked

from blackbox import registry
from blackbox.core import PooledProbe
from blackbox.evidence.engine import omnibus
from blackbox.evidence.screening import screened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.evidence.engine import Drawn

N_ANSWERS = 8
SIGNALS = {name: registry.signal(name) for name in ("exact_mmd", "chi2")}


def answers(rng: np.random.Generator, shares: np.ndarray, counts: tuple[int, int]) -> tuple[PooledProbe, ...]:
    """Return the pooled answers of two sessions of one model."""
    below = shares.cumsum(1)[:, None, :-1]
    codes = (rng.random((len(shares), sum(counts), 1)) > below).sum(2)
    return tuple(PooledProbe(probe_id=f"p{i:02d}", values=c, n_x=counts[0], n_y=counts[1]) for i, c in enumerate(codes))


@cache
def null_draws(n_probes: int, counts: tuple[int, int], n_pairs: int) -> Sequence[tuple[Drawn, ...]]:
    """Return the draws of pairs of one model each, a hundred of them under one seed, as in real use."""
    rng = np.random.default_rng(n_pairs)
    found: list[tuple[Drawn, ...]] = []
    for seed in range(n_pairs // 100):
        pairs = [answers(rng, peaked(rng, n_probes, N_ANSWERS), counts) for _ in range(100)]
        found += screened([*map(coded, pairs)], SIGNALS, seed=seed, n_permutations=199)
    return found


def test_two_thousand_null_pairs_keep_the_level() -> None:
    """Of 2,000 pairs of one model 3.4–6.6 % have p ≤ .05, by each part too."""
    assert all(68 <= n <= 132 for n in rejected(null_draws(16, (15, 15), 2_000)).values())


def test_unequal_counts_keep_the_level() -> None:
    """Six answers against fifteen: 22–82 of 1,000 pairs (99.99 % binomial range), by each part too."""
    assert all(22 <= n <= 82 for n in rejected(null_draws(12, (6, 15), 1_000)).values())


def test_an_inflated_statistic_fails_the_calibration() -> None:
    """The broken version: the observed χ² a twentieth too large is seen in the omnibus."""
    broken = [
        tuple(replace(d, mean=inflated(d.mean)) if d.name == "chi2" else d for d in pair)
        for pair in null_draws(16, (15, 15), 2_000)
    ]
    assert rejected(broken)["omnibus"] > 132


def inflated(mean: np.ndarray) -> np.ndarray:
    """Return draws whose first is too large."""
    return np.concatenate([mean[:1] * 1.05, mean[1:]])


def rejected(pairs: Sequence[Sequence[Drawn]]) -> dict[str, int]:
    """Return how many pairs have p ≤ .05, by the omnibus and by each signal."""
    tests = [omnibus(pair) for pair in pairs]
    own = {name: sum(t.signal_pvalues[name] <= 0.05 for t in tests) for name in SIGNALS}
    return {"omnibus": sum(t.pvalue <= 0.05 for t in tests), **own}


def test_a_size_of_seven_and_a_half_percent_would_be_seen() -> None:
    """The range is narrow enough to fail: at that size fewer than 8 % of such counts lie inside."""
    counts = np.random.default_rng(0).binomial(2_000, 0.075, size=10_000)
    assert ((counts >= 68) & (counts <= 132)).mean() < 0.08
