"""The code points of each answer in reading order: what character kernels compare."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blackbox.features._hashing import code_points
from blackbox.features._sequences import sequence_matrix

if TYPE_CHECKING:
    from blackbox.core import FeatureExtractor, FeatureMatrix, Run


class CodePoints:
    """The first 1,000 code points of the normalised text (NFC, outer white space stripped)."""

    version = 1

    def extract(self, run: Run, probe_ids: frozenset[str]) -> FeatureMatrix:
        """Return ragged uint64 rows in reading order."""
        return sequence_matrix("code_points", self.version, run=run, probe_ids=probe_ids, items=code_points)


FEATURE: FeatureExtractor = CodePoints()
