"""Permutation tests on answers: calibrated under the null, strong where one kind is more repetitive."""

from __future__ import annotations

from itertools import combinations, product
from typing import TYPE_CHECKING

import numpy as np
import pytest

from blackbox.evidence import spread
from blackbox.evidence.spread import different_pvalue, more_equal_pvalue, n_alike

if TYPE_CHECKING:
    from collections.abc import Callable

WORDS = np.array(list("abcdefgh"))


@pytest.fixture(autouse=True)
def _few_permutations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spread, "N_PERMUTATIONS", 199)


def answers(rng: np.random.Generator, law: np.ndarray, n: int) -> list[str]:
    """Return `n` answers."""
    return [str(each) for each in rng.choice(WORDS, size=n, p=law)]


@pytest.mark.parametrize("test", [more_equal_pvalue, different_pvalue])
def test_null_pairs_are_rejected_at_the_level(rng: np.random.Generator, test: object) -> None:
    """400 null sessions: between none and 36 rejections at 5 %, at most 233 at 50 %."""
    assert callable(test)
    pvalues = []
    for i in range(400):
        laws = rng.dirichlet(np.full(8, 0.5), 2)
        pvalues.append(test([(answers(rng, law, 5), answers(rng, law, 18)) for law in laws], seed=i))
    assert sum(p <= 0.05 for p in pvalues) <= 36
    assert sum(p <= 0.5 for p in pvalues) <= 233
    assert min(pvalues) > 0


def test_colder_answers_are_found(rng: np.random.Generator) -> None:
    """Five constant answers a prompt against eighteen varied ones: found at every try."""
    flat = np.full(8, 1 / 8)
    pairs = [(["a"] * 5, answers(rng, flat, 18)) for _ in range(4)]
    assert 0.005 == more_equal_pvalue(pairs)
    assert 0.9 < more_equal_pvalue([(y, x) for x, y in pairs])


def test_another_law_is_found(rng: np.random.Generator) -> None:
    """Nine against nine answers from laws that share little, at two prompts."""
    early, late = np.array([0.5, 0.4, 0.1, 0, 0, 0, 0, 0]), np.array([0, 0, 0.1, 0.4, 0.5, 0, 0, 0])
    assert 0.005 == different_pvalue([(answers(rng, early, 9), answers(rng, late, 9)) for _ in range(2)])


@pytest.mark.parametrize("alike", [spread._equal, spread._cosines])
def test_means_agree_with_a_double_loop(rng: np.random.Generator, alike: Callable[[list[str]], np.ndarray]) -> None:
    """Pairs within and across, one by one; of answers of one word the cosine is 1 where they are equal, else 0."""
    x, y = answers(rng, np.full(8, 1 / 8), 6), answers(rng, np.full(8, 1 / 8), 9)
    kinds = np.array([[1.0] * 6 + [0.0] * 9])
    means = spread._means(alike([*x, *y]), kinds)
    for sides, found in (
        (combinations(x, 2), means.first), (combinations(y, 2), means.second), (product(x, y), means.across),
    ):  # fmt: skip
        equal = [a == b for a, b in sides]
        assert [sum(equal) / len(equal)] == pytest.approx(found)


def test_longer_answers_are_compared_by_their_words() -> None:
    """By hand: two of three words shared, one of them twice on one side; white space alone is like nothing else."""
    cosines = spread._cosines(["a b a", "a c", " "])
    assert 2 / np.sqrt(5 * 2) == pytest.approx(cosines[0, 1])
    assert [0.0, 0.0, 1.0] == pytest.approx(cosines[2].tolist())


@pytest.mark.parametrize(("a", "b", "n"), [("", "x", 0), ("abc", "abd", 2), ("ab", "abc", 2), ("x", "y", 0)])
def test_common_beginnings_are_counted(a: str, b: str, n: int) -> None:
    """Characters up to the first difference."""
    assert n == n_alike(a, b)
