"""Where the parts of a timeline lie on a drawing, whatever draws it.

Across, places are percent of the drawing; downwards they are pixels. So the drawing fills a phone or a sheet while its
letters, dots and lines keep the size they are read at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from blackbox.report.blocks import Moment, Timeline

LEFT, RIGHT, TOP, FOOT = 11.0, 99.0, 26, 206
_INSET = 1.0
_APART = 0.12
"""Of the axis, between two marks."""
_NAME = 18
"""Characters of a run's name: two of them stand side by side on a phone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """One run on the drawing; `y` is None where it has no value."""

    x: float
    y: float | None
    moment: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A timeline in the units of its drawing.

    Args:
        spots: The runs.
        bands: Points of the null band's outlines, one for each stretch of tested runs.
        onset: Where the change begins.
        ticks: Places and words of the vertical axis.
        ends: What the first and the last run are called.
    """

    spots: tuple[Spot, ...]
    bands: tuple[str, ...]
    onset: float | None
    ticks: tuple[tuple[float, str], ...]
    ends: tuple[str, str]


def drawing(block: Timeline) -> Drawing:
    """Return where everything of a timeline lies."""
    values = [v for m in block.moments for v in (m.value, m.limit) if v is not None]
    low, high = min([0.0, *values]), max([0.01, *values])
    step = (RIGHT - LEFT - 2 * _INSET) / max(1, len(block.moments) - 1)

    def x(place: float) -> float:
        return round(min(RIGHT, max(LEFT, LEFT + _INSET + step * place)), 2)

    def y(value: float) -> float:
        return round(FOOT - (FOOT - TOP) * (value - low) / (high - low), 1)

    spots = tuple(
        Spot(x=x(place), y=None if m.value is None else y(m.value), moment=m) for place, m in enumerate(block.moments)
    )
    ticks = tuple((y(value), f"{value:.2g}".replace("-", "\u2212")) for value in _marked(low, high))
    return Drawing(
        spots=spots,
        bands=tuple(_outline([(place, y(limit)) for place, limit in part], x) for part in _stretches(block)),
        onset=None if block.onset is None else x(block.onset - 0.5),
        ticks=ticks,
        ends=(_shortened(spots[0].moment), _shortened(spots[-1].moment)) if spots else ("", ""),
    )


def _marked(low: float, high: float) -> list[float]:
    """Return the values of the vertical axis that are marked: none so near the next that their words touch."""
    kept = [0.0]
    for value in (high, low, high / 2, low / 2):
        if all(abs(value - other) > _APART * (high - low) for other in kept):
            kept.append(value)
    return sorted(kept)


def _outline(limits: Sequence[tuple[int, float]], x: Callable[[float], float]) -> str:
    """Return the points of a null band, half a step beyond its first and last run but never beyond the axis."""
    above = [f"{x(place + side)},{y}" for place, y in limits for side in (-0.5, 0.5)]
    first, last = limits[0][0], limits[-1][0]
    return " ".join([*above, f"{x(last + 0.5)},{FOOT}", f"{x(first - 0.5)},{FOOT}"])


def _shortened(moment: Moment) -> str:
    name = moment.name.text
    return name if len(name) <= _NAME else f"{name[: _NAME - 1]}…"


def _stretches(block: Timeline) -> list[list[tuple[int, float]]]:
    """Return the stretches of neighbouring runs with a limit."""
    stretches: list[list[tuple[int, float]]] = []
    for place, moment in enumerate(block.moments):
        if moment.limit is None:
            continue
        if stretches and stretches[-1][-1][0] == place - 1:
            stretches[-1].append((place, moment.limit))
        else:
            stretches.append([(place, moment.limit)])
    return stretches
