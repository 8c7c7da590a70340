"""refusal_pattern: which requests both runs refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blackbox.core import SignalInfo
from blackbox.signals._code_probe import RateProbe
from blackbox.signals._leave_out import family_scores

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.core import AnyArray, FeatureMatrix, FloatArray


class RefusalPattern:
    """Closeness of the rates of refusing each request, double-centred over references."""

    info = SignalInfo(version=1, question="related", feature="refused", forms=("open", "closed"))

    def scores(self, runs: Sequence[FeatureMatrix], families: Sequence[int]) -> FloatArray:
        """Return `(P, R, R)` centred closeness; NaN where a side has no usable reply."""
        return family_scores(RateProbe, runs, families)

    def at_probe(self, rows: Sequence[Sequence[AnyArray]]) -> RateProbe:
        """Return the runs' rates of refusal at one probe."""
        return RateProbe(rows)


SIGNAL = RefusalPattern()
