"""Gram matrices of sequences and of censored lists, for MMD² and energy statistics."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from blackbox.stats.distances import squared_distances

if TYPE_CHECKING:
    from blackbox.core import AnyArray, FloatArray

BLOCK = 1 << 23
"""Comparisons made at once: bounds memory at 8 MB."""
STRIPES = 4
"""Stripes of rows at least: the lower triangle is mostly left out."""
SMALL = 1 << 18
"""Cells of a table of counts up to which it is filled: 2 MB."""
ORDERS = 5
"""Longest gram of the spectrum kernel."""
FLOOR = -100.0
"""Log-probabilities below this are as good as never."""


def padded(values: AnyArray, offsets: AnyArray) -> AnyArray:
    """Return ragged rows as `(N, L)` codes of their items, equal where the items are, 0 where a row has ended."""
    lengths = np.diff(offsets)
    codes = _small(values)
    rows = np.zeros((len(lengths), int(lengths.max(initial=0))), dtype=codes.dtype)
    rows[np.arange(rows.shape[1]) < lengths[:, None]] = codes
    return rows


def _small(values: AnyArray) -> AnyArray:
    """Return the items as small integers from 1: half the bytes take half the time to compare."""
    if int(values.max(initial=0)) >= np.iinfo(np.uint32).max:
        values = np.unique(values, return_inverse=True)[1]
    narrow = int(values.max(initial=0)) < np.iinfo(np.uint16).max
    return values.astype(np.uint16 if narrow else np.uint32) + 1


def n_matches(rows: AnyArray) -> AnyArray:
    """Return `(N, N)` int64 counts of places at which two of `(N, L)` rows hold the same item."""
    n, width = rows.shape
    counts = np.empty((n, n), dtype=np.int64)
    step = max(1, min(BLOCK // max(1, n * width), -(-n // STRIPES)))
    for start in range(0, n, step):
        equal = rows[start : start + step, None, :] == rows[None, start:, :]
        bits = np.packbits(equal, axis=-1)
        counts[start : start + step, start:] = np.bitwise_count(bits).sum(-1, dtype=np.int64)
    lower = np.tril_indices(n, -1)
    counts[lower] = counts.T[lower]
    return counts


def hamming_gram(values: AnyArray, offsets: AnyArray, *, length: int) -> FloatArray:
    """Return the `(N, N)` Hamming Gram matrix: the share of equal places after padding all rows to `length`.

    Two padded places are equal. Rows are padded to their own longest only: all further places are equal.

    Args:
        values: Flat items.
        offsets: `(N + 1,)` row bounds.
        length: The common length, at least that of the longest row; 0 gives ones.

    References:
        Gao, Liang & Guestrin (2025), "Model Equality Testing: Which Model Is This API Serving?", ICLR,
        arXiv:2410.20247, §3 (Hamming kernel), normalised to a unit diagonal.
    """
    rows = padded(values, offsets)
    if length == 0:
        return np.ones((len(rows), len(rows)))
    return np.asarray((n_matches(rows) + (length - rows.shape[1])) / length, dtype=np.float64)


def spectrum_gram(values: AnyArray, offsets: AnyArray) -> FloatArray:
    """Return the `(N, N)` cosine of the counts of all grams of 1 to `ORDERS` items.

    Rows without an item are like each other and unlike all others.

    References:
        Leslie, Eskin & Noble (2002), "The spectrum kernel: a string kernel for SVM protein classification",
        PSB 7, 566–575; summed over gram lengths and normalised as in Gao, Liang & Guestrin (2025).
    """
    n = len(offsets) - 1
    rows, grams = _all_grams(values, np.repeat(np.arange(n), np.diff(offsets)))
    products = _shared(rows, grams, n)
    empty = np.diff(offsets) == 0
    products[np.ix_(empty, empty)] = 1.0
    scale = np.sqrt(products.diagonal())
    return np.asarray(products / (scale[:, None] * scale[None, :]))


def _all_grams(values: AnyArray, rows: AnyArray) -> tuple[AnyArray, AnyArray]:
    """Return the row and the number of every gram of 1 to `ORDERS` items; grams of different lengths differ."""
    items = np.unique(values, return_inverse=True)[1].astype(np.int64)
    n_items = int(items.max(initial=0)) + 1
    ids, found, n_before = items, [(rows, items)], n_items
    for order in range(2, ORDERS + 1):
        ids = np.unique(ids[:-1] * n_items + items[order - 1 :], return_inverse=True)[1].astype(np.int64)
        inside = rows[order - 1 :] == rows[: len(ids)]
        found.append((rows[: len(ids)][inside], ids[inside] + n_before))
        n_before += int(ids.max(initial=0)) + 1
        if len(ids) <= 1:
            break
    return np.concatenate([own for own, _ in found]), np.concatenate([own for _, own in found])


def _shared(rows: AnyArray, grams: AnyArray, n: int) -> FloatArray:
    """Return `(n, n)` products of the rows' counts of grams; a small table is quicker filled than left sparse."""
    n_grams = int(grams.max(initial=0)) + 1
    if n * n_grams <= SMALL:
        table = np.bincount(rows * n_grams + grams, minlength=n * n_grams).reshape(n, n_grams).astype(np.float64)
        return np.asarray(table @ table.T)
    from scipy.sparse import coo_array

    sparse = coo_array((np.ones(len(grams)), (rows, grams)), shape=(n, n_grams)).tocsr()
    return np.asarray((sparse @ sparse.T).toarray())


def distance_gram(values: AnyArray) -> FloatArray:
    """Return minus the `(N, N)` Euclidean distances of `(N, d)` rows: MMD² of it is the energy distance.

    References:
        Székely & Rizzo (2013), "Energy statistics: a class of statistics based on distances", J. Statist.
        Plann. Inference 143, 1249–1272, eq. (2.1), here with means over distinct pairs only (unbiased);
        Sejdinovic et al. (2013), Ann. Statist. 41, 2263–2291 (as an MMD).
    """
    return -np.sqrt(squared_distances(values))


def censored_gram(values: AnyArray, offsets: AnyArray) -> FloatArray:
    """Return minus the `(N, N)` mean differences of listed log-probabilities, as far as they are known.

    A token that a row does not list lies somewhere below the smallest value it lists (left-censored), so a
    pair differs at that token by what the other row's value exceeds this bound, at least; averaged over
    the tokens that either row lists.

    Args:
        values: Flat entries with the fields `token` and `logprob`.
        offsets: `(N + 1,)` row bounds; every row lists something.

    References:
        Gehan (1965), Biometrika 52, 203–223 (only what censoring leaves certain is counted).
    """
    tokens, columns = np.unique(values["token"], return_inverse=True)
    n = len(offsets) - 1
    listed = np.full((n, len(tokens)), np.nan)
    listed[np.repeat(np.arange(n), np.diff(offsets)), columns] = np.maximum(values["logprob"], FLOOR)
    bounds = np.nanmin(listed, axis=1)
    known = ~np.isnan(listed)
    filled = np.where(known, listed, bounds[:, None])
    gram = np.empty((n, n))
    for i in range(n):
        either = known[i] | known
        differences = np.abs(filled[i] - filled)
        # Unlisted here and the other's value within reach of the bound: nothing is known to differ.
        hidden = (~known[i] & known & (filled < filled[i])) | (known[i] & ~known & (filled[i] < filled))
        gram[i] = -(differences * (either & ~hidden)).sum(1) / either.sum(1)
    return gram
