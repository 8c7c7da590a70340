"""MMD² of sentence embeddings with a Gaussian kernel: do open answers mean and sound alike?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from blackbox.core import SignalInfo
from blackbox.signals._kernels import KernelSignal
from blackbox.stats.distances import rbf_gram

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from blackbox.core import FloatArray
    from blackbox.signals._kernels import Distinct


class EmbeddingMMD(KernelSignal):
    """Unbiased MMD² with the RBF kernel, bandwidth by the median of the probe's pooled sample."""

    info = SignalInfo(version=1, question="same", feature="embedding", forms=("open",))

    def grams(self, z: Sequence[Distinct]) -> Iterator[FloatArray]:
        """Return the Gaussian kernel of each two embeddings."""
        return (rbf_gram(rows.values, rows.times) for rows in z)


SIGNAL = EmbeddingMMD()
