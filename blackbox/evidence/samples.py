"""A run with its features, and the pooling of two of them probe by probe."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from blackbox.core import FeatureMatrix, PooledProbe
from blackbox.evidence.independence import Independence, assess, informative_ids

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from blackbox.core import AnyArray, Run

MIN_DRAWS = 2
"""Usable answers a side below which a probe has no within-probe variation to permute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One run and what was computed from it once.

    Args:
        run: The run.
        features: Feature matrices by registered name.
        independence: Whether its replies are draws.
        reply_ids: Identifiers of its replies that identify something.
    """

    run: Run
    features: Mapping[str, FeatureMatrix]
    independence: Independence
    reply_ids: frozenset[str]

    @classmethod
    def of(cls, run: Run, features: Mapping[str, FeatureMatrix]) -> Sample:
        """Return the sample of a run with its features."""
        ids = frozenset(o.response_id for o in informative_ids(run.observations) if o.response_id)
        return cls(run=run, features=features, independence=assess(run), reply_ids=ids)

    @property
    def digest(self) -> str:
        """Digest of everything collected: orders two samples, so that swapping them changes no number."""
        return self.run.manifest.journal_head

    def restricted(self, keys: Collection[str]) -> Sample:
        """Return this sample with only the observations named by `keys`."""
        observations = tuple(o for o in self.run.observations if o.key in keys)
        features = {name: rows_at(matrix, keys) for name, matrix in self.features.items()}
        return replace(self, run=replace(self.run, observations=observations), features=features)

    def n_shared_replies(self, other: Sample) -> int:
        """Return how many replies' identifiers the two samples have in common: copies, not draws."""
        return len(self.reply_ids & other.reply_ids)

    def n_missing(self) -> Counter[str]:
        """Return how many answers are missing at each probe."""
        return Counter(o.probe_id for o in self.run.observations if o.missing)

    def n_asked(self) -> Counter[str]:
        """Return how many answers were asked for and came back in any way, at each probe."""
        return Counter(o.probe_id for o in self.run.observations)


def rows_at(matrix: FeatureMatrix, keys: Collection[str]) -> FeatureMatrix:
    """Return the rows of a non-ragged matrix whose observation key is in `keys`."""
    kept = [i for i, key in enumerate(matrix.keys) if key in keys]
    return FeatureMatrix(
        feature=matrix.feature,
        version=matrix.version,
        values=matrix.values[kept],
        probe_ids=tuple(matrix.probe_ids[i] for i in kept),
        keys=tuple(matrix.keys[i] for i in kept),
    )


def pool(x: FeatureMatrix, y: FeatureMatrix, probe_ids: Collection[str]) -> tuple[PooledProbe, ...]:
    """Return the pooled rows of every probe with at least two rows a side, by probe id.

    Codes are numbered 0…K−1 over both sides and sorted within a side, so that the order in which answers
    came changes nothing.
    """
    rows_x, rows_y = _rows_by_probe(x), _rows_by_probe(y)
    enough = [p for p in sorted(probe_ids) if min(len(rows_x.get(p, ())), len(rows_y.get(p, ()))) >= MIN_DRAWS]
    return tuple(_pooled(p, x.values[rows_x[p]], y.values[rows_y[p]]) for p in enough)


def _pooled(probe_id: str, x: AnyArray, y: AnyArray) -> PooledProbe:
    values = np.concatenate([x, y])
    if values.ndim == 1:
        codes = np.unique(values, return_inverse=True)[1]
        values = np.concatenate([np.sort(codes[: len(x)]), np.sort(codes[len(x) :])])
    return PooledProbe(probe_id=probe_id, values=values, n_x=len(x), n_y=len(y))


def _rows_by_probe(matrix: FeatureMatrix) -> Mapping[str, Sequence[int]]:
    rows: dict[str, list[int]] = {}
    for i, probe_id in enumerate(matrix.probe_ids):
        rows.setdefault(probe_id, []).append(i)
    return rows
