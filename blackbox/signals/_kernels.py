"""What every kernel signal shares: a Gram matrix a probe, computed once, and MMD² of it under each labelling."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from blackbox.stats.distances import gram_mmd2

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.core import AnyArray, FloatArray, LabelArray, PooledProbe


@dataclass(frozen=True, slots=True, kw_only=True)
class Ragged:
    """Flat items and the bounds of their rows."""

    values: AnyArray
    offsets: AnyArray


def ragged(probe: PooledProbe) -> Ragged:
    """Return the rows of a probe whose feature is ragged."""
    assert probe.offsets is not None
    return Ragged(values=probe.values, offsets=probe.offsets)


class KernelSignal(ABC):
    """Unbiased MMD² of a kernel (Gretton et al. 2012, eq. 3); a signal file says only which kernel.

    Null hypothesis: at each probe both sides answer from one distribution; labels are exchangeable within it.
    """

    @abstractmethod
    def grams(self, z: Sequence[PooledProbe]) -> list[FloatArray]:
        """Return the `(N, N)` Gram matrix of each probe's pooled rows."""

    def prepared(self, z: Sequence[PooledProbe]) -> list[PooledProbe]:
        """Return the probes with their Gram matrix as `base`."""
        return [replace(probe, base=gram) for probe, gram in zip(z, self.grams(z), strict=True)]

    def draws(self, z: Sequence[PooledProbe], labels: Sequence[LabelArray]) -> FloatArray:
        """Return `(1 + B, P)` statistics; row 0 is the observed labelling."""
        bases = [probe.base for probe in z if probe.base is not None]
        grams = bases if len(bases) == len(z) else self.grams(z)
        return np.stack([gram_mmd2(gram, deal) for gram, deal in zip(grams, labels, strict=True)], axis=1)
