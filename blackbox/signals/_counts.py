"""Answer counts under each labelling: those the engine shares, else computed here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blackbox.stats.distances import counts_by_label

if TYPE_CHECKING:
    from blackbox.core import FloatArray, LabelArray, PooledProbe


def counts_of(probe: PooledProbe, labels: LabelArray) -> FloatArray:
    """Return `(1 + B, K)` counts of each code on side x."""
    return probe.counts if probe.counts is not None else counts_by_label(probe.values, labels)
