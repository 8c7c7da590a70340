"""Histories that `watch` would make: a suspected day is followed at once by a confirmation run of three days' calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from blackbox.evidence.drift import Point, Rules
from blackbox.evidence.drift import _Reader as Reader
from blackbox.evidence.drift_counts import AnswerCounts

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """A history as it was read while it grew.

    Args:
        points: One a run.
        days: The day of each run.
        confirms: Whether each run is a confirmation at its own budget.
        counts: `(D, P, K)` answers of the daily runs alone, for rules that know of no confirmations.
    """

    points: list[Point]
    days: list[int]
    confirms: list[bool]
    counts: np.ndarray

    @property
    def alarm(self) -> int | None:
        """The run that alarms."""
        return next((k for k, point in enumerate(self.points) if point.alarm), None)

    def of_day(self, day: int) -> int:
        """Return the place of a day's own run; one that was not read is beyond the last."""
        places = zip(self.days, self.confirms, strict=True)
        return next((k for k, (d, confirm) in enumerate(places) if d == day and not confirm), len(self.days))


def play(
    draw: Callable[[int, int], np.ndarray | None], rules: Rules, *, n_days: int, confirming: int, most_runs: int
) -> Played:
    """Return the history of so many days; `draw` gives `(P, K)` counts of a day with its calls times a factor.

    Nothing is read any more after an alarm; days go on being drawn.
    """
    first = draw(0, 1)
    assert first is not None
    history, daily = _empty(most_runs, *first.shape), []
    reader = Reader(history, rules)
    days: list[int] = []
    confirms: list[bool] = []
    alarmed = False
    for day in range(n_days):
        drawn = first if day == 0 else draw(day, 1)
        if drawn is None:
            continue
        daily.append(drawn)
        for factor in (1, confirming):
            last = reader.points[-1] if reader.points else None
            if alarmed or (factor > 1 and not (last and last.suspected)) or len(days) == most_runs:
                break
            counts = drawn if factor == 1 else draw(day, factor)
            if counts is None:
                break
            _put(history, len(days), counts)
            reader.read(len(days))
            days.append(day)
            confirms.append(factor > 1)
            alarmed = reader.points[-1].alarm
    return Played(points=reader.points, days=days, confirms=confirms, counts=np.array(daily))


def _empty(n_runs: int, n_probes: int, n_options: int) -> AnswerCounts:
    return AnswerCounts(
        probe_ids=tuple(f"p{p}" for p in range(n_probes)),
        counts=np.zeros((n_runs, n_probes, n_options)),
        sizes=np.zeros((n_runs, n_probes)),
        lost=np.zeros((n_runs, n_probes)),
        gram=np.zeros((n_runs, n_runs, n_probes)),
    )


def _put(history: AnswerCounts, run: int, counts: np.ndarray) -> None:
    """Write one more run into a history that is being made."""
    history.counts[run], history.sizes[run] = counts, counts.sum(1)
    agreeing = np.einsum("tpk,pk->tp", history.counts[: run + 1], counts)
    history.gram[run, : run + 1] = history.gram[: run + 1, run] = agreeing
