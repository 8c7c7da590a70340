"""Where the parts of a timeline lie on a drawing, whatever draws it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from blackbox.report.blocks import Moment, Timeline

WIDTH, HEIGHT = 720, 240
LEFT, RIGHT, TOP, FOOT = 46, 708, 18, 200


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
        zero: Where no difference lies.
    """

    spots: tuple[Spot, ...]
    bands: tuple[str, ...]
    onset: float | None
    ticks: tuple[tuple[float, str], ...]
    zero: float


def drawing(block: Timeline) -> Drawing:
    """Return where everything of a timeline lies."""
    ends = [v for m in block.moments for v in (m.value, m.limit) if v is not None]
    low, high = min([0.0, *ends]), max([0.01, *ends])
    span = high - low
    n = max(1, len(block.moments) - 1)
    step = (RIGHT - LEFT - 12) / n

    def x(place: float) -> float:
        return round(LEFT + 6 + step * place, 1)

    def y(value: float) -> float:
        return round(FOOT - (FOOT - TOP) * (value - low) / span, 1)

    spots = tuple(
        Spot(x=x(place), y=None if m.value is None else y(m.value), moment=m) for place, m in enumerate(block.moments)
    )
    bands = tuple(
        " ".join(
            [
                f"{x(place) - step / 2:.1f},{y(limit):.1f} {x(place) + step / 2:.1f},{y(limit):.1f}"
                for place, limit in part
            ]
            + [f"{x(part[-1][0]) + step / 2:.1f},{FOOT} {x(part[0][0]) - step / 2:.1f},{FOOT}"]
        )
        for part in _stretches(block)
    )
    ticks = tuple((y(value), f"{value:.2g}".replace("-", "\u2212")) for value in (0.0, high / 2, high))
    onset = None if block.onset is None else round(x(block.onset) - step / 2, 1)
    return Drawing(spots=spots, bands=bands, onset=onset, ticks=ticks, zero=y(0.0))


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
