"""Ragged rows that keep the order of what was said: code points, tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from blackbox.core import FeatureMatrix
from blackbox.features._texts import answer_text, answered, normalised

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from blackbox.core import Run
    from blackbox.features._hashing import RowItems

MAX_ITEMS = 1_000
"""Code points of an answer that are read, as Gao, Liang & Guestrin (2025) did; the rest is ignored."""


def sequence_matrix(
    feature: str, version: int, *, run: Run, probe_ids: frozenset[str], items: Callable[[Sequence[str]], RowItems]
) -> FeatureMatrix:
    """Return the ragged matrix whose row i holds the items of answer i in reading order.

    Args:
        feature: Registered name of the feature.
        version: Version of its definition.
        run: The run; only answers with a text have a row.
        probe_ids: Probes to read.
        items: Turns the first `MAX_ITEMS` code points of normalised texts into items.
    """
    rows = answered(run, probe_ids)
    found = items([normalised(answer_text(o))[:MAX_ITEMS] for o in rows])
    counts = np.bincount(found.rows, minlength=len(rows))
    return FeatureMatrix(
        feature=feature,
        version=version,
        values=found.values,
        probe_ids=tuple(o.probe_id for o in rows),
        keys=tuple(o.key for o in rows),
        offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
    )
