"""Rare-gram overlap at one probe against a reference set: what w3 and c5 compute for a population.

Within a probe a gram weighs w_g = max(.02, ln((R + 1)/(df_g + .5))), df_g of the R reference answers holding it;
S = Σ_shared w / √(Σ_a w · Σ_b w) (METHODS §7.2). A reference never counts itself: df and R of shared grams leave
out both sides, those of a run's own sum leave out the run. So a pair of references is weighed as a pair from
outside is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from blackbox.core import AnyArray, FloatArray

WEIGHT_FLOOR = 0.02


class GramProbe:
    """The grams that runs hold at one probe; several answers of a run count as the union of their grams.

    Args:
        rows: For each run its answers' grams; empty where the run is silent.
    """

    def __init__(self, rows: Sequence[Sequence[AnyArray]]) -> None:
        merged = [np.unique(np.concatenate(answers)) if answers else None for answers in rows]
        lengths = np.array([0 if grams is None else len(grams) for grams in merged])
        flat = np.concatenate([grams for grams in merged if grams is not None] or [np.zeros(0, dtype=np.uint32)])
        _, columns, counts = np.unique(flat, return_inverse=True, return_counts=True)
        owner = np.repeat(np.arange(len(rows)), lengths)
        # A gram that one run alone holds is shared by no pair and has df 0 for its holder: a count is enough.
        shared = counts > 1
        place = np.cumsum(shared) - 1
        inside = shared[columns]
        self._held = np.zeros((len(rows), int(shared.sum())), dtype=np.float32)
        self._held[owner[inside], place[columns[inside]]] = 1.0
        self._alone = np.bincount(owner[~inside], minlength=len(rows)).astype(np.float64)
        self._answered = np.array([grams is not None for grams in merged], dtype=bool)

    def among(self, members: npt.NDArray[np.intp], references: npt.NDArray[np.bool_]) -> FloatArray:
        """Return the `(n, n)` weighted overlaps of `members`; NaN where one is silent.

        Args:
            members: Positions of the runs that take part.
            references: `(n,)` which of the members are references.
        """
        held, answered = self._held[members], self._answered[members]
        counted = references & answered
        frequency = held[counted].sum(0)
        weights = [_weights(frequency - own, float(counted.sum()) - own) for own in range(3)]
        norms = np.where(
            references,
            held @ weights[1] + self._alone[members] * _weight(0.0, float(counted.sum()) - 1),
            held @ weights[0] + self._alone[members] * _weight(0.0, float(counted.sum())),
        )
        shared = self._shared(held, references, weights)
        with np.errstate(invalid="ignore", divide="ignore"):
            overlap = shared / np.sqrt(norms[:, None] * norms[None, :])
        # An answer without grams (fewer than three words) shares nothing with anybody.
        overlap = np.where((norms == 0)[:, None] | (norms == 0)[None, :], 0.0, overlap)
        return np.asarray(np.where(answered[:, None] & answered[None, :], overlap, np.nan))

    @staticmethod
    def _shared(
        held: npt.NDArray[np.float32], references: npt.NDArray[np.bool_], weights: Sequence[npt.NDArray[np.float32]]
    ) -> FloatArray:
        tests, cohort = np.flatnonzero(~references), np.flatnonzero(references)
        of_tests, of_cohort = held[tests], held[cohort]
        shared = np.zeros((len(references), len(references)))
        across = (of_tests * weights[1]) @ of_cohort.T
        shared[np.ix_(tests, tests)] = (of_tests * weights[0]) @ of_tests.T
        shared[np.ix_(tests, cohort)] = across
        shared[np.ix_(cohort, tests)] = across.T
        shared[np.ix_(cohort, cohort)] = (of_cohort * weights[2]) @ of_cohort.T
        return shared


def _weights(frequency: npt.NDArray[np.float32], n_references: float) -> npt.NDArray[np.float32]:
    levels = np.maximum(frequency, 0.0).astype(np.intp)
    table = np.array([_weight(float(df), n_references) for df in range(int(levels.max(initial=0)) + 1)])
    return table[levels].astype(np.float32)


def _weight(frequency: float, n_references: float) -> float:
    return max(WEIGHT_FLOOR, float(np.log((max(n_references, 0.0) + 1) / (frequency + 0.5))))
