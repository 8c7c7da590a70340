"""Habits of randomness: energy distance between measures of two-symbol sequences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blackbox.core import SignalInfo
from blackbox.signals._kernels import KernelSignal
from blackbox.stats.kernels import distance_gram

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from blackbox.core import AnyArray, FloatArray
    from blackbox.signals._kernels import Distinct


class Bits(KernelSignal):
    """Unbiased energy distance of the measures, each scaled by its spread over both sides of the probe.

    The scale is that of the pooled rows, so no labelling changes it and it can't hide a shift of one side.

    References:
        Székely & Rizzo (2013), "Energy statistics: a class of statistics based on distances", J. Stat. Plan. Inference
        143(8), eq. 5.
    """

    info = SignalInfo(
        version=1,
        question="same",
        feature="bits",
        forms=("open",),
        needs="replies that are sequences of at least 32 of two symbols",
    )

    def grams(self, z: Sequence[Distinct]) -> Iterator[FloatArray]:
        """Return minus the distance of each two replies' scaled measures."""
        return (distance_gram(_scaled(rows.values, rows.codes)) for rows in z)


def _scaled(values: FloatArray, codes: AnyArray) -> FloatArray:
    every = values[codes]
    spread = every.std(axis=0)
    spread[spread == 0] = 1.0
    scaled: FloatArray = (values - every.mean(axis=0)) / spread
    return scaled


SIGNAL = Bits()
