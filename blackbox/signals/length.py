"""How long answers are: energy distance of log lengths."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from blackbox.core import SignalInfo
from blackbox.signals._kernels import KernelSignal
from blackbox.stats.kernels import distance_gram

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from blackbox.core import FloatArray
    from blackbox.signals._kernels import Distinct


class Length(KernelSignal):
    """Unbiased energy distance of ln(1 + code points), so that a factor counts alike for short and long answers."""

    info = SignalInfo(version=1, question="same", feature="length", forms=("closed", "open"), omnibus=False)

    def grams(self, z: Sequence[Distinct]) -> Iterator[FloatArray]:
        """Return minus the distance of each two log lengths."""
        return (distance_gram(np.log1p(rows.values)) for rows in z)


SIGNAL = Length()
