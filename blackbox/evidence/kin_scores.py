"""Pairs scored against a population's references: every signal's Z, its place among the references, and the rank."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from blackbox.evidence.cohort import Context, averages, normed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy.typing as npt

    from blackbox.core import FloatArray, ProbeSimilarity
    from blackbox.evidence.cohort import Averages


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A pair to score: positions of its runs, and the folds of references it leaves out."""

    a: int
    b: int
    left: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One pair's scores.

    Args:
        z: Normalised score of each signal; None where the two share no probe.
        quantile: Share of references further away than the pair, smaller of both directions, by signal.
        n_probes: Probes that both answered, by signal.
        score: Mean of the scores; None where one of them is missing.
        rank_pvalue: (1 + families at least as close)/(1 + families), the larger of both directions (METHODS §4.6).
        n_references: Families it was ranked among.
    """

    z: Mapping[str, float | None]
    quantile: Mapping[str, float | None]
    n_probes: Mapping[str, int]
    score: float | None
    rank_pvalue: float | None
    n_references: int


def contexts_of(
    wanted: Sequence[Wanted], references: Sequence[int], fold_of_reference: Sequence[int]
) -> dict[tuple[int, ...], Context]:
    """Return a context for every set of folds left out: the runs of its pairs and the references outside of it."""
    tests: dict[tuple[int, ...], set[int]] = {}
    for pair in wanted:
        tests.setdefault(pair.left, set()).update((pair.a, pair.b))
    found = {}
    for left, own in sorted(tests.items()):
        cohort = [r for r, fold in zip(references, fold_of_reference, strict=True) if fold not in left]
        members = np.array([*sorted(own), *cohort], dtype=np.intp)
        found[left] = Context(members=members, references=np.arange(len(members)) >= len(own))
    return found


def scored(
    probes: Mapping[str, Iterable[ProbeSimilarity]],
    contexts: Mapping[tuple[int, ...], Context],
    wanted: Sequence[Wanted],
) -> list[Scored]:
    """Return the scores of the pairs.

    Args:
        probes: For each signal what the runs share at each probe, one probe after another.
        contexts: The context of each set of folds left out.
        wanted: The pairs.
    """
    order = list(contexts)
    by_signal = {name: averages(each, [contexts[left] for left in order]) for name, each in probes.items()}
    cohorts = {
        left: _Cohort.of(contexts[left], {name: found[i] for name, found in by_signal.items()})
        for i, left in enumerate(order)
    }
    return [cohorts[pair.left].pair(pair.a, pair.b) for pair in wanted]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cohort:
    place: Mapping[int, int]
    references: npt.NDArray[np.bool_]
    z: Mapping[str, FloatArray]
    n_probes: Mapping[str, FloatArray]
    combined: FloatArray

    @classmethod
    def of(cls, context: Context, found: Mapping[str, Averages]) -> _Cohort:
        z = {name: normed(each.score, context.references) for name, each in found.items()}
        tests = np.flatnonzero(~context.references)
        return cls(
            place={int(context.members[i]): int(i) for i in tests},
            references=context.references,
            z=z,
            n_probes={name: each.n_probes for name, each in found.items()},
            combined=_mean(list(z.values())),
        )

    def pair(self, a: int, b: int) -> Scored:
        i, j = self.place[a], self.place[b]
        score = _finite(self.combined[i, j])
        n, rank = self._rank(i, j)
        return Scored(
            z={name: _finite(z[i, j]) for name, z in self.z.items()},
            quantile={name: self._quantile(z, i, j) for name, z in self.z.items()},
            n_probes={name: int(count[i, j]) for name, count in self.n_probes.items()},
            score=score,
            rank_pvalue=rank if score is not None else None,
            n_references=n,
        )

    def _rank(self, i: int, j: int) -> tuple[int, float]:
        rows = [self.combined[k, self.references] for k in (i, j)]
        known = [row[np.isfinite(row)] for row in rows]
        ranks = [(1 + int((row >= self.combined[i, j]).sum())) / (1 + len(row)) for row in known]
        return min(len(row) for row in known), max(ranks)

    def _quantile(self, z: FloatArray, i: int, j: int) -> float | None:
        rows = [z[k, self.references] for k in (i, j)]
        known = [row[np.isfinite(row)] for row in rows]
        if not np.isfinite(z[i, j]) or not all(len(row) for row in known):
            return None
        return min(float((row < z[i, j]).mean()) for row in known)


def _mean(z: Sequence[FloatArray]) -> FloatArray:
    """Return the mean over the signals that have a score; NaN where none has."""
    stacked = np.stack(z)
    known = np.isfinite(stacked)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(known, stacked, 0.0).sum(0) / known.sum(0))


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
