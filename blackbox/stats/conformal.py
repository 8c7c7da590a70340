"""A test of exchangeability over time: conformal p-values of whole runs, and a wealth that bets on their growing small.

Null hypothesis: the runs' scores are exchangeable, whatever their distribution. Differences between runs that come
and go (hardware, load, a second host) are part of that null; a run that is no longer like the earlier ones is not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from blackbox.stats.permutation import RELATIVE_TIE

if TYPE_CHECKING:
    from blackbox.core import FloatArray

CAUTION = (0.1, 0.5)
"""Shares of the wealth not staked on the largest ranks, by two kinds of gamblers: quick, and careful."""
SHIFT = 1.0
"""Shift of the scores, in their standard deviations, that the third kind of gambler bets on: small and lasting."""
N_KINDS = len(CAUTION) + 1
MOST_CHANGED = 0.5
MOST_SHIFTED = 0.7
"""Shares of changed runs up to which gamblers bet: beyond them the earlier runs are the odd ones."""


def smoothed_pvalue(scores: FloatArray, theta: float) -> float:
    """Return the smoothed conformal p-value of the last of `scores`: small where it is among the largest.

    Under exchangeable scores the p-values of successive runs are independent and uniform on (0, 1).

    Args:
        scores: `(n,)` one a run, each computed from all n runs in the same way.
        theta: A uniform random number of this run's own, which splits ties.

    References:
        Vovk, Gammerman & Shafer (2005), "Algorithmic learning in a random world", eq. (2.20).
    """
    tolerance = RELATIVE_TIE * float(np.max(np.abs(scores)))
    larger = int(np.count_nonzero(scores > scores[-1] + tolerance))
    tied = int(np.count_nonzero(np.abs(scores - scores[-1]) <= tolerance))
    return (larger + theta * tied) / len(scores)


@dataclass(slots=True)
class RestartMartingale:
    """The wealth of gamblers who each suppose that the runs changed at one time of the declared horizon.

    The gambler of time s bets at run n ≥ s that its score is among the n − s + 1 largest of n, with the odds a
    uniform p-value gives, and keeps part of the wealth back; or that normal scores have shifted. The wealth is the
    mean over times and kinds of gamblers: a non-negative martingale that begins at 1, so P(it ever reaches 1/a) ≤ a.
    It is one history's, not one run's, false alarm that is bounded.

    Args:
        horizon: Runs that may be looked at.

    References:
        Vovk, Nouretdinov & Gammerman (2003), "Testing exchangeability on-line", ICML (conformal martingales);
        Volkhonskiy et al. (2017), "Inductive conformal martingales for change-point detection", PMLR 60;
        Ville (1939), "Étude critique de la notion de collectif", for the inequality.
    """

    horizon: int
    n_runs: int = 0
    _logs: FloatArray = field(init=False)

    def __post_init__(self) -> None:
        self._logs = np.zeros((N_KINDS, self.horizon))

    @property
    def wealth(self) -> float:
        """The wealth now."""
        return float(np.exp(self._logs).mean())

    def play(self, pvalue: float) -> None:
        """Settle every gambler's bet on one run's p-value.

        Raises:
            ValueError: The horizon is over.
        """
        if self.n_runs >= self.horizon:
            raise ValueError("the declared horizon is over")
        self.n_runs += 1
        pvalue = min(max(pvalue, 1e-12), 1 - 1e-12)
        share = np.arange(self.n_runs, 0, -1) / self.n_runs
        for place, kept in enumerate(CAUTION):
            factor = np.where(share <= MOST_CHANGED, kept + (1 - kept) * (pvalue <= share) / share, 1.0)
            self._logs[place, : self.n_runs] += np.log(factor)
        shifted = SHIFT * float(ndtri(1 - pvalue)) - SHIFT**2 / 2
        self._logs[-1, : self.n_runs] += np.where(share <= MOST_SHIFTED, shifted, 0.0)
