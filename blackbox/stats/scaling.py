"""Points in a plane whose distances are as near as possible to given ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from blackbox.core import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaneMap:
    """A two-dimensional map.

    Args:
        points: `(n, 2)` coordinates, centred; signs are fixed, axes have no meaning.
        shown: Share of the positive spread that the two axes show, from 0 to 1.
    """

    points: FloatArray
    shown: float


def classical_scaling(distances: FloatArray) -> PlaneMap:
    """Return the classical (Torgerson) scaling of `(n, n)` distances to two dimensions.

    References:
        Torgerson (1952), "Multidimensional scaling: I. Theory and method", Psychometrika 17, 401–419;
        Gower (1966), Biometrika 53, 325–338.
    """
    squared = np.asarray(distances, dtype=np.float64) ** 2
    centred = squared - squared.mean(0)[None, :] - squared.mean(1)[:, None] + squared.mean()
    values, vectors = np.linalg.eigh(-centred / 2)
    first = np.argsort(values)[::-1][:2]
    points = vectors[:, first] * np.sqrt(np.maximum(values[first], 0.0))
    largest = np.abs(points).argmax(0)
    points = points * np.where(points[largest, [0, 1]] < 0, -1.0, 1.0)
    positive = float(np.maximum(values, 0.0).sum())
    share = float(np.maximum(values[first], 0.0).sum()) / positive if positive > 0 else 1.0
    return PlaneMap(points=points, shown=min(1.0, share))
