"""The distinct word 3-grams of each answer, hashed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blackbox.features._hashing import set_matrix
from blackbox.features._texts import answered
from blackbox.features._tokens import word3_hashes

if TYPE_CHECKING:
    from blackbox.core import FeatureExtractor, FeatureMatrix, Run


class Word3:
    """Runs of three tokens among the first 600 (METHODS §7.1); an answer of fewer than three has an empty row."""

    version = 1

    def extract(self, run: Run, probe_ids: frozenset[str]) -> FeatureMatrix:
        """Return ragged uint64 rows, each sorted and without repeats."""
        return set_matrix("word3", self.version, observations=answered(run, probe_ids), items=word3_hashes)


FEATURE: FeatureExtractor = Word3()
