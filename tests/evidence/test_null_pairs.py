"""Two thousand independent null pairs: the size of the omnibus test as users meet it."""

from __future__ import annotations

import numpy as np
from support.runs import peaked

from blackbox import registry
from blackbox.core import FeatureMatrix
from blackbox.evidence.engine import Part, draw, omnibus
from blackbox.evidence.samples import pool

N_PROBES, N_ANSWERS, N_REPEATS = 16, 8, 15


def answers(rng: np.random.Generator, shares: np.ndarray) -> FeatureMatrix:
    """One session's answer codes."""
    codes = np.concatenate([rng.choice(N_ANSWERS, size=N_REPEATS, p=share) for share in shares])
    probe_ids = tuple(f"p{i:02d}" for i in range(N_PROBES) for _ in range(N_REPEATS))
    keys = tuple(f"{p}#{k % N_REPEATS}" for k, p in enumerate(probe_ids))
    return FeatureMatrix(feature="answer", version=1, values=codes.astype(np.uint64), probe_ids=probe_ids, keys=keys)


def test_two_thousand_null_pairs_keep_the_level() -> None:
    """Under one fixed seed, as in real use, p ≤ .05 in 3.4–6.6 % of 2,000 pairs of one model."""
    rng = np.random.default_rng(20)
    rejected = 0
    for _ in range(2_000):
        shares = peaked(rng, N_PROBES, N_ANSWERS)
        a, b = answers(rng, shares), answers(rng, shares)
        probes = pool(a, b, set(a.probe_ids))
        parts = [Part(name=n, signal=registry.signal(n), probes=probes) for n in ("exact_mmd", "chi2")]
        rejected += omnibus(draw(parts, seed=0, n_permutations=499)).pvalue <= 0.05
    assert 68 <= rejected <= 132


def test_a_size_of_seven_and_a_half_percent_would_be_seen() -> None:
    """The range is narrow enough to fail: at that size fewer than 8 % of such counts lie inside."""
    counts = np.random.default_rng(0).binomial(2_000, 0.075, size=10_000)
    assert ((counts >= 68) & (counts <= 132)).mean() < 0.08
