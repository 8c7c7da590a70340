"""Exact answers as 64-bit codes, dress and white space included: what tells formatting from content."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blackbox.core import TEXT_OUTCOMES
from blackbox.features._codes import code_matrix
from blackbox.features._texts import answer_text

if TYPE_CHECKING:
    from blackbox.core import FeatureExtractor, FeatureMatrix, Observation, Run


class AnswerRaw:
    """The exact text of every answer that is not missing; refusals and the like are categories of their own."""

    version = 1

    def extract(self, run: Run, probe_ids: frozenset[str]) -> FeatureMatrix:
        """Return `(n,)` uint64 codes of the unparsed, unnormalised texts."""
        return code_matrix("answer_raw", self.version, run=run, probe_ids=probe_ids, text=_exact)


def _exact(observation: Observation) -> str:
    text = observation.outcome in TEXT_OUTCOMES
    return f"text:{answer_text(observation)}" if text else f"outcome:{observation.outcome}"


FEATURE: FeatureExtractor = AnswerRaw()
