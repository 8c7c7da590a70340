"""The node bootstrap: uncertainty of a rate over pairs whose members belong to groups.

Pairs that share a group are dependent: 780 pairs of 40 models are worth about 229 independent ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    import numpy.typing as npt

    from blackbox.core import FloatArray

N_RESAMPLES = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Nodes:
    """Which groups each pair touches.

    Args:
        a: `(n,)` group number of one side.
        b: `(n,)` group number of the other; equal to `a` for pairs inside a group.
    """

    a: npt.NDArray[np.intp]
    b: npt.NDArray[np.intp]

    def multiplicities(self, rng: np.random.Generator, n_resamples: int = N_RESAMPLES) -> FloatArray:
        """Return `(B, n)` weights: groups are drawn with replacement, a pair counts the product of its groups' draws.

        A pair inside one group counts that group's draws once.

        References:
            Snijders & Borgatti (1999), "Non-parametric standard errors and tests for network statistics",
            Connections 22, 61–70 (the vertex bootstrap).
        """
        present, places = np.unique(np.concatenate([self.a, self.b]), return_inverse=True)
        of_a, of_b = places[: len(self.a)], places[len(self.a) :]
        n = len(present)
        drawn = rng.multinomial(n, np.full(n, 1 / n), size=n_resamples).astype(np.float64)
        return np.asarray(np.where((self.a == self.b)[None, :], drawn[:, of_a], drawn[:, of_a] * drawn[:, of_b]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A rate over pairs with its limits.

    Args:
        value: The rate.
        n: How many of the pairs.
        n_pairs: Of how many pairs.
        ci_low: Lower end of the 95 % node-bootstrap interval; None where resampling shows no variation.
        ci_high: Upper end.
        upper_95: One-sided 95 % upper limit, also when nothing was seen.
    """

    value: float
    n: int
    n_pairs: int
    ci_low: float | None
    ci_high: float | None
    upper_95: float


def resampled_rates(hits: npt.NDArray[np.bool_], multiplicity: FloatArray) -> FloatArray:
    """Return `(B,)` resampled rates of hits; resamples without a pair drop out."""
    total = multiplicity.sum(1)
    kept = total > 0
    return np.asarray((multiplicity[kept] @ hits) / total[kept])


def rate(hits: npt.NDArray[np.bool_], multiplicity: FloatArray, n_independent: float) -> Rate:
    """Return a rate with its node-bootstrap interval and an upper limit that never falls below the binomial one.

    Args:
        hits: `(n,)` which pairs count.
        multiplicity: `(B, n)` weights of the node bootstrap.
        n_independent: Independent comparisons the pairs are worth: what zero hits are read against.

    References:
        Clopper & Pearson (1934), Biometrika 26, 404–413, for the upper limit at `n_independent` comparisons.
    """
    value = float(hits.mean())
    resampled = resampled_rates(hits, multiplicity)
    varied = len(resampled) > 0 and bool(np.ptp(resampled) > 0)
    k = value * n_independent
    exact = float(stats.beta.ppf(0.95, k + 1, max(n_independent - k, 1e-9))) if value < 1 else 1.0
    low, high, upper = np.quantile(resampled, [0.025, 0.975, 0.95]) if varied else (np.nan, np.nan, 0.0)
    return Rate(
        value=value,
        n=int(hits.sum()),
        n_pairs=len(hits),
        ci_low=float(low) if varied else None,
        ci_high=float(high) if varied else None,
        upper_95=max(exact, float(upper)),
    )


def n_effective(hits: npt.NDArray[np.bool_], multiplicity: FloatArray) -> float | None:
    """Return f(1 − f)/Var_node(f̂): how many independent pairs carry as much; None where it can't be estimated.

    METHODS §4.4; f is the rate of `hits`, its variance that of the node bootstrap.
    """
    f = float(hits.mean())
    resampled = resampled_rates(hits, multiplicity)
    variance = float(resampled.var()) if len(resampled) else 0.0
    return f * (1 - f) / variance if variance > 0 and 0 < f < 1 else None
