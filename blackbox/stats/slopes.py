"""Tokens per repeat of a text unit, free of the frame's own tokens."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

BASELINE = "baseline"
"""Probe ids that start so hold the frame alone: zero repeats of every unit."""


def unit_slopes(probe_ids: Sequence[str], counts: Sequence[float]) -> dict[str, float]:
    """Return the least-squares slope of token count over repeats for each unit, in tokens per repeat.

    A constant shift (chat template, hidden system prompt) leaves every slope as it is.

    Args:
        probe_ids: `<unit>-<repeats>`, or starting with `baseline` for zero repeats; others are ignored.
        counts: Prompt tokens reported for each.
    """
    points: dict[str, list[tuple[float, float]]] = defaultdict(list)
    frames: list[tuple[float, float]] = []
    for probe_id, count in zip(probe_ids, counts, strict=True):
        unit, _, repeats = probe_id.rpartition("-")
        if probe_id.startswith(BASELINE):
            frames.append((0.0, float(count)))
        elif unit and repeats.isdecimal():
            points[unit].append((float(repeats), float(count)))
    return {unit: slope for unit, own in sorted(points.items()) if (slope := _slope(own + frames)) is not None}


def _slope(points: list[tuple[float, float]]) -> float | None:
    x, y = np.array(points).T
    spread = float(((x - x.mean()) ** 2).sum())
    return float(((x - x.mean()) * (y - y.mean())).sum() / spread) if spread > 0 else None
