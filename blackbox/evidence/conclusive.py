"""How often a pair that is the same would come out equivalent with the calls planned, and how many would be enough.

Simulated like power: both sides answer by the reference's shares, each loses answers at random, the control answers
by the other model's. The bounds are Student's in place of the bootstrap's, which are near them and a hundred times
slower.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import t

from blackbox.evidence.equivalence import MIN_PROBES
from blackbox.evidence.samples import MIN_DRAWS
from blackbox.stats.distances import exact_mmd2
from blackbox.stats.loss import worst_missing_mmd2
from blackbox.stats.randomness import generator

if TYPE_CHECKING:
    from blackbox.core import FloatArray

WANTED = 0.7
"""Share of same pairs that ought to come out equivalent."""
LOSS = 0.05
"""Answers missing on both sides."""
REPEATS = (15, 30, 50, 75, 100, 150, 200, 300, 500)
"""Calls a probe that are tried."""
N_AUDITS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusive:
    """What a plan can conclude where nothing differs.

    Args:
        share: How often the planned calls would show equivalence.
        repeats: The fewest calls a probe, of those tried, that would in `WANTED`; None where none would.
        margin: Margin on the mixture-equivalent share.
    """

    share: float
    repeats: int | None
    margin: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Laws:
    """Answer shares of reference and control at each probe, `(K,)` each, with the level and margin of the plan."""

    own: tuple[FloatArray, ...]
    control: tuple[FloatArray, ...]
    alpha: float
    margin: float
    seed: int


def conclusive(laws: Laws, planned: tuple[int, ...]) -> Conclusive | None:
    """Return how often equivalence would be shown; None with fewer probes than equivalence needs.

    Args:
        laws: What is asked of whom.
        planned: Calls a side at each probe.
    """
    n_probes = len(laws.own)
    if n_probes < MIN_PROBES:
        return None
    low, high = 0, len(REPEATS)
    while low < high:
        middle = (low + high) // 2
        enough = shown(laws, (REPEATS[middle],) * n_probes) >= WANTED
        low, high = (low, middle) if enough else (middle + 1, high)
    repeats = REPEATS[low] if low < len(REPEATS) else None
    return Conclusive(share=shown(laws, planned), repeats=repeats, margin=laws.margin)


def shown(laws: Laws, sizes: tuple[int, ...]) -> float:
    """Return in which share of simulated audits of one model equivalence is shown."""
    rng = generator("conclusive", laws.seed, sizes)
    rows = [_probe(own, other, n, rng) for own, other, n in zip(laws.own, laws.control, sizes, strict=True)]
    between, added, to_control = (np.stack(side, axis=1) for side in zip(*rows, strict=True))
    upper = _bound(between, 1 - laws.alpha) + added.mean(1)
    floor = 1 - laws.alpha ** (1 / (sum(sizes) * (1 - LOSS)))
    lower = -_bound(-to_control, 1 - laws.alpha)
    return float((np.maximum(upper, floor) < laws.margin**2 * lower).mean())


def _probe(
    own: FloatArray, other: FloatArray, n: int, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return `(S,)` distances of the pair, what lost answers could add, and distances to the control."""
    lost = np.minimum(rng.binomial(n, LOSS, size=(2, N_AUDITS)), max(n - MIN_DRAWS, 0))
    x, y = (rng.multinomial(n - gone, own).astype(np.float64) for gone in lost)
    control = rng.multinomial(n, other, size=N_AUDITS).astype(np.float64)
    between = exact_mmd2(x, x + y)
    worst = [worst_missing_mmd2((a, b), (int(i), int(j))) for a, b, i, j in zip(x, y, *lost, strict=True)]
    return between, np.array(worst) - between, exact_mmd2(x, x + control)


def _bound(values: FloatArray, level: float) -> FloatArray:
    """Return `(S,)` Student's upper bounds of the means of `(S, P)` values."""
    n = values.shape[1]
    return np.asarray(values.mean(1) + t.ppf(level, n - 1) * values.std(1, ddof=1) / np.sqrt(n))
