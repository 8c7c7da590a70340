"""Permutation p-values and labels."""

from __future__ import annotations

import numpy as np
import pytest

from blackbox.stats.permutation import CHUNK, KEPT_ROWS, kept_labels, label_chunk, permutation_pvalue


def test_the_smallest_pvalue_counts_the_observed_labelling() -> None:
    """P = (1 + r)/(1 + B): never zero (Phipson & Smyth 2010)."""
    draws = np.concatenate([[10.0], np.zeros(99)])
    assert permutation_pvalue(draws) == 1 / 100


def test_ties_count_as_exceedances() -> None:
    """Values equal up to rounding are ties, and ties count against the observed value."""
    draws = np.array([0.3, 0.1 + 0.2, 0.1, 0.0])
    assert permutation_pvalue(draws) == 2 / 4


def test_a_real_gap_is_not_a_tie() -> None:
    """The tie tolerance is relative and small: a gap of a millionth counts."""
    assert permutation_pvalue(np.array([1.0, 1.0 - 1e-6, 0.0])) == 1 / 3


def test_the_first_row_is_the_observed_labelling() -> None:
    """Row 0 of chunk 0 labels the first n answers as side x."""
    assert label_chunk(0, "p", (2, 3), 0)[0].tolist() == [1, 1, 0, 0, 0]


def test_every_row_deals_the_same_numbers() -> None:
    """A labelling keeps both sample sizes."""
    assert set(label_chunk(7, "p", (4, 9), 3).sum(axis=1).tolist()) == {4}


def test_labels_depend_on_their_arguments_only() -> None:
    """The same arguments give the same labels; another probe, seed or chunk gives others."""
    kept_labels.cache_clear()
    first = label_chunk(0, "p", (5, 5), 0).copy()
    kept_labels.cache_clear()
    assert np.array_equal(first, label_chunk(0, "p", (5, 5), 0))
    for other in ((1, "p", (5, 5), 0), (0, "q", (5, 5), 0), (0, "p", (5, 5), 1)):
        assert not np.array_equal(first[1:], label_chunk(*other)[1:])


def test_labels_can_not_be_written_to() -> None:
    """Shared labels are read-only."""
    with pytest.raises(ValueError, match="read-only"):
        label_chunk(0, "p", (2, 2), 0)[0, 0] = 0


def test_all_labellings_are_about_equally_frequent() -> None:
    """Six ways to deal 2 of 4: each near a sixth of many rows (χ² with 5 df below its 99.9 % point)."""
    rows = np.concatenate([label_chunk(0, "p", (2, 2), c) for c in range(1, 7)])
    counts = np.unique(rows @ np.array([8, 4, 2, 1]), return_counts=True)[1]
    expected = 6 * CHUNK / 6
    assert len(counts) == 6
    assert ((counts - expected) ** 2 / expected).sum() < 20.5


def test_the_labels_of_a_huge_probe_are_not_kept() -> None:
    """A hundred thousand answers must not fill memory: their labels are drawn anew, and are the same."""
    kept_labels.cache_clear()
    first = label_chunk(0, "p", (KEPT_ROWS, 1), 0)
    assert kept_labels.cache_info().currsize == 0
    assert np.array_equal(first, label_chunk(0, "p", (KEPT_ROWS, 1), 0))
    label_chunk(0, "p", (KEPT_ROWS - 1, 1), 0)
    assert kept_labels.cache_info().currsize == 1
