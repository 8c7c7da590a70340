"""Gram matrices of sequences and lists at their edges."""

from __future__ import annotations

import numpy as np
import pytest

from blackbox.stats import kernels
from blackbox.stats.classification import centred_components, held_out_accuracy
from blackbox.stats.divergence import jsd_bits


def rows(*texts: str) -> tuple[np.ndarray, np.ndarray]:
    """Flat code points and row bounds."""
    values = np.array([ord(c) for text in texts for c in text], dtype=np.uint64)
    return values, np.concatenate([[0], np.cumsum([len(text) for text in texts])])


def test_padding_counts_as_equal() -> None:
    """“ab” and “abcd” padded to 6: two letters and two padded places of six."""
    assert kernels.hamming_gram(*rows("ab", "abcd"), length=6)[0, 1] == pytest.approx(4 / 6)


@pytest.mark.parametrize("length", [0, 3])
def test_answers_without_a_letter_are_equal(length: int) -> None:
    """Nothing but padding is the same everywhere, whatever the common length."""
    assert kernels.hamming_gram(*rows("", ""), length=length).tolist() == [[1, 1], [1, 1]]
    assert kernels.spectrum_gram(*rows("", "")).tolist() == [[1, 1], [1, 1]]


def test_an_empty_answer_has_nothing_in_common_with_others() -> None:
    """Its spectrum is like that of another empty answer only."""
    gram = kernels.spectrum_gram(*rows("", "ab", ""))
    assert gram.tolist() == [[1, 0, 1], [0, pytest.approx(1), 0], [1, 0, 1]]


def test_grams_do_not_run_from_one_answer_into_the_next() -> None:
    """“ab”, “cd” and “bc”: the border between the first two makes no “bc”."""
    gram = kernels.spectrum_gram(*rows("ab", "cd", "bc"))
    assert gram[0, 2] == gram[1, 2] == pytest.approx(1 / 3)
    assert gram[0, 1] == 0


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Matches are counted in blocks of bounded memory; one row at a time gives the same."""
    matrix = np.random.default_rng(0).integers(0, 3, size=(9, 21)).astype(np.uint16)
    at_once = kernels.n_matches(matrix)
    monkeypatch.setattr(kernels, "BLOCK", 1)
    assert np.array_equal(at_once, kernels.n_matches(matrix))
    assert at_once[2, 7] == (matrix[2] == matrix[7]).sum()


def test_many_different_letters_are_kept_apart() -> None:
    """More distinct items than 16 bits hold."""
    text = "".join(chr(0x20000 + i) for i in range(70_000))
    gram = kernels.hamming_gram(*rows(text, text[::-1]), length=70_000)
    assert gram[0, 1] == 0


def test_items_of_more_than_32_bits_are_told_apart() -> None:
    """Hashed items are numbered anew before they are made small: only what is equal counts as equal."""
    items, offsets = np.array([1 << 40, 7, (1 << 40) + (1 << 32), 7]), np.array([0, 2, 4])
    assert kernels.hamming_gram(items, offsets, length=2)[0, 1] == pytest.approx(1 / 2)


def test_an_unlisted_token_differs_only_by_what_is_certain() -> None:
    """A lists −1 and −2; B lists the first only, at −1.5: of the second, at most −1.5, nothing is known to differ."""
    dtype = [("token", np.uint64), ("logprob", np.float64)]
    values = np.array([(1, -1.0), (2, -2.0), (1, -1.5)], dtype=dtype)
    gram = kernels.censored_gram(values, np.array([0, 2, 3]))
    assert gram[0, 1] == gram[1, 0] == pytest.approx(-0.5 / 2)


def test_never_is_a_number() -> None:
    """A log-probability of minus infinity is as good as never, not NaN."""
    dtype = [("token", np.uint64), ("logprob", np.float64)]
    values = np.array([(1, -np.inf), (1, -np.inf)], dtype=dtype)
    assert kernels.censored_gram(values, np.array([0, 1, 2])).tolist() == [[0, 0], [0, 0]]


def test_disjoint_answers_are_one_bit_apart() -> None:
    """The largest divergence there is."""
    assert jsd_bits(np.array([3.0, 0.0]), np.array([3.0, 5.0])) == pytest.approx(1.0)


def test_the_classifier_of_constant_rows_is_as_good_as_a_coin() -> None:
    """No spread is no division by zero."""
    components = centred_components([np.ones((4, 3)), np.ones((5, 3))])
    labels = [np.array([[1, 1, 0, 0]], dtype=np.int8), np.array([[1, 1, 0, 0, 0]], dtype=np.int8)]
    assert held_out_accuracy(components, labels).tolist() == [[0.0, 0.0]]
