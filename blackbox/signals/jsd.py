"""Jensen–Shannon divergence of answers in bits: 0 where two samples of one endpoint would be, 1 at most."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from blackbox.core import PooledProbe, SignalInfo
from blackbox.signals._counts import counts_of
from blackbox.stats.divergence import jsd_bits, jsd_permutation_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from blackbox.core import AnyArray, FloatArray, LabelArray


class JensenShannon:
    """Plug-in divergence minus its exact mean over all labellings: its bias if there were no difference."""

    info = SignalInfo(version=1, question="same", feature="answer", forms=("closed",), omnibus=False, directional=True)

    def prepared(self, z: Sequence[PooledProbe]) -> Iterator[PooledProbe]:
        """Yield the probes with the mean over labellings as `base`."""
        return (replace(probe, base=_mean(probe)) for probe in z)

    def draws(self, z: Sequence[PooledProbe], labels: Sequence[LabelArray]) -> FloatArray:
        """Return `(1 + B, P)` statistics in bits; row 0 is the observed labelling."""
        return np.stack([_corrected(probe, deal) for probe, deal in zip(z, labels, strict=True)], axis=1)


def _corrected(probe: PooledProbe, labels: LabelArray) -> FloatArray:
    mean = _mean(probe) if probe.base is None else probe.base
    return np.asarray(jsd_bits(counts_of(probe, labels), probe.total_counts) - mean)


def _mean(probe: PooledProbe) -> AnyArray:
    return np.array(jsd_permutation_mean(probe.total_counts, n_x=probe.n_x))


SIGNAL = JensenShannon()
