"""Energy distance of sentence embeddings: like the Gaussian kernel, without a bandwidth to choose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blackbox.core import SignalInfo
from blackbox.signals._kernels import KernelSignal
from blackbox.stats.kernels import distance_gram

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from blackbox.core import FloatArray
    from blackbox.signals._kernels import Distinct


class Energy(KernelSignal):
    """Unbiased energy distance of embeddings (Székely & Rizzo 2013)."""

    info = SignalInfo(version=1, question="same", feature="embedding", forms=("open",), omnibus=False)

    def grams(self, z: Sequence[Distinct]) -> Iterator[FloatArray]:
        """Return minus the distance of each two embeddings."""
        return (distance_gram(rows.values) for rows in z)


SIGNAL = Energy()
