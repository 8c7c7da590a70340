"""χ² of the answer table of each probe: sensitive to rare answers that only one side gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from blackbox.core import PooledProbe, SignalInfo
from blackbox.signals._counts import counts_of
from blackbox.stats.distances import chi2

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.core import FloatArray, LabelArray


class ChiSquare:
    """Pearson's χ² over answer categories, with the permutation null only."""

    info = SignalInfo(version=1, question="same", feature="answer", forms=("closed",), directional=True)

    def draws(self, z: Sequence[PooledProbe], labels: Sequence[LabelArray]) -> FloatArray:
        """Return `(1 + B, P)` statistics; row 0 is the observed labelling."""
        pairs = zip(z, labels, strict=True)
        return np.stack([chi2(counts_of(probe, deal), probe.total_counts) for probe, deal in pairs], axis=1)


SIGNAL = ChiSquare()
