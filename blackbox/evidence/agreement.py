"""How well answers to one prompt fit what others answer to another: what shows whether a prompt was read at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.core import AnyArray, FeatureMatrix, FloatArray


def items_by_probe(matrix: FeatureMatrix) -> dict[str, AnyArray]:
    """Return the different items of a run's answers to each probe: grams of ragged features, else answer codes."""
    parts: dict[str, list[AnyArray]] = {}
    for i, probe in enumerate(matrix.probe_ids):
        own = matrix.values[i : i + 1]
        if matrix.offsets is not None:
            own = matrix.values[matrix.offsets[i] : matrix.offsets[i + 1]]
        parts.setdefault(probe, []).append(own)
    return {probe: np.unique(np.concatenate(own)) for probe, own in parts.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Which items each run's answers to each probe hold.

    Args:
        probe_ids: The P probes.
        runs: One `(P, K)` incidence a run.
        total: `(P, K)` runs that hold an item at a probe.
    """

    probe_ids: tuple[str, ...]
    runs: tuple[sparse.csr_array, ...]
    total: sparse.csr_array

    @classmethod
    def of(cls, runs: Sequence[Mapping[str, AnyArray]], probe_ids: Sequence[str]) -> Said:
        """Return the incidences of runs' items at some probes."""
        rows = [[own.get(probe) for probe in probe_ids] for own in runs]
        flat = [row for own in rows for row in own if row is not None]
        columns = np.unique(np.concatenate(flat), return_inverse=True)[1] if flat else np.zeros(0, dtype=np.intp)
        shape = (len(probe_ids), int(columns.max()) + 1 if len(columns) else 1)
        found, start = [], 0
        for own in rows:
            bounds = np.cumsum([0, *(0 if row is None else len(row) for row in own)], dtype=np.int64)
            held = columns[start : start + int(bounds[-1])]
            found.append(sparse.csr_array((np.ones(len(held)), held, bounds), shape=shape))
            start += int(bounds[-1])
        probes = np.concatenate([np.repeat(np.arange(len(probe_ids)), np.diff(own.indptr)) for own in found])
        total = sparse.csr_array((np.ones(len(columns)), (probes, columns)), shape=shape)
        return cls(probe_ids=tuple(probe_ids), runs=tuple(found), total=total)

    def answered(self, place: int) -> AnyArray:
        """Return the places of the probes that a run answered and somebody else too."""
        own = np.diff(self.runs[place].indptr)
        others = np.diff((self.total - self.runs[place]).tocsr().indptr)
        return np.flatnonzero((own > 0) & (others > 0))

    def cross_agreement(self, place: int, probes: AnyArray) -> FloatArray:
        """Return `(P, P)`: of a run's answer to prompt q, the mean share of others that say so at prompt p.

        Args:
            place: The run.
            probes: Places of the P probes it answered.
        """
        own = self.runs[place][probes]
        sizes = np.maximum(np.asarray(own.sum(1)).ravel(), 1.0)
        heard = self.total[probes] - own
        return np.asarray((own @ heard.T).todense()) / sizes[:, None] / max(1, len(self.runs) - 1)
