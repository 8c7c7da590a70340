"""Permutation tests on short answers, within each prompt: is one kind more repetitive, are two kinds of one law?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from blackbox.core import FloatArray

N_PERMUTATIONS = 9_999


def more_equal_pvalue(pairs: Sequence[tuple[Sequence[str], Sequence[str]]], *, seed: int = 0) -> float:
    """Return the one-sided p of "two answers of the first kind are equal more often than two of the second".

    Null hypothesis: within a prompt, which answers are of which kind is exchangeable.

    Args:
        pairs: Of each prompt, the answers of both kinds, at least two each.
        seed: Of the permutations.

    References:
        Phipson & Smyth (2010), "Permutation p-values should never be zero", eq. 2.
    """
    return _pvalue(pairs, lambda x, y: _equal(x) - _equal(y), seed)


def different_pvalue(pairs: Sequence[tuple[Sequence[str], Sequence[str]]], *, seed: int = 0) -> float:
    """Return the p of "both kinds of answers come from one law", by exact-match MMD² summed over prompts.

    Null hypothesis: within a prompt, which answers are of which kind is exchangeable.

    References:
        Gretton et al. (2012), "A kernel two-sample test", eq. 3, with the kernel 1[a = b].
    """
    return _pvalue(pairs, lambda x, y: _equal(x) + _equal(y) - 2 * _across(x, y), seed)


def n_alike(a: str, b: str) -> int:
    """Return for how many characters two texts begin alike."""
    pairs = zip(a, b, strict=False)
    return next((i for i, (x, y) in enumerate(pairs) if x != y), min(len(a), len(b)))


def _pvalue(
    pairs: Sequence[tuple[Sequence[str], Sequence[str]]],
    statistic: Callable[[FloatArray, FloatArray], FloatArray],
    seed: int,
) -> float:
    rng = np.random.default_rng(seed)
    draws = np.zeros(1 + N_PERMUTATIONS)
    for first, second in pairs:
        draws += statistic(*_counts([*first, *second], len(first), rng))
    r = int((draws[1:] >= draws[0] - 1e-9 * np.abs(draws).max()).sum())
    return (1 + r) / (1 + N_PERMUTATIONS)


def _counts(answers: Sequence[str], n_first: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Return `(1 + B, K)` counts of each answer on both sides, row 0 as observed."""
    codes = np.unique(np.array(answers), return_inverse=True)[1]
    one_hot = np.eye(int(codes.max()) + 1)[codes]
    orders = np.tile(np.arange(len(codes)), (1 + N_PERMUTATIONS, 1))
    orders[1:] = rng.permuted(orders[1:], axis=1)
    first = one_hot[orders[:, :n_first]].sum(axis=1)
    return first, one_hot.sum(axis=0) - first


def _equal(counts: FloatArray) -> FloatArray:
    n = counts.sum(axis=1)
    share: FloatArray = ((counts**2).sum(axis=1) - n) / (n * (n - 1))
    return share


def _across(x: FloatArray, y: FloatArray) -> FloatArray:
    share: FloatArray = (x * y).sum(axis=1) / (x.sum(axis=1) * y.sum(axis=1))
    return share
