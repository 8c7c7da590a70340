"""What the reference population's ratios are worth: misleading evidence, Tippett plot, calibration curve; once."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from blackbox.report.blocks import Column, Drawing, Label, Number, Section, Table, Text
from blackbox.report.sections._axes import HEIGHT, LETTERS, WIDTH, Axes, Axis
from blackbox.report.sections._numbers import decimal
from blackbox.report.sections._pairs import listed, mapping

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.report.blocks import Block, Inline, Stroke

WHERE = '"population" in comparison.json'
MOST_TICKS = 12
CURVES = (("same_source", "with kinship"), ("different_source", "without kinship"))


def build(document: Mapping[str, Any]) -> tuple[Block, ...]:
    """Return the population's figures; nothing where the comparison had none."""
    population = mapping(document.get("population"))
    if not population:
        return ()
    words = "Every pair behind these figures was scored by a fit without both of its groups; nothing here is bounded"
    return (
        Text(text=f"{words} unless it says so.", kind="note"),
        *_misleading(population),
        *_tippett(population),
        *_calibration(population),
    )


def _misleading(population: Mapping[str, Any]) -> tuple[Block, ...]:
    sides = mapping(population.get("misleading"))
    rows: list[tuple[Inline, ...]] = []
    for name, words in (("different_source", "without kinship"), ("same_source", "with kinship")):
        for entry in (mapping(e) for e in listed(sides.get(name))):
            sign = "≥" if entry.get("beyond") == "at least" else "≤"
            rates = [mapping(entry.get(n)) for n in ("capped", "uncapped")]
            rows.append(
                (
                    f"pairs {words}: LR {sign} {entry.get('lr'):g}",
                    *(Number(text=f"{r.get('n')} of {r.get('n_pairs')}") for r in rates),
                    *(Number(text=f"{100 * float(r.get('upper_95') or 0):.2f} %") for r in rates),
                )
            )
    columns = (
        Column(title="Misleading evidence"),
        Column(title="bounded", numeric=True),
        Column(title="not bounded", numeric=True),
        Column(title="at most, bounded", numeric=True, meaning="95 % upper limit, groups resampled."),
        Column(title="at most, not bounded", numeric=True),
    )
    caption = "How often ratios of this population point the wrong way"
    return (Table(caption=caption, columns=columns, rows=tuple(rows), where=WHERE),) if rows else ()


# --- Tippett plot ---------------------------------------------------------------------------------


def _tippett(population: Mapping[str, Any]) -> tuple[Block, ...]:
    points = [mapping(p) for p in listed(population.get("tippett"))]
    if len(points) < 2:  # noqa: PLR2004 - a line has two ends
        return ()
    return (_tippett_drawing(points, population), _tippett_table(points))


def _tippett_drawing(points: Sequence[Mapping[str, Any]], population: Mapping[str, Any]) -> Drawing:
    grid = [float(p["log10_lr"]) for p in points]
    shares = tuple((share / 100, f"{share} %") for share in range(0, 101, 25))
    axes = Axes(
        x=_ratio_axis("log10 likelihood ratio, not bounded", grid[0], grid[-1]),
        y=Axis(name="pairs at or above it", low=0.0, high=1.0, ticks=shares),
    )
    curves: list[Stroke | Label] = []
    for side, words in CURVES:
        values = [float(p[side]) for p in points]
        curves.append(axes.line(zip(grid, values, strict=True), strong=side == "same_source"))
        curves.append(_beside(axes, grid, values, words))
    at_zero = min(points, key=lambda p: abs(float(p["log10_lr"])))
    return Drawing(
        caption="Tippett plot",
        description=(
            "How many pairs have at least this ratio: the strong line with kinship, the other without. The further "
            f"apart the lines, the better. At ratio 1 it is {decimal(100 * at_zero['same_source'], digits=1)} % with "
            f"kinship and {decimal(100 * at_zero['different_source'], digits=1)} % without."
        ),
        width=WIDTH,
        height=HEIGHT,
        parts=(*axes.frame(), *_bounds(axes, population), *curves),
        where=WHERE,
    )


def _beside(axes: Axes, grid: Sequence[float], values: Sequence[float], words: str) -> Label:
    """Return a curve's name right of where it falls to a half."""
    place = min(range(len(grid)), key=lambda i: abs(values[i] - 0.5))
    x, y = axes.at(grid[place], 0.5)
    return Label(x=x + 14, y=y - 8, text=words, size=LETTERS)


def _tippett_table(points: Sequence[Mapping[str, Any]]) -> Table:
    rows = tuple(
        (
            Number(text=decimal(point["log10_lr"], digits=1)),
            *(Number(text=f"{decimal(100 * point[side], digits=1)} %", share=float(point[side])) for side, _ in CURVES),
        )
        for point in points
        if float(2 * point["log10_lr"]).is_integer()
    )
    columns = (
        Column(title="log10 LR", numeric=True),
        Column(title="with kinship", numeric=True, meaning="Share of same-source pairs at or above it."),
        Column(title="without", numeric=True, meaning="Share of unrelated pairs at or above it."),
    )
    caption = "Tippett plot of the population, ratios not bounded"
    return Table(caption=caption, columns=columns, rows=rows, where=WHERE)


# --- calibration curve ----------------------------------------------------------------------------


def _calibration(population: Mapping[str, Any]) -> tuple[Block, ...]:
    curve = mapping(population.get("calibration_curve"))
    stated, best = ([float(v) for v in listed(curve.get(name))] for name in ("stated", "isotonic"))
    if len(stated) < 2 or len(stated) != len(best):  # noqa: PLR2004 - a line has two ends
        return ()
    low, high = stated[0], stated[-1]
    x = _ratio_axis("log10 likelihood ratio as stated, not bounded", low, high)
    axes = Axes(x=x, y=Axis(name="as the pairs bear out", low=x.low, high=x.high, ticks=x.ticks))
    known = [(at, value) for at, value in zip(stated, best, strict=True) if x.low <= value <= x.high]
    if len(known) < 2:  # noqa: PLR2004 - same
        words = "No calibration curve: in this population ratios of pairs with and without kinship do not overlap."
        return (Text(text=words, kind="note"),)
    cost = mapping(mapping(population.get("cllr_uncapped")).get("unrelated"))
    drawn = Drawing(
        caption="Calibration curve",
        description=(
            "Stated ratios beside those of the best monotone transform of the same pairs. On the straight line a "
            "ratio means what it says; below it, it claims too much for kinship. The curve ends where the pairs of "
            "one kind run out. "
            f"Calibration costs {decimal(cost.get('calibration'))} of C_llr."
        ),
        width=WIDTH,
        height=HEIGHT,
        parts=(
            *axes.frame(),
            *_bounds(axes, population),
            axes.line([(x.low, x.low), (x.high, x.high)]),
            axes.line(known, strong=True),
        ),
        where=WHERE,
    )
    return (drawn,)


# --- both -----------------------------------------------------------------------------------------


def _ratio_axis(name: str, low: float, high: float) -> Axis:
    first, last = math.floor(low), math.ceil(high)
    last = max(last, first + 1)
    step = math.ceil((last - first) / MOST_TICKS)
    ticks = tuple((float(v), decimal(v, digits=0)) for v in range(first, last + 1) if v % step == 0)
    return Axis(name=name, low=float(first), high=float(last), ticks=ticks)


def _bounds(axes: Axes, population: Mapping[str, Any]) -> tuple[Stroke | Label, ...]:
    """Return the bounds against unrelated pairs, within which ratios are stated."""
    bounds = mapping(mapping(population.get("bounds")).get("unrelated"))
    named = [(float(bounds[n]), f"{n} bound {decimal(bounds[n], digits=2)}") for n in ("lower", "upper") if n in bounds]
    return tuple(part for x, words in named for part in axes.upright(x, words))


SECTION = Section(title="What the population's ratios are worth", order=34, build=build)
