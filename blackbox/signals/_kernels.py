"""What every kernel signal shares: a Gram matrix of a probe's distinct answers, and MMD² of it under each labelling."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from blackbox.stats.distances import counted_mmd2, counts_by_label, gram_mmd2

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from blackbox.core import AnyArray, FloatArray, LabelArray, PooledProbe


@dataclass(frozen=True, slots=True, kw_only=True)
class Distinct:
    """The distinct rows of a probe, in the order of their first appearance.

    Args:
        values: `(D, d)` numbers, or, with `bounds`, the flat items of ragged rows.
        bounds: `(D + 1,)` row bounds of ragged rows; of others None.
        codes: `(N,)` which of them each row of the probe is.
        times: `(D,)` how often each stands there.
    """

    values: AnyArray
    bounds: AnyArray | None
    codes: AnyArray
    times: AnyArray

    @property
    def offsets(self) -> AnyArray:
        """Row bounds of ragged rows."""
        assert self.bounds is not None
        return self.bounds


def distinct(probe: PooledProbe) -> Distinct:
    """Return the distinct rows of a probe."""
    rows = _rows(probe)
    number: dict[bytes, int] = {}
    codes = np.array([number.setdefault(row.tobytes(), len(number)) for row in rows], dtype=np.int64)
    first = np.unique(codes, return_index=True)[1]
    kept = [rows[i] for i in first]
    times = np.bincount(codes)
    if probe.offsets is None:
        return Distinct(values=np.stack(kept), bounds=None, codes=codes, times=times)
    bounds = np.concatenate([[0], np.cumsum([len(row) for row in kept])])
    return Distinct(values=np.concatenate(kept), bounds=bounds, codes=codes, times=times)


def _rows(probe: PooledProbe) -> list[AnyArray]:
    if probe.offsets is None:
        return list(probe.values)
    return [probe.values[start:stop] for start, stop in pairwise(probe.offsets.tolist())]


class KernelSignal(ABC):
    """Unbiased MMD² of a kernel (Gretton et al. 2012, eq. 3); a signal file says only which kernel.

    Equal answers have equal rows in a Gram matrix, so it is that of the distinct ones, and a labelling enters as how
    often it deals each of them to a side. Where all are distinct that is the labelling itself.

    Null hypothesis: at each probe both sides answer from one distribution; labels are exchangeable within it.
    """

    @abstractmethod
    def grams(self, z: Sequence[Distinct]) -> Iterable[FloatArray]:
        """Return or yield the `(D, D)` Gram matrix of each probe's distinct rows."""

    def prepared(self, z: Sequence[PooledProbe]) -> Iterator[PooledProbe]:
        """Yield the probes with the Gram matrix of their distinct rows as `base`, each when it is asked for."""
        rows = [distinct(probe) for probe in z]
        for probe, own, gram in zip(z, rows, self.grams(rows), strict=True):
            yield replace(probe, base=gram, codes=own.codes if len(own.times) < len(own.codes) else None)

    def draws(self, z: Sequence[PooledProbe], labels: Sequence[LabelArray]) -> FloatArray:
        """Return `(1 + B, P)` statistics; row 0 is the observed labelling."""
        probes = z if all(probe.base is not None for probe in z) else self.prepared(z)
        return np.stack([_mmd2(probe, deal) for probe, deal in zip(probes, labels, strict=True)], axis=1)


def _mmd2(probe: PooledProbe, labels: LabelArray) -> FloatArray:
    assert probe.base is not None
    if probe.codes is None:
        return gram_mmd2(probe.base, labels)
    total = np.bincount(probe.codes).astype(np.float64)
    return counted_mmd2(probe.base, counts_by_label(probe.codes, labels), total)
