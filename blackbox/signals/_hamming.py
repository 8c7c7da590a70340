"""The Hamming kernel over ragged rows, padded to one length over all probes of a pair."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from blackbox.signals._kernels import KernelSignal, ragged
from blackbox.stats.kernels import hamming_gram

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.core import FloatArray, PooledProbe


class HammingSignal(KernelSignal):
    """Unbiased MMD² with the share of equal places; padding equals padding (Gao, Liang & Guestrin 2025).

    Answers are padded to the longest of all probes, as in that paper: a probe's weight is the length of its
    answers. With equal counts at every probe the mean over probes is the published statistic.
    """

    def grams(self, z: Sequence[PooledProbe]) -> list[FloatArray]:
        """Return the share of equal places of each two rows."""
        rows = [ragged(probe) for probe in z]
        length = max((int(np.diff(each.offsets).max()) for each in rows), default=0)
        return [hamming_gram(each.values, each.offsets, length=length) for each in rows]
