"""How well answers to one prompt fit what others answer to another: what shows whether a prompt was read at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.core import AnyArray, FeatureMatrix, FloatArray

Items = "Mapping[str, AnyArray]"


def items_by_probe(matrix: FeatureMatrix) -> dict[str, AnyArray]:
    """Return all items of a run's answers to each probe: grams of ragged features, codes of closed answers."""
    parts: dict[str, list[AnyArray]] = {}
    for i, probe in enumerate(matrix.probe_ids):
        own = matrix.values[i : i + 1]
        if matrix.offsets is not None:
            own = matrix.values[matrix.offsets[i] : matrix.offsets[i + 1]]
        parts.setdefault(probe, []).append(own)
    return {probe: np.concatenate(own) for probe, own in parts.items()}


def cross_agreement(
    own: Mapping[str, AnyArray], others: Sequence[Mapping[str, AnyArray]], probe_ids: Sequence[str]
) -> FloatArray:
    """Return `(P, P)`: of the suspect's answers to prompt q, the mean share of others that say so at prompt p.

    Args:
        own: The suspect's items by probe.
        others: The same of the other runs.
        probe_ids: The P probes, answered by the suspect.
    """
    known = np.unique(np.concatenate([own[probe] for probe in probe_ids]))
    said = _counted([own[probe] for probe in probe_ids], known)
    silent = np.zeros(0, dtype=known.dtype)
    heard = [_counted([other.get(probe, silent) for probe in probe_ids], known) for other in others]
    total = sum((h.sign() for h in heard[1:]), heard[0].sign())
    sizes = np.maximum(np.asarray(said.sum(1)).ravel(), 1.0)
    return np.asarray((said @ total.T).todense()) / sizes[:, None] / len(others)


def _counted(rows: Sequence[AnyArray], known: AnyArray) -> sparse.csr_array:
    """Return `(P, K)` counts of the known items in each row; others are left out."""
    places = np.searchsorted(known, np.concatenate(rows)) if rows else np.zeros(0, dtype=np.intp)
    flat = np.concatenate(rows)
    number = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
    inside = (places < len(known)) & (known[np.minimum(places, len(known) - 1)] == flat)
    ones = np.ones(int(inside.sum()))
    return sparse.csr_array((ones, (number[inside], places[inside])), shape=(len(rows), len(known)))
