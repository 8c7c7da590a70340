"""Exact-match MMD²: how often answers of the two sides are the same answer, against within each side."""

from __future__ import annotations

from blackbox.core import SignalInfo
from blackbox.signals._counts import ExactSignal


class ExactMMD(ExactSignal):
    """Unbiased MMD² with the one-hot kernel on answer categories (Gretton et al. 2012, eq. 3)."""

    info = SignalInfo(version=1, question="same", feature="answer", forms=("closed",))


SIGNAL = ExactMMD()
