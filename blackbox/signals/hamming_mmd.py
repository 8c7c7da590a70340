"""MMD² with the Hamming kernel on code points: do the same characters stand at the same places?"""

from __future__ import annotations

from blackbox.core import SignalInfo
from blackbox.signals._hamming import HammingSignal


class HammingMMD(HammingSignal):
    """The Hamming kernel on the code points of an answer."""

    info = SignalInfo(version=1, question="same", feature="code_points", forms=("closed", "open"), omnibus=False)


SIGNAL = HammingMMD()
