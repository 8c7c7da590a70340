"""wrong_answers: where both runs err, whether they err alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blackbox.core import SignalInfo
from blackbox.signals._code_probe import AgreementProbe
from blackbox.signals._leave_out import family_scores

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.core import AnyArray, FeatureMatrix, FloatArray


class WrongAnswers:
    """Agreement on wrong answers at probes with a key, double-centred over references.

    Models agree in 60 % of the cases where both err: agreement is read against the population, never against
    chance.

    References:
        Goel et al. (2025), "Great Models Think Alike and this Undermines AI Oversight", arXiv 2502.04313: agreement
        of errors, observed against expected (κ_p); here the expectation is the references' at the same probe.
    """

    info = SignalInfo(
        version=1, question="related", feature="wrong_answer", forms=("closed",), needs="probes with a key"
    )

    def scores(self, runs: Sequence[FeatureMatrix], families: Sequence[int]) -> FloatArray:
        """Return `(P, R, R)` centred agreements; NaN where a side has no wrong answer."""
        return family_scores(AgreementProbe, runs, families)

    def at_probe(self, rows: Sequence[Sequence[AnyArray]]) -> AgreementProbe:
        """Return the runs' wrong answers at one probe."""
        return AgreementProbe(rows)


SIGNAL = WrongAnswers()
