"""MMD² with the spectrum kernel: do answers use the same short sequences of characters, wherever they stand?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from blackbox.core import SignalInfo
from blackbox.signals._kernels import KernelSignal
from blackbox.stats.kernels import spectrum_gram

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from blackbox.core import FloatArray
    from blackbox.signals._kernels import Distinct


class SpectrumMMD(KernelSignal):
    """Unbiased MMD² with the cosine of counts of all sequences of one to five code points."""

    info = SignalInfo(version=1, question="same", feature="code_points", forms=("closed", "open"), omnibus=False)

    def grams(self, z: Sequence[Distinct]) -> Iterator[FloatArray]:
        """Return the cosine of sequence counts of each two rows."""
        return (spectrum_gram(rows.values, rows.offsets) for rows in z)


SIGNAL = SpectrumMMD()
