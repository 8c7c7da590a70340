"""Log-probabilities of the first token: does every reply weigh its first word alike?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from blackbox.core import SignalInfo
from blackbox.signals._kernels import KernelSignal
from blackbox.stats.kernels import censored_gram

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from blackbox.core import FloatArray
    from blackbox.signals._kernels import Distinct


class FirstToken(KernelSignal):
    """Energy distance between lists of log-probabilities, unlisted tokens left-censored at a list's smallest value."""

    info = SignalInfo(
        version=1,
        question="same",
        feature="first_token",
        forms=("closed", "open"),
        omnibus=False,
        needs="replies that list log-probabilities, which vary between repeats: copies say nothing here",
    )

    def grams(self, z: Sequence[Distinct]) -> Iterator[FloatArray]:
        """Return minus the known difference of each two lists."""
        return (censored_gram(rows.values, rows.offsets) for rows in z)


SIGNAL = FirstToken()
