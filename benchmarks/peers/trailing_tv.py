"""The anchor's rule for a daily series, re-implemented: total variation that leaves its trailing mean, persistently.

A day's mean total variation to the first days is compared with the trailing mean of the days before; it deviates when
it is larger by a fixed margin *and* by a relative one, and a change is called after so many deviating days in a row.
The published rule leaves its margins to the user; those below are ours, and the table says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    Counts = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailingTV:
    """The rule with its settings.

    Args:
        n_reference: First days, pooled, that every day is compared with.
        window: Days of the trailing mean.
        fixed: Total variation a day must exceed the trailing mean by.
        relative: Factor a day must exceed the trailing mean by.
        persistence: Deviating days in a row that call a change.
    """

    n_reference: int = 7
    window: int = 7
    fixed: float = 0.05
    relative: float = 1.25
    persistence: int = 2

    def detected(self, counts: Counts) -> int | None:
        """Return the day at which a change is called, or None.

        Args:
            counts: `(T, P, K)` answers by day, probe and category.
        """
        distance = self.distances(counts)
        trailing: list[float] = [float(d) for d in distance[self.n_reference : self.n_reference + self.window]]
        in_a_row = 0
        for day in range(self.n_reference + self.window, len(counts)):
            usual = float(np.mean(trailing[-self.window :]))
            deviates = distance[day] > usual + self.fixed and distance[day] > usual * self.relative
            in_a_row = in_a_row + 1 if deviates else 0
            if in_a_row == self.persistence:
                return day
            if not deviates:
                trailing.append(float(distance[day]))
        return None

    def distances(self, counts: Counts) -> Counts:
        """Return `(T,)` mean total variation of every day to the first days."""
        reference = _shares(counts[: self.n_reference].sum(0))
        return np.array([float(np.abs(_shares(day) - reference).sum(1).mean() / 2) for day in counts])


def _shares(counts: Counts) -> Counts:
    return counts / np.maximum(counts.sum(1, keepdims=True), 1)
