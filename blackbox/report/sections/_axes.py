"""Two axes with ticks and names, and places of values between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from blackbox.report.blocks import Label, Stroke

if TYPE_CHECKING:
    from collections.abc import Iterable

WIDTH, HEIGHT = 1000.0, 520.0
LEFT, RIGHT, TOP, BOTTOM = 90.0, 30.0, 44.0, 78.0
LETTERS = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One axis.

    Args:
        name: What it shows, with its unit.
        low: Its least value.
        high: Its largest value.
        ticks: Places that are marked, with their words.
    """

    name: str
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Axes:
    """A plane between two axes; values beyond an axis are drawn at its end."""

    x: Axis
    y: Axis

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point lies in the drawing."""
        across = LEFT + _share(self.x, x) * (WIDTH - LEFT - RIGHT)
        return across, HEIGHT - BOTTOM - _share(self.y, y) * (HEIGHT - TOP - BOTTOM)

    def line(self, points: Iterable[tuple[float, float]], *, strong: bool = False) -> Stroke:
        """Return a line through points."""
        return Stroke(points=tuple(self.at(x, y) for x, y in points), weight=2 if strong else 1)

    def upright(self, x: float, words: str) -> tuple[Stroke | Label, ...]:
        """Return a faint line at one x from end to end, and what it means above it: left of it in the left half."""
        (at, low), (_, high) = self.at(x, self.y.low), self.at(x, self.y.high)
        stroke = Stroke(points=((at, low), (at, high - 6)), weight=1)
        anchor: Literal["start", "end"] = "end" if at < WIDTH / 2 else "start"
        return stroke, Label(x=at, y=TOP - 12, text=words, anchor=anchor, size=LETTERS)

    def frame(self) -> tuple[Stroke | Label, ...]:
        """Return the axes with ticks, faint lines at them, and names."""
        (left, low), (right, high) = self.at(self.x.low, self.y.low), self.at(self.x.high, self.y.high)
        upward = [
            part
            for value, words in self.y.ticks
            for part in _tick_of_y(self.at(self.x.low, value)[1], left, right, words)
        ]
        across = [
            part for value, words in self.x.ticks for part in _tick_of_x(self.at(value, self.y.low)[0], low, words)
        ]
        middle, height = (left + right) / 2, (low + high) / 2
        return (
            *upward,
            *across,
            Stroke(points=((left, high), (left, low), (right, low))),
            Label(x=middle, y=HEIGHT - 14, text=self.x.name, anchor="middle", size=LETTERS, longest=90),
            Label(x=22, y=height, text=self.y.name, anchor="middle", angle=-90, size=LETTERS, longest=60),
        )


def _share(axis: Axis, value: float) -> float:
    return min(1.0, max(0.0, (value - axis.low) / (axis.high - axis.low)))


def _tick_of_y(y: float, left: float, right: float, words: str) -> tuple[Stroke, Label]:
    stroke = Stroke(points=((left, y), (right, y)), weight=0)
    return stroke, Label(x=left - 8, y=y + LETTERS / 3, text=words, anchor="end", size=LETTERS)


def _tick_of_x(x: float, low: float, words: str) -> tuple[Stroke, Label]:
    stroke = Stroke(points=((x, low), (x, low + 6)))
    return stroke, Label(x=x, y=low + 10 + LETTERS, text=words, anchor="middle", size=LETTERS)
