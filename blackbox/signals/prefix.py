"""prefix: a common opening of two runs' answers that few unrelated runs begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blackbox.core import SignalInfo
from blackbox.signals._leave_out import family_scores
from blackbox.signals._prefix_probe import PrefixProbe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.core import AnyArray, FeatureMatrix, FloatArray


class Prefix:
    """Rarity of the longest common opening, double-centred over references (METHODS §7.5).

    Fragile where templates share openings: it counts beside w3 and c5, never alone.
    """

    info = SignalInfo(version=1, question="related", feature="opening", forms=("open",))

    def scores(self, runs: Sequence[FeatureMatrix], families: Sequence[int]) -> FloatArray:
        """Return `(P, R, R)` centred rarities; NaN where a side has no answer."""
        return family_scores(PrefixProbe, runs, families)

    def at_probe(self, rows: Sequence[Sequence[AnyArray]]) -> PrefixProbe:
        """Return the runs' openings at one probe, ready to be read against any references."""
        return PrefixProbe(rows)


SIGNAL = Prefix()
