"""Measures of randomness: near 0 for coin tosses, far from it for habits, as a naive count has them."""

from __future__ import annotations

from itertools import groupby

import numpy as np
import pytest

from blackbox import registry
from blackbox.features.bits import two_symbols
from blackbox.stats.bitstream import MEASURES, _pattern_counts, longest_run, measures

AT = {name: i for i, name in enumerate(MEASURES)}


def tosses(rng: np.random.Generator, n: int = 100, stay: float = 0.5) -> np.ndarray:
    """Return tosses that repeat the one before with probability `stay`."""
    found = [int(rng.integers(2))]
    for same in rng.random(n - 1) < stay:
        found.append(found[-1] if same else 1 - found[-1])
    return np.array(found, dtype=np.int8)


def test_coin_tosses_are_near_zero() -> None:
    """Over 300 sequences every measure's mean is within .45 of its zero and no value is infinite."""
    rng = np.random.default_rng(1)
    values = np.array([measures(tosses(rng)) for _ in range(300)])
    assert np.isfinite(values).all()
    assert np.abs(values.mean(axis=0)).max() < 0.45


@pytest.mark.parametrize(("stay", "sign"), [(0.3, 1), (0.7, -1)])
def test_alternating_too_much_or_too_little_shows_in_the_runs(stay: float, sign: int) -> None:
    """More runs than chance where a sequence alternates; fewer where it stays, and the first lag the other way."""
    rng = np.random.default_rng(2)
    values = np.mean([measures(tosses(rng, stay=stay)) for _ in range(50)], axis=0)
    assert sign * values[AT["runs"]] > 2
    assert sign * values[AT["autocorrelation_1"]] < -2


def test_counts_agree_with_a_naive_loop() -> None:
    """Longest run, runs and overlapping patterns, counted one by one."""
    rng = np.random.default_rng(3)
    for _ in range(20):
        bits = tosses(rng, n=50)
        runs = [(bit, len(list(group))) for bit, group in groupby(bits.tolist())]
        assert longest_run(bits) == max((n for bit, n in runs if bit), default=0)
        expected = (len(runs) - 1 - 24.5) / np.sqrt(49 / 4)
        assert measures(bits)[AT["runs"]] == pytest.approx(expected, abs=1e-12)
        ring = [*bits.tolist(), *bits[:2].tolist()]
        patterns = [4 * ring[i] + 2 * ring[i + 1] + ring[i + 2] for i in range(50)]
        assert _pattern_counts(bits, 3).tolist() == [float(patterns.count(k)) for k in range(8)]


def test_constant_sequences_have_measures() -> None:
    """All ones are finite and extreme."""
    values = measures(np.ones(40, dtype=np.int8))
    assert np.isfinite(values).all()
    assert values[AT["frequency"]] == pytest.approx(np.sqrt(40))


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ("01" * 20, 40), ("H, T, " * 20, 40), ("正反" * 16, 32), ("+-" * 16, 32), ("0" * 40, 40), ("01" * 15, None),
        ("Here you are: " + "01" * 100, 200),
        ("The quick brown fox jumps over the lazy dog again and again.", None), ("", None),
    ],
)  # fmt: skip
def test_two_symbols_are_found(text: str, n: int | None) -> None:
    """Sequences of any two symbols, spaces and commas aside; prose and short samples are none."""
    found = two_symbols(text)
    assert (None if found is None else len(found)) == n


def test_the_smaller_code_point_is_zero() -> None:
    """So that a and b, whichever comes first, mean the same on both sides."""
    assert two_symbols("ba" * 20).tolist() == [1, 0] * 20  # type: ignore[union-attr]


def test_bits_leave_other_suites_alone() -> None:
    """The signal is in the omnibus and has nothing to read where answers are no sequences."""
    assert registry.signal("bits").info.omnibus
    assert two_symbols("no, yes, no, maybe: these are words and more words to come, all different") is None
