"""The tokens of each answer in reading order, by one tokenizer shared by all endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blackbox.features._sequences import sequence_matrix
from blackbox.features._tokens import token_hashes

if TYPE_CHECKING:
    from blackbox.core import FeatureExtractor, FeatureMatrix, Run


class TokenOrder:
    """The tokens of METHODS §7.1 (a CJK character, a word or a mark, lower case) of the first 1,000 code points."""

    version = 1

    def extract(self, run: Run, probe_ids: frozenset[str]) -> FeatureMatrix:
        """Return ragged uint64 rows of token hashes in reading order."""
        return sequence_matrix("token_order", self.version, run=run, probe_ids=probe_ids, items=token_hashes)


FEATURE: FeatureExtractor = TokenOrder()
