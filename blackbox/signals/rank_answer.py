"""Rank uniformity of answers where one side has one a probe: are they as common among the other side's as its own?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from blackbox.core import SignalInfo
from blackbox.signals._rank import RankSignal

if TYPE_CHECKING:
    from blackbox.core import AnyArray, FloatArray


class RankAnswer(RankSignal):
    """Answers ranked by how many others equal them."""

    info = SignalInfo(
        version=1,
        question="same",
        feature="answer",
        forms=("closed",),
        omnibus=False,
        single=True,
        joint=True,
        needs="probes at which one side has a single answer and the other at least four",
    )

    def typical(self, values: AnyArray) -> FloatArray:
        """Return how often each answer was given."""
        return np.bincount(values).astype(np.float64)[values]


SIGNAL = RankAnswer()
