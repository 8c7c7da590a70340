"""How alike the answers are: one number, and only between the three bands it is read against."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox.report.blocks import AxisMark, Band, Scale, Section, Text
from blackbox.report.sections._numbers import decimal, plural
from blackbox.report.sections._pairs import mapping, pairs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blackbox.report.blocks import Block

_BANDS = (
    ("repeat_band", "Repeat control", "an endpoint against itself in a second session"),
    ("benign_band", "Same weights, other hosts", "honest variation of serving"),
    ("unrelated_band", "Unrelated endpoints", "models with no known relation"),
)

_MARKS = (AxisMark(place=0.0, meaning="nothing in common"), AxisMark(place=1.0, meaning="one distribution"))


def build(document: Mapping[str, Any]) -> tuple[Block, ...]:
    """Return the figure, or why no number is shown."""
    return tuple(block for pair in pairs(document) for block in _of_pair(mapping(pair.get("similarity"))))


def _of_pair(similarity: Mapping[str, Any]) -> tuple[Block, ...]:
    value = similarity.get("value")
    bands = tuple(_band(mapping(similarity.get(key)), name, meaning) for key, name, meaning in _BANDS)
    reason = str(similarity.get("reason") or "")
    if value is None:
        return (
            Text(text=f"No similarity number is shown: {reason or 'no band is known to read it against'}."),
            *(_scale(None, bands, similarity) if any(band.low is not None for band in bands) else ()),
        )
    return (
        *_scale(float(value), bands, similarity),
        *((Text(text=f"{reason[:1].upper()}{reason[1:]}.", kind="note"),) if reason else ()),
    )


def _scale(value: float | None, bands: tuple[Band, ...], similarity: Mapping[str, Any]) -> tuple[Scale]:
    ends = [v for band in bands for v in (band.low, band.high) if v is not None] + (
        [value] if value is not None else []
    )
    unit = str(similarity.get("unit") or "similarity")
    return (
        Scale(
            title=f"Similarity, {unit}",
            value=value,
            low=min(0.0, *ends),
            high=max(1.0, *ends),
            marks=_MARKS,
            bands=bands,
            description=_described(value, bands),
        ),
    )


def _band(band: Mapping[str, Any], name: str, meaning: str) -> Band:
    low, high, n = band.get("low"), band.get("high"), band.get("n_pairs")
    if low is None or high is None:
        return Band(name=name, low=None, high=None, note=f"unknown: not measured here ({meaning})")
    of = f", {plural(n, 'pair')}" if n is not None else ""
    return Band(name=name, low=low, high=high, note=f"{decimal(low)} to {decimal(high)} ({meaning}{of})")


def _described(value: float | None, bands: tuple[Band, ...]) -> str:
    shown = f"A against B: {decimal(value)}." if value is not None else "A against B: no number."
    return " ".join((shown, *(f"{band.name}: {band.note}." for band in bands)))


SECTION = Section(title="Similarity with its three bands", order=30, build=build, scope="pair", brief=True)
