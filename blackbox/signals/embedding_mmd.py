"""MMD² of sentence embeddings with a Gaussian kernel: do open answers mean and sound alike?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from blackbox.core import PooledProbe, SignalInfo
from blackbox.stats.distances import gram_mmd2, rbf_gram

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.core import FloatArray, LabelArray


class EmbeddingMMD:
    """Unbiased MMD² with the RBF kernel, bandwidth by the median of the probe's pooled sample."""

    info = SignalInfo(version=1, question="same", feature="embedding", forms=("open",))

    def draws(self, z: Sequence[PooledProbe], labels: Sequence[LabelArray]) -> FloatArray:
        """Return `(1 + B, P)` statistics; row 0 is the observed labelling."""
        columns = [gram_mmd2(rbf_gram(probe.values), deal) for probe, deal in zip(z, labels, strict=True)]
        return np.stack(columns, axis=1)


SIGNAL = EmbeddingMMD()
