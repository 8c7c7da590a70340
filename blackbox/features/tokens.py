"""The distinct tokens of each answer, hashed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blackbox.features._hashing import set_matrix
from blackbox.features._texts import answered
from blackbox.features._tokens import token_hashes

if TYPE_CHECKING:
    from blackbox.core import FeatureExtractor, FeatureMatrix, Run


class Tokens:
    """One CJK character, word or punctuation mark, lower case; the first 600 of an answer (METHODS §7.1)."""

    version = 1

    def extract(self, run: Run, probe_ids: frozenset[str]) -> FeatureMatrix:
        """Return ragged uint64 rows, each sorted and without repeats."""
        return set_matrix("tokens", self.version, observations=answered(run, probe_ids), items=token_hashes)


FEATURE: FeatureExtractor = Tokens()
