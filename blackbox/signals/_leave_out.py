"""Scores of all pairs where the other families are the references: the ranks without a population."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from blackbox.signals._overlap import centred

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from blackbox.core import AnyArray, FeatureMatrix, FloatArray


class _Probe(Protocol):
    def among(self, members: npt.NDArray[np.intp], references: npt.NDArray[np.bool_], /) -> FloatArray: ...


def family_scores(
    at_probe: Callable[[Sequence[Sequence[AnyArray]]], _Probe], runs: Sequence[FeatureMatrix], families: Sequence[int]
) -> FloatArray:
    """Return `(P, R, R)` centred similarities; both families are left out of the centring, the pair out of counts.

    Args:
        at_probe: Makes a probe's similarities of the runs' rows.
        runs: One feature matrix a run.
        families: Family number of each run; a family's first run is its reference.
    """
    by_probe = [rows_by_probe(run) for run in runs]
    probes = sorted({probe for rows in by_probe for probe in rows})
    numbers = np.unique(np.asarray(families), return_inverse=True)[1]
    first = np.zeros(len(runs), dtype=bool)
    first[np.unique(numbers, return_index=True)[1]] = True
    members = np.arange(len(runs))
    scores = np.full((len(probes), len(runs), len(runs)), np.nan)
    for i, probe in enumerate(probes):
        raw = at_probe([rows.get(probe, []) for rows in by_probe]).among(members, first)
        scores[i] = centred(raw, numbers)
    return scores


def rows_by_probe(matrix: FeatureMatrix) -> dict[str, list[AnyArray]]:
    """Return each probe's rows in the matrix's order: slices of a ragged matrix, else one-row arrays."""
    rows: dict[str, list[AnyArray]] = {}
    for i, probe in enumerate(matrix.probe_ids):
        bounds = (i, i + 1) if matrix.offsets is None else (int(matrix.offsets[i]), int(matrix.offsets[i + 1]))
        rows.setdefault(probe, []).append(matrix.values[bounds[0] : bounds[1]])
    return rows
