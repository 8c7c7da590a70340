"""Statistics against naive double loops and other implementations."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2_contingency

from blackbox.stats.distances import chi2, counts_by_label, exact_mmd2, gram_mmd2, rbf_gram


def naive_mmd2(gram: np.ndarray, n: int) -> float:
    """Unbiased MMD² by the definition: mean over distinct pairs within, minus twice the mean across."""
    m = len(gram) - n
    within_x = np.mean([gram[i, j] for i in range(n) for j in range(n) if i != j])
    within_y = np.mean([gram[n + i, n + j] for i in range(m) for j in range(m) if i != j])
    across = np.mean([gram[i, n + j] for i in range(n) for j in range(m)])
    return float(within_x + within_y - 2 * across)


def labels(n: int, m: int) -> np.ndarray:
    """The observed labelling alone."""
    return np.array([[1] * n + [0] * m], dtype=np.int8)


@pytest.mark.parametrize(("n", "m"), [(2, 2), (5, 3), (7, 12)])
def test_exact_mmd2_agrees_with_the_double_loop(n: int, m: int) -> None:
    """Counts give the same value as comparing every pair of answers."""
    codes = np.random.default_rng(n).integers(0, 4, size=n + m)
    codes[:4] = [0, 1, 2, 3]
    gram = (codes[:, None] == codes[None, :]).astype(float)
    counts = counts_by_label(codes, labels(n, m))
    value = exact_mmd2(counts, np.bincount(codes).astype(float))[0]
    assert value == pytest.approx(naive_mmd2(gram, n), abs=1e-12)


@pytest.mark.parametrize("n_answers", [6, 400])
def test_rows_with_totals_of_their_own_are_read_one_by_one(n_answers: int) -> None:
    """Several audits at once give what each gives alone, however many answers were given once."""
    x, y = np.random.default_rng(8).integers(0, 3, size=(2, 5, n_answers)).astype(float)
    alone = [float(exact_mmd2(own, own + other)) for own, other in zip(x, y, strict=True)]
    assert exact_mmd2(x, x + y) == pytest.approx(alone, abs=1e-12)


@pytest.mark.parametrize(("n", "m"), [(2, 2), (5, 3), (7, 12)])
def test_gram_mmd2_agrees_with_the_double_loop(n: int, m: int) -> None:
    """Matrix products give the same value as the definition."""
    gram = rbf_gram(np.random.default_rng(m).normal(size=(n + m, 5)))
    assert gram_mmd2(gram, labels(n, m))[0] == pytest.approx(naive_mmd2(gram, n), abs=1e-12)


def test_chi2_agrees_with_scipy() -> None:
    """Pearson's statistic of the same table."""
    codes = np.array([0] * 9 + [1] * 5 + [2] * 6 + [0] * 4 + [1] * 13 + [2] * 3)
    counts = counts_by_label(codes, labels(20, 20))
    table = np.array([[9, 5, 6], [4, 13, 3]])
    expected = chi2_contingency(table, correction=False).statistic
    assert chi2(counts, table.sum(0).astype(float))[0] == pytest.approx(expected)


def test_the_rbf_bandwidth_is_the_median_of_the_pooled_sample() -> None:
    """Three points on a line, squared distances 1, 4, 9: the median one has kernel exp(−½)."""
    gram = rbf_gram(np.array([[0.0], [1.0], [3.0]]))
    assert gram[1, 2] == pytest.approx(np.exp(-0.5))


def test_equal_rows_give_a_kernel_of_ones() -> None:
    """No spread is no division by zero."""
    assert rbf_gram(np.ones((4, 3))).tolist() == np.ones((4, 4)).tolist()
