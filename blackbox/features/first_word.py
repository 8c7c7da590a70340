"""The first word of each answer as a code: what a history of open answers can be counted by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blackbox.core import TEXT_OUTCOMES
from blackbox.features._codes import code_matrix
from blackbox.features._texts import answer_text, normalised, spoken

if TYPE_CHECKING:
    from blackbox.core import FeatureExtractor, FeatureMatrix, Observation, Run

_LONGEST = 24


class FirstWord:
    """The first word of every text, case-folded; where no word is, its first sign; outcomes are codes of their own."""

    version = 1

    def extract(self, run: Run, probe_ids: frozenset[str]) -> FeatureMatrix:
        """Return `(n,)` uint64: the first 8 bytes (big-endian) of each word's sha256."""
        return code_matrix("first_word", self.version, run=run, probe_ids=probe_ids, text=first_word)


def first_word(observation: Observation) -> str:
    """Return the first word of an answer, or what came instead."""
    if observation.outcome not in TEXT_OUTCOMES:
        return f"outcome:{observation.outcome}"
    text = normalised(answer_text(observation)).casefold()
    start = next((i for i, char in enumerate(text) if spoken(char)), None)
    if start is None:
        return f"sign:{text[:1]}"
    stop = next((i for i in range(start, len(text)) if not spoken(text[i])), len(text))
    return f"word:{text[start : min(stop, start + _LONGEST)]}"


FEATURE: FeatureExtractor = FirstWord()
