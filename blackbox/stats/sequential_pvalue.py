"""A permutation p-value that stops drawing as soon as it is clear that it is not small."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from blackbox.stats.permutation import RELATIVE_TIE

if TYPE_CHECKING:
    from collections.abc import Callable

    from blackbox.core import FloatArray

ENOUGH = 10
"""Draws at least as large as the observed value after which no more are needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SequentialPvalue:
    """A p-value with the moments of its first draws.

    Args:
        pvalue: At most the nominal level as often as that, whenever drawing stopped.
        n_draws: Draws it rests on.
        mean: Of the first chunk.
        sd: Of the first chunk.
    """

    pvalue: float
    n_draws: int
    mean: float
    sd: float


def sequential_pvalue(observed: float, draw: Callable[[int], FloatArray], *, most: int) -> SequentialPvalue:
    """Return h/l where the h-th draw at least as large as `observed` was the l-th, else (1 + r)/(1 + B).

    Args:
        observed: The statistic as observed.
        draw: From a chunk's number, 0 first, to that many draws under the null hypothesis.
        most: B, draws after which it ends.

    References:
        Besag & Clifford (1991), "Sequential Monte Carlo p-values", Biometrika 78, 301–304, eq. (2).
    """
    n = r = chunk = 0
    first = draw(0)
    near = RELATIVE_TIE * max(abs(observed), float(np.max(np.abs(first))))
    mean, sd = float(first.mean()), float(first.std())
    drawn = first
    while True:
        places = np.flatnonzero(drawn[: most - n] >= observed - near)
        if r + len(places) >= ENOUGH:
            n += int(places[ENOUGH - r - 1]) + 1
            return SequentialPvalue(pvalue=ENOUGH / n, n_draws=n, mean=mean, sd=sd)
        r, n = r + len(places), min(most, n + len(drawn))
        if n >= most:
            return SequentialPvalue(pvalue=(1 + r) / (1 + n), n_draws=n, mean=mean, sd=sd)
        chunk += 1
        drawn = draw(chunk)
