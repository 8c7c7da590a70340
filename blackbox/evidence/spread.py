"""Permutation tests on answers, within each prompt: is one kind more repetitive, are two kinds of one law?"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
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
    return _pvalue(pairs, _equal, lambda means: means.first - means.second, seed)


def different_pvalue(pairs: Sequence[tuple[Sequence[str], Sequence[str]]], *, seed: int = 0) -> float:
    """Return the p of "both kinds of answers come from one law", by unbiased MMD² on their words, summed over prompts.

    Null hypothesis: within a prompt, which answers are of which kind is exchangeable.

    Args:
        pairs: Of each prompt, the answers of both kinds, at least two each.
        seed: Of the permutations.

    References:
        Gretton et al. (2012), "A kernel two-sample test", eq. 3, with the cosine of word counts as kernel: of answers
        of one word that is 1[a = b].
    """
    return _pvalue(pairs, _cosines, lambda means: means.first + means.second - 2 * means.across, seed)


def n_alike(a: str, b: str) -> int:
    """Return for how many characters two texts begin alike."""
    pairs = zip(a, b, strict=False)
    return next((i for i, (x, y) in enumerate(pairs) if x != y), min(len(a), len(b)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Means:
    """`(1 + B,)` mean likeness of two answers of the first kind, of the second, and of one of each."""

    first: FloatArray
    second: FloatArray
    across: FloatArray


def _pvalue(
    pairs: Sequence[tuple[Sequence[str], Sequence[str]]],
    alike: Callable[[Sequence[str]], FloatArray],
    statistic: Callable[[_Means], FloatArray],
    seed: int,
) -> float:
    rng = np.random.default_rng(seed)
    draws = np.zeros(1 + N_PERMUTATIONS)
    for first, second in pairs:
        kinds = _kinds(len(first), len(first) + len(second), rng)
        draws += statistic(_means(alike([*first, *second]), kinds))
    r = int((draws[1:] >= draws[0] - 1e-9 * np.abs(draws).max()).sum())
    return (1 + r) / (1 + N_PERMUTATIONS)


def _kinds(n_first: int, n: int, rng: np.random.Generator) -> FloatArray:
    """Return `(1 + B, n)` ones for answers of the first kind, row 0 as observed."""
    kinds = np.tile((np.arange(n) < n_first).astype(np.float64), (1 + N_PERMUTATIONS, 1))
    kinds[1:] = rng.permuted(kinds[1:], axis=1)
    return kinds


def _means(alike: FloatArray, kinds: FloatArray) -> _Means:
    """Return mean likenesses within and across kinds, from an `(n, n)` matrix whose diagonal is 1."""
    n = kinds.sum(axis=1)
    m = kinds.shape[1] - n
    to_first = kinds @ alike
    to_second = alike.sum(axis=0) - to_first
    return _Means(
        first=((to_first * kinds).sum(axis=1) - n) / (n * (n - 1)),
        second=((to_second * (1 - kinds)).sum(axis=1) - m) / (m * (m - 1)),
        across=(to_first * (1 - kinds)).sum(axis=1) / (n * m),
    )


def _equal(answers: Sequence[str]) -> FloatArray:
    """Return the `(n, n)` matrix of 1[a = b]."""
    codes = np.unique(np.array(answers), return_inverse=True)[1]
    return np.asarray(codes[:, None] == codes, dtype=np.float64)


def _cosines(answers: Sequence[str]) -> FloatArray:
    """Return the `(n, n)` matrix of cosines of word counts; an answer without words is a word of its own."""
    counts = [Counter(answer.split() or [answer]) for answer in answers]
    column = {word: i for i, word in enumerate(sorted({word for each in counts for word in each}))}
    vectors = np.zeros((len(answers), len(column)))
    for row, each in zip(vectors, counts, strict=True):
        row[[column[word] for word in each]] = list(each.values())
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors @ vectors.T
