"""Do replies to one prompt fall into groups by the distribution stated for their first token?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.core import AnyArray, FloatArray

LEAST_NATS = 0.01
"""Differences below are rounding, whoever answers."""
LEAST_RATIO = 3.0
"""Groups must lie this many times further apart than their own replies do: arithmetic that varies with the batch moves
log-probabilities too, but smoothly."""
RARE = -6.0
"""Tokens stated below this log-probability are noisy and say little."""
MOST_GROUPS = 4
"""More builds behind one name are not told from noise: replies that all differ are no groups."""
_FEWEST = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """Replies to one prompt, by time, and the group each falls into.

    Args:
        times: `(n,)` seconds.
        labels: `(n,)` group of each reply.
        n_groups: 1 where they don't fall apart.
        separation: Nats between the nearest groups; 0 with one.
        noise: Nats by which replies of one group differ at most.
    """

    times: tuple[float, ...]
    labels: tuple[int, ...]
    n_groups: int
    separation: float
    noise: float


def grouped(replies: Sequence[tuple[float, Mapping[str, float]]]) -> Grouping | None:
    """Return the groups of replies to one prompt, None with too few log-probabilities to see any.

    Args:
        replies: Seconds, and token: log-probability at the first place.
    """
    known = [(t, law) for t, law in replies if law]
    if len(known) < _FEWEST:
        return None
    times = tuple(t for t, _ in known)
    distances = _distances([law for _, law in known])
    labels = _split(distances)
    same = labels[:, None] == labels[None, :]
    n_groups = int(labels.max()) + 1
    return Grouping(
        times=times,
        labels=tuple(labels.tolist()),
        n_groups=n_groups,
        separation=float(distances[~same].min()) if n_groups > 1 else 0.0,
        noise=float(distances[same].max()),
    )


def _split(distances: FloatArray) -> AnyArray:
    """Return group labels: single linkage cut at its widest gap, if the groups are tight beside the gap."""
    tree = linkage(squareform(distances, checks=False), method="single")
    heights = tree[:, 2]
    one = np.zeros(len(distances), dtype=np.int64)
    for cut in sorted({float(h) for h in heights if h >= LEAST_NATS}):
        labels = fcluster(tree, cut * (1 - 1e-9), criterion="distance") - 1
        if labels.max() >= MOST_GROUPS:
            continue
        within = labels[:, None] == labels[None, :]
        if distances[within].max() * LEAST_RATIO <= distances[~within].min():
            return np.asarray(labels, dtype=np.int64)
    return one


def _distances(laws: Sequence[Mapping[str, float]]) -> FloatArray:
    """Return `(n, n)` largest differences in nats over tokens that both replies list and neither finds rare."""
    tokens = sorted({token for law in laws for token in law})
    table = np.array([[law.get(token, np.nan) for token in tokens] for law in laws])
    table[table < RARE] = np.nan
    gaps = np.abs(table[:, None, :] - table[None, :, :])
    distances: FloatArray = np.nan_to_num(np.where(np.isnan(gaps), -1.0, gaps).max(axis=2), nan=0.0)
    shared = ~np.isnan(gaps).all(axis=2)
    return np.where(shared, np.maximum(distances, 0.0), -RARE)
