"""answer_profile: short answers that two runs give and few unrelated runs do, at the same rates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blackbox.core import SignalInfo
from blackbox.signals._code_probe import ProfileProbe
from blackbox.signals._leave_out import family_scores

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.core import AnyArray, FeatureMatrix, FloatArray


class AnswerProfile:
    """Rarity-weighted overlap of answer distributions at closed probes, double-centred over references."""

    info = SignalInfo(version=1, question="related", feature="answer", forms=("closed",))

    def scores(self, runs: Sequence[FeatureMatrix], families: Sequence[int]) -> FloatArray:
        """Return `(P, R, R)` centred overlaps; NaN where a side has no answer."""
        return family_scores(ProfileProbe, runs, families)

    def at_probe(self, rows: Sequence[Sequence[AnyArray]]) -> ProfileProbe:
        """Return the runs' answer distributions at one probe."""
        return ProfileProbe(rows)


SIGNAL = AnswerProfile()
