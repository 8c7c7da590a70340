"""Rank uniformity of texts where one side has one a probe: do they mean what the other side's texts mean?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from blackbox.core import SignalInfo
from blackbox.signals._rank import RankSignal

if TYPE_CHECKING:
    from blackbox.core import AnyArray, FloatArray


class RankEmbedding(RankSignal):
    """Texts ranked by how near they are to all others together."""

    info = SignalInfo(
        version=1,
        question="same",
        feature="embedding",
        forms=("open",),
        omnibus=False,
        single=True,
        joint=True,
        needs="probes at which one side has a single answer and the other at least four",
    )

    def typical(self, values: AnyArray) -> FloatArray:
        """Return each row's product with the sum of the others."""
        rows = np.asarray(values, dtype=np.float64)
        return np.asarray(rows @ rows.sum(0) - (rows * rows).sum(1))


SIGNAL = RankEmbedding()
