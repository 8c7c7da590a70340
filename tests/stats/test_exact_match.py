"""Distances between runs: against double loops over answers, unbiased, and blind to noise in what runs share."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from blackbox.stats.exact_match import agreements, common_shift, leave_one_out, over_probes, to_reference


def counted(rng: np.random.Generator, n_runs: int = 5, n_probes: int = 3, n: int = 4) -> np.ndarray:
    """Return `(T, P, K)` counts; one run misses a probe and another has one answer there."""
    counts = np.array([[rng.multinomial(n, [0.5, 0.3, 0.2]) for _ in range(n_probes)] for _ in range(n_runs)]) * 1.0
    counts[1, 0] = 0
    counts[2, 1] = [0, 1, 0]
    return counts


def answers(counts: np.ndarray) -> list[int]:
    """Return one code an answer."""
    return [k for k, n in enumerate(counts) for _ in range(int(n))]


def naive(x: list[int], y: list[int]) -> float:
    """Return the unbiased exact-match MMD² by double loops."""

    def within(side: list[int]) -> float:
        pairs = [(i, j) for i, j in product(range(len(side)), repeat=2) if i != j]
        return float(np.mean([side[i] == side[j] for i, j in pairs]))

    own = within(x) if len(x) > 1 else within(x + y)
    return own + within(y) - 2 * float(np.mean([a == b for a, b in product(x, y)]))


def test_distances_agree_with_a_double_loop() -> None:
    """A run against a reference, and every run against the others, are what their definition says."""
    counts = counted(np.random.default_rng(0))
    gram, sizes = agreements(counts), counts.sum(2)
    found = to_reference(gram, sizes, 3, [0, 1, 2])
    expected = [naive(answers(counts[3, p]), answers(counts[:3, p].sum(0))) for p in range(3)]
    assert expected == pytest.approx(list(found))
    rest = leave_one_out(gram, sizes)
    for run in range(5):
        for p in range(3):
            if not counts[run, p].sum():
                assert np.isnan(rest[run, p])
                continue
            others = counts[[r for r in range(5) if r != run], p].sum(0)
            assert naive(answers(counts[run, p]), answers(others)) == pytest.approx(rest[run, p])


def test_mean_over_probes_leaves_out_what_is_not_there() -> None:
    """A probe without a distance does not count as one of 0."""
    assert [2.0, 3.0] == list(over_probes(np.array([[1.0, np.nan, 3.0], [3.0, 3.0, 3.0]])))
    assert np.isnan(over_probes(np.array([np.nan])))


def test_distance_is_unbiased_and_what_runs_share_is_blind_to_noise() -> None:
    """Under the null the mean is 0; runs that scatter share nothing of their shift, runs that moved share all of it."""
    rng = np.random.default_rng(1)
    base, moved = rng.dirichlet(np.ones(5), 6), rng.dirichlet(np.ones(5), 6)
    distances, scatter, shift = [], [], []
    for _ in range(150):
        first = [[rng.multinomial(20, s) for s in base] for _ in range(6)]
        apart = [[rng.multinomial(20, rng.dirichlet(8 * s + 1e-6)) for s in base] for _ in range(3)]
        there = [[rng.multinomial(20, s) for s in moved] for _ in range(3)]
        counts = np.array([*first, *apart, *there]) * 1.0
        gram, sizes = agreements(counts), counts.sum(2)
        distances.append(over_probes(to_reference(gram, sizes, 5, range(5))))
        scatter.append(common_shift(gram, sizes, (6, 7, 8), range(6)))
        shift.append(common_shift(gram, sizes, (9, 10, 11), range(6)))
    assert abs(np.mean(distances)) < 3 * np.std(distances) / np.sqrt(150)
    common, own = np.mean(scatter, axis=0)
    assert own > 0.04
    assert abs(common) < 0.05 * own
    common, own = np.mean(shift, axis=0)
    assert own == pytest.approx(((base - moved) ** 2).sum(1).mean(), rel=0.05)
    assert common == pytest.approx(own, rel=0.02)
