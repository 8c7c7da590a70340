"""Whether places between 0 and 1 are spread evenly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from blackbox.core import FloatArray


def cramer_von_mises_parts(places: FloatArray) -> FloatArray:
    """Return `(…, P)` parts whose mean over the last axis is the Cramér–von Mises statistic over P.

    Each place's part is its squared distance from where its order puts it, plus 1/(12 P²).

    References:
        Anderson & Darling (1952), Ann. Math. Statist. 23, 193–212; computing form as in Stephens (1974), JASA 69,
        730–737, eq. (3): W² = 1/(12 P) + Σ (U_(i) − (2i − 1)/(2 P))².
    """
    n = places.shape[-1]
    order = np.argsort(np.argsort(places, axis=-1, kind="stable"), axis=-1, kind="stable")
    return np.asarray((places - (2 * order + 1) / (2 * n)) ** 2 + 1 / (12 * n**2))
