"""The Hamming kernel over ragged rows, padded to one length over all probes of a pair."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from blackbox.signals._kernels import KernelSignal
from blackbox.stats.kernels import hamming_gram

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from blackbox.core import FloatArray
    from blackbox.signals._kernels import Distinct


class HammingSignal(KernelSignal):
    """Unbiased MMD² with the share of equal places; padding equals padding (Gao, Liang & Guestrin 2025).

    Answers are padded to the longest of all probes, as in that paper: a probe's weight is the length of its
    answers. With equal counts at every probe the mean over probes is the published statistic.
    """

    def grams(self, z: Sequence[Distinct]) -> Iterator[FloatArray]:
        """Return the share of equal places of each two rows."""
        length = max((int(np.diff(rows.offsets).max()) for rows in z), default=0)
        return (hamming_gram(rows.values, rows.offsets, length=length) for rows in z)
