"""Adjusted p-values: Holm and Benjamini–Hochberg over hypotheses, Westfall–Young over dependent signals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from blackbox.stats.permutation import n_at_least

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.core import FloatArray


def holm(pvalues: Sequence[float]) -> list[float]:
    """Return Holm's step-down adjusted p-values, in the order given.

    References:
        Holm (1979), "A simple sequentially rejective multiple test procedure", Scand. J. Statist. 6, 65–70.
    """
    p = np.asarray(pvalues, dtype=float)
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    return _restored(np.minimum(stepped, 1.0), order)


def benjamini_hochberg(pvalues: Sequence[float]) -> list[float]:
    """Return Benjamini–Hochberg adjusted p-values, in the order given.

    References:
        Benjamini & Hochberg (1995), "Controlling the false discovery rate", JRSS B 57(1), 289–300.
    """
    p = np.asarray(pvalues, dtype=float)
    order = np.argsort(p, kind="stable")
    scaled = p[order] * len(p) / np.arange(1, len(p) + 1)
    stepped = np.minimum.accumulate(scaled[::-1])[::-1]
    return _restored(np.minimum(stepped, 1.0), order)


def westfall_young(draws: FloatArray) -> list[float]:
    """Return step-down maxT adjusted p-values of `(S, 1 + B)` comparable draws, column 0 observed.

    References:
        Westfall & Young (1993), "Resampling-Based Multiple Testing", Wiley, algorithm 4.1 (maxT form).
    """
    order = np.argsort(-draws[:, 0], kind="stable")
    tail = np.maximum.accumulate(draws[order[::-1]], axis=0)[::-1]
    raw = [(1 + n_at_least(np.concatenate([[draws[s, 0]], tail[k, 1:]]))) / draws.shape[1] for k, s in enumerate(order)]
    return _restored(np.maximum.accumulate(raw), order)


def _restored(values: FloatArray, order: np.ndarray[tuple[int], np.dtype[np.intp]]) -> list[float]:
    result = np.empty(len(values))
    result[order] = values
    return [float(value) for value in result]
