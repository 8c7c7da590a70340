"""A run with its features, and the pooling of two of them probe by probe."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from blackbox.core import FeatureMatrix, PooledProbe
from blackbox.evidence.independence import Independence, assess, informative_ids
from blackbox.stats.randomness import generator

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from blackbox.core import AnyArray, Run

MIN_DRAWS = 2
"""Usable answers a side below which a probe has no within-probe variation to permute."""
MIN_BESIDE_ONE = 4
"""Answers of the other side beside a single one: with fewer its rank says nothing."""
MAX_ROWS = 500
"""Rows a side and probe of which all pairs are compared: bounds a Gram matrix at 8 MB."""


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
    """Return the rows of a matrix whose observation key is in `keys`."""
    kept = [i for i, key in enumerate(matrix.keys) if key in keys]
    rows = _rows(matrix, kept)
    return FeatureMatrix(
        feature=matrix.feature,
        version=matrix.version,
        values=rows.values,
        probe_ids=tuple(matrix.probe_ids[i] for i in kept),
        keys=tuple(matrix.keys[i] for i in kept),
        offsets=rows.offsets,
    )


def pool(x: FeatureMatrix, y: FeatureMatrix, probe_ids: Collection[str]) -> tuple[PooledProbe, ...]:
    """Return the pooled rows of every probe with at least two rows a side, by probe id.

    Codes are numbered 0…K−1 over both sides. Rows are sorted within a side, so that the order in which
    answers came changes nothing. Rows that are not codes are compared two by two, so of more than `MAX_ROWS`
    a side as many are drawn, without looking at them.
    """
    return _pooled_where(x, y, probe_ids, lambda n, m: min(n, m) >= MIN_DRAWS)


def pool_single(x: FeatureMatrix, y: FeatureMatrix, probe_ids: Collection[str]) -> tuple[PooledProbe, ...]:
    """Return the pooled rows of every probe at which one side has one row and the other at least four."""
    return _pooled_where(x, y, probe_ids, single_beside)


def single_beside(n: int, m: int) -> bool:
    """Return whether one of two counts is 1 and the other large enough for a rank among it."""
    return min(n, m) == 1 and max(n, m) >= MIN_BESIDE_ONE


def _pooled_where(
    x: FeatureMatrix, y: FeatureMatrix, probe_ids: Collection[str], wanted: Callable[[int, int], bool]
) -> tuple[PooledProbe, ...]:
    rows_x, rows_y = rows_of(x), rows_of(y)
    enough = [p for p in sorted(probe_ids) if wanted(len(rows_x.get(p, ())), len(rows_y.get(p, ())))]
    return tuple(_pooled(p, _rows(x, rows_x[p]), _rows(y, rows_y[p])) for p in enough)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """Rows of one side: one code or vector a row, or flat items with the rows' bounds."""

    values: AnyArray
    offsets: AnyArray | None

    @property
    def n(self) -> int:
        return len(self.values) if self.offsets is None else len(self.offsets) - 1

    def split(self) -> list[AnyArray]:
        if self.offsets is None:
            return list(self.values)
        return [self.values[start:stop] for start, stop in pairwise(self.offsets.tolist())]


def _rows(matrix: FeatureMatrix, kept: Sequence[int]) -> _Rows:
    if matrix.offsets is None:
        return _Rows(values=matrix.values[kept], offsets=None)
    starts, stops = matrix.offsets[kept], matrix.offsets[[i + 1 for i in kept]]
    return _joined([matrix.values[a:b] for a, b in zip(starts, stops, strict=True)], matrix.values.dtype)


def _joined(rows: Sequence[AnyArray], dtype: np.dtype[Any]) -> _Rows:
    offsets = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    return _Rows(values=np.concatenate([np.empty(0, dtype=dtype), *rows]), offsets=offsets)


def _pooled(probe_id: str, x: _Rows, y: _Rows) -> PooledProbe:
    if x.offsets is None and x.values.ndim == 1:
        codes = np.unique(np.concatenate([x.values, y.values]), return_inverse=True)[1]
        n_x, n_y = len(x.values), len(y.values)
        values = np.concatenate([np.sort(codes[:n_x]), np.sort(codes[n_x:])])
        return PooledProbe(probe_id=probe_id, values=values, n_x=n_x, n_y=n_y)
    of_x, of_y = at_most(x.split(), probe_id, "x"), at_most(y.split(), probe_id, "y")
    flat = _Rows(values=np.stack(of_x + of_y), offsets=None) if x.offsets is None else None
    both = flat or _joined(of_x + of_y, x.values.dtype)
    return PooledProbe(
        probe_id=probe_id,
        values=both.values,
        n_x=len(of_x),
        n_y=len(of_y),
        offsets=both.offsets,
        n_left_out=x.n + y.n - len(of_x) - len(of_y),
    )


def at_most(rows: Sequence[AnyArray], probe_id: str, side: str) -> list[AnyArray]:
    """Return the rows of one side sorted by their bytes; of more than `MAX_ROWS` as many, drawn without a look at them.

    Args:
        rows: The rows.
        probe_id: Their probe.
        side: Names the side: with the probe and how many there are it seeds the draw.
    """
    ordered = sorted(rows, key=lambda row: row.tobytes())
    if len(ordered) <= MAX_ROWS:
        return ordered
    drawn = generator("rows", probe_id, side, len(ordered)).choice(len(ordered), MAX_ROWS, replace=False)
    return [ordered[i] for i in np.sort(drawn)]


def rows_of(matrix: FeatureMatrix) -> Mapping[str, Sequence[int]]:
    """Return the rows of each probe."""
    rows: dict[str, list[int]] = {}
    for i, probe_id in enumerate(matrix.probe_ids):
        rows.setdefault(probe_id, []).append(i)
    return rows
