"""A history as counts: how often each run gave each answer to each probe, and what it lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from blackbox.stats.exact_match import agreements

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.core import FeatureMatrix, FloatArray

LARGER = 1.5
"""A run with so many times the usual answers is a confirmation at its own budget."""
MOST_CATEGORIES = 128
"""Categories a probe; more are put into this many by their code, without looking at how often they occur."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCounts:
    """Answers of T runs to P probes in K categories; all arrays are read-only.

    Args:
        probe_ids: The probes.
        counts: `(T, P, K)` usable answers by category.
        sizes: `(T, P)` usable answers.
        lost: `(T, P)` answers that were asked for and are missing.
        gram: `(T, T, P)` agreeing pairs of answers.
    """

    probe_ids: tuple[str, ...]
    counts: FloatArray
    sizes: FloatArray
    lost: FloatArray
    gram: FloatArray

    @classmethod
    def of(cls, counts: FloatArray, *, probe_ids: Sequence[str] = (), lost: FloatArray | None = None) -> AnswerCounts:
        """Return the history of `(T, P, K)` counts."""
        counts = np.asarray(counts, dtype=np.float64)
        sizes = counts.sum(2)
        names = tuple(probe_ids) or tuple(f"p{p}" for p in range(counts.shape[1]))
        missing = np.zeros(sizes.shape) if lost is None else np.asarray(lost, dtype=np.float64)
        found = cls(probe_ids=names, counts=counts, sizes=sizes, lost=missing, gram=agreements(counts))
        for array in (found.counts, found.sizes, found.lost, found.gram):
            array.setflags(write=False)
        return found

    @property
    def n_runs(self) -> int:
        """How many runs."""
        return len(self.sizes)

    def is_larger(self, run: int) -> bool:
        """Return whether a run holds many more answers than the runs before it: it is steadier than they are."""
        totals = self.sizes[: run + 1].sum(1)
        return bool(run > 0 and totals[run] > LARGER * np.median(totals[:run]))

    def chosen(self, runs: Sequence[int]) -> AnswerCounts:
        """Return the history of some of the runs."""
        kept = list(runs)
        return AnswerCounts.of(self.counts[kept], probe_ids=self.probe_ids, lost=self.lost[kept])


def tabulate(
    runs: Sequence[FeatureMatrix], probe_ids: Sequence[str], lost: Sequence[Mapping[str, int]]
) -> AnswerCounts:
    """Return the counts of coded answers.

    Args:
        runs: One matrix of codes a run, in the order of the history.
        probe_ids: Probes to count.
        lost: For each run, missing answers by probe.
    """
    place = {probe_id: p for p, probe_id in enumerate(probe_ids)}
    at = [np.array([place.get(probe_id, -1) for probe_id in run.probe_ids], dtype=np.int64) for run in runs]
    codes = [_categories([run.values[a == p] for run, a in zip(runs, at, strict=True)]) for p in range(len(place))]
    widest = max((int(c.max(initial=0)) for rows in codes for c in rows), default=0) + 1
    counts = np.zeros((len(runs), len(place), widest))
    for p, rows in enumerate(codes):
        for t, row in enumerate(rows):
            counts[t, p] = np.bincount(row, minlength=widest)
    missing = np.array([[each.get(probe_id, 0) for probe_id in place] for each in lost], dtype=np.float64)
    return AnswerCounts.of(counts, probe_ids=probe_ids, lost=missing.reshape(counts.shape[:2]))


def _categories(rows: Sequence[FloatArray]) -> list[FloatArray]:
    """Return each run's answers to one probe as 0…K−1, numbered over all runs."""
    known, inverse = np.unique(np.concatenate(list(rows)), return_inverse=True)
    if len(known) > MOST_CATEGORIES:
        inverse = (known % MOST_CATEGORIES).astype(np.int64)[inverse]
    ends = np.cumsum([len(row) for row in rows])
    return np.split(inverse.astype(np.int64), ends[:-1])
