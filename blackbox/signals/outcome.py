"""Exact-match MMD² of outcomes: how often each side answers, is cut off, refuses, is filtered or stays silent."""

from __future__ import annotations

from blackbox.core import SignalInfo
from blackbox.signals._counts import ExactSignal


class Outcomes(ExactSignal):
    """Unbiased MMD² with the one-hot kernel on outcomes other than missing ones (Gretton et al. 2012, eq. 3)."""

    info = SignalInfo(version=1, question="same", feature="outcome", forms=("closed", "open"), omnibus=False)


SIGNAL = Outcomes()
