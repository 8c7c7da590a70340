"""Rule 2 of a history: how whole runs rank among all so far, and the wealth that bets on their ranking ever higher."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from blackbox.stats.conformal import RestartMartingale, smoothed_pvalue
from blackbox.stats.exact_match import mmd2, over_probes
from blackbox.stats.randomness import generator

if TYPE_CHECKING:
    from blackbox.core import FloatArray
    from blackbox.evidence.drift_counts import AnswerCounts


@dataclass(slots=True, kw_only=True)
class Ranks:
    """The wealth of rule 2, run after run.

    Every run's score is its distance to all others so far, computed from all of them in the same way: the scores are
    exchangeable where the runs are.

    Args:
        history: All runs; those after the one that is read are not looked at.
        horizon: Runs that may be looked at.
        seed: The plan's seed.
    """

    history: AnswerCounts
    horizon: int
    seed: int
    _runs: list[int] = field(default_factory=list)
    _rows: FloatArray = field(init=False)
    _martingale: RestartMartingale = field(init=False)

    def __post_init__(self) -> None:
        self._rows = np.zeros(self.history.sizes.shape)
        self._martingale = RestartMartingale(horizon=self.horizon)

    def after(self, run: int) -> float:
        """Return the wealth after one more run.

        A confirmation run at its own budget is steadier than the others and is not ranked among them. Its size was
        settled before its answers were known, so leaving it out favours neither side.
        """
        if self.history.is_larger(run):
            return self._martingale.wealth
        scores = self._scores(run)
        if np.isfinite(scores[-1]):
            theta = float(generator("conformal", self.seed, run).random())
            self._martingale.play(smoothed_pvalue(scores[np.isfinite(scores)], theta))
        return self._martingale.wealth

    def _scores(self, run: int) -> FloatArray:
        """Return the distance of every ranked run to the others; sums of agreements are kept from run to run."""
        self._rows[self._runs] += self.history.gram[self._runs, run]
        self._runs.append(run)
        kept = self._runs
        self._rows[run] = self.history.gram[run, kept].sum(0)
        if len(kept) == 1:
            return np.zeros(1)
        rows, sizes = self._rows[kept], self.history.sizes[kept]
        own = self.history.gram[kept, kept]
        across = rows - own
        rest = rows.sum(0) - 2 * across - own
        return over_probes(mmd2(own=own, across=across, other=rest, n=sizes, m=sizes.sum(0) - sizes))
