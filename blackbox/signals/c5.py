"""c5: rare character 5-grams that two runs' answers share, against how often unrelated runs share them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blackbox.core import SignalInfo
from blackbox.signals._gram_probe import GramProbe
from blackbox.signals._overlap import overlap_scores

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.core import AnyArray, FeatureMatrix, FloatArray


class C5Overlap:
    """IDF-weighted overlap of character 5-grams, double-centred over references (METHODS §7)."""

    info = SignalInfo(version=1, question="related", feature="char5", forms=("open",))

    def scores(self, runs: Sequence[FeatureMatrix], families: Sequence[int]) -> FloatArray:
        """Return `(P, R, R)` centred overlaps; NaN where a side has no answer."""
        return overlap_scores(runs, families)

    def at_probe(self, rows: Sequence[Sequence[AnyArray]]) -> GramProbe:
        """Return the runs' grams at one probe, ready to be weighed against any references."""
        return GramProbe(rows)


SIGNAL = C5Overlap()
