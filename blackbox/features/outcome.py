"""What became of each call, as 64-bit codes: answered, cut, refused, filtered, empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blackbox.features._codes import code_matrix

if TYPE_CHECKING:
    from blackbox.core import FeatureExtractor, FeatureMatrix, Run


class OutcomeCode:
    """The outcome of every observation that is not missing."""

    version = 1

    def extract(self, run: Run, probe_ids: frozenset[str]) -> FeatureMatrix:
        """Return `(n,)` uint64 codes of the outcomes' names."""
        return code_matrix("outcome", self.version, run=run, probe_ids=probe_ids, text=lambda o: str(o.outcome))


FEATURE: FeatureExtractor = OutcomeCode()
