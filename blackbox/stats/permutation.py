"""Permutation p-values and the label matrices they are drawn from."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from blackbox.stats.randomness import generator

if TYPE_CHECKING:
    from blackbox.core import FloatArray, LabelArray

RELATIVE_TIE = 1e-9
"""Draws within this share of the largest |draw| of the observed one count as at least as large."""


CHUNK = 1_000
"""Labellings per chunk: memory is bounded, and raising B keeps every labelling drawn before."""


KEPT_ROWS = 500
"""Answers at a probe above which labellings are drawn anew for each use instead of kept: half a megabyte a chunk."""


def label_chunk(seed: int, probe_id: str, sizes: tuple[int, int], chunk: int) -> LabelArray:
    """Return `(CHUNK, n_x + n_y)` labels, 1 for side x; row 0 of chunk 0 is the observed labelling.

    The labels depend on the arguments only, so all signals, and all pairs of equal layout, share them.
    Under the null hypothesis the labels of one probe's answers are exchangeable.

    Args:
        seed: The plan's seed.
        probe_id: The probe whose answers are dealt anew.
        sizes: Answers of side x and of side y.
        chunk: Which thousand labellings.
    """
    draw = kept_labels if sum(sizes) <= KEPT_ROWS else _labels
    return draw(seed, probe_id, sizes, chunk)


def _labels(seed: int, probe_id: str, sizes: tuple[int, int], chunk: int) -> LabelArray:
    labels = np.zeros((CHUNK, sum(sizes)), dtype=np.int8)
    labels[:, : sizes[0]] = 1
    rng = generator("labels", seed, probe_id, sizes, chunk)
    first = 1 if chunk == 0 else 0
    rng.permuted(labels[first:], axis=1, out=labels[first:])
    labels.setflags(write=False)
    return labels


kept_labels = lru_cache(maxsize=4096)(_labels)
"""The labellings of probes of ordinary size."""


def n_at_least(draws: FloatArray) -> int:
    """Return r: how many of `draws[1:]` are at least `draws[0]`, near-ties included (METHODS §1.2)."""
    tolerance = RELATIVE_TIE * max(float(draws.max()), -float(draws.min()))
    return int(np.count_nonzero(draws[1:] >= draws[0] - tolerance))


def permutation_pvalue(draws: FloatArray) -> float:
    """Return p = (1 + r) / (1 + B) of `(1 + B,)` draws whose first is the observed one.

    References:
        Phipson & Smyth (2010), "Permutation p-values should never be zero", SAGMB 9(1), art. 39, eq. (2).
    """
    return (1 + n_at_least(draws)) / len(draws)
