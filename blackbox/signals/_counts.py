"""What signals of counts share: the counts under each labelling, and exact-match MMD² of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from blackbox.stats.distances import counts_by_label, exact_mmd2

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.core import FloatArray, LabelArray, PooledProbe


def counts_of(probe: PooledProbe, labels: LabelArray) -> FloatArray:
    """Return `(1 + B, K)` counts of each code on side x: those the engine shares, else computed here."""
    return probe.counts if probe.counts is not None else counts_by_label(probe.values, labels)


class ExactSignal:
    """Unbiased MMD² with the one-hot kernel; a signal file says only of which codes."""

    def draws(self, z: Sequence[PooledProbe], labels: Sequence[LabelArray]) -> FloatArray:
        """Return `(1 + B, P)` statistics; row 0 is the observed labelling."""
        pairs = zip(z, labels, strict=True)
        return np.stack([exact_mmd2(counts_of(probe, deal), probe.total_counts) for probe, deal in pairs], axis=1)
