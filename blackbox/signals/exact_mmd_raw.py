"""Exact-match MMD² of unparsed answers: a difference here and not in `exact_mmd` is formatting (METHODS §1.11)."""

from __future__ import annotations

from blackbox.core import SignalInfo
from blackbox.signals._counts import ExactSignal


class ExactMMDRaw(ExactSignal):
    """Unbiased MMD² with the one-hot kernel on exact texts (Gretton et al. 2012, eq. 3)."""

    info = SignalInfo(version=1, question="same", feature="answer_raw", forms=("closed",), omnibus=False)


SIGNAL = ExactMMDRaw()
