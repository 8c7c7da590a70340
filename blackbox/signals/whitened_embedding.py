"""whitened_embedding: what two runs' answers mean alike beyond what the question and unrelated runs make alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blackbox.core import SignalInfo
from blackbox.signals._leave_out import family_scores
from blackbox.signals._whitened_probe import WhitenedProbe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.core import AnyArray, FeatureMatrix, FloatArray


class WhitenedEmbedding:
    """Cosine of mean embeddings, centred and whitened by the references at each probe (METHODS §7)."""

    info = SignalInfo(version=1, question="related", feature="embedding", forms=("open",), on_request=True)

    def scores(self, runs: Sequence[FeatureMatrix], families: Sequence[int]) -> FloatArray:
        """Return `(P, R, R)` centred cosines; NaN where a side has no answer."""
        return family_scores(WhitenedProbe, runs, families)

    def at_probe(self, rows: Sequence[Sequence[AnyArray]]) -> WhitenedProbe:
        """Return the runs' mean embeddings at one probe."""
        return WhitenedProbe(rows)


SIGNAL = WhitenedEmbedding()
