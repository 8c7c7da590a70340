"""The distinct character 5-grams of each answer, hashed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blackbox.features._hashing import CODE_POINT_BITS, RowItems, chained, code_points, set_matrix
from blackbox.features._texts import answered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.core import FeatureExtractor, FeatureMatrix, Run

MAX_CHARACTERS = 1500
"""Code points of an answer that are read; the rest is ignored."""


class Char5:
    """Runs of five code points among the first 1,500 (METHODS §7.1), case kept; a shorter answer has an empty row."""

    version = 1

    def extract(self, run: Run, probe_ids: frozenset[str]) -> FeatureMatrix:
        """Return ragged uint64 rows, each sorted and without repeats."""
        return set_matrix("char5", self.version, observations=answered(run, probe_ids), items=char5_hashes)


def char5_hashes(texts: Sequence[str]) -> RowItems:
    """Return the hashes of all runs of five code points of each text."""
    points = code_points([text[:MAX_CHARACTERS] for text in texts])
    n_grams = max(points.values.size - 4, 0)
    c0, c1, c2, c3, c4 = (points.values[place : place + n_grams] for place in range(5))
    # Five code points fill two words without loss, so only the mixing of those two can collide.
    grams = chained(
        c0 | (c1 << CODE_POINT_BITS) | (c2 << (CODE_POINT_BITS + CODE_POINT_BITS)), c3 | (c4 << CODE_POINT_BITS)
    )
    rows = points.rows[points.values.size - n_grams :]
    inside = rows == points.rows[:n_grams]
    return RowItems(values=grams[inside], rows=rows[inside])


FEATURE: FeatureExtractor = Char5()
