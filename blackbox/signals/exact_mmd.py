"""Exact-match MMD²: how often answers of the two sides are the same answer, against within each side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from blackbox.core import PooledProbe, SignalInfo
from blackbox.signals._counts import counts_of
from blackbox.stats.distances import exact_mmd2

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.core import FloatArray, LabelArray


class ExactMMD:
    """Unbiased MMD² with the one-hot kernel on answer categories (Gretton et al. 2012, eq. 3)."""

    info = SignalInfo(version=1, question="same", feature="answer", forms=("closed",))

    def draws(self, z: Sequence[PooledProbe], labels: Sequence[LabelArray]) -> FloatArray:
        """Return `(1 + B, P)` statistics; row 0 is the observed labelling."""
        pairs = zip(z, labels, strict=True)
        return np.stack([exact_mmd2(counts_of(probe, deal), probe.total_counts) for probe, deal in pairs], axis=1)


SIGNAL = ExactMMD()
