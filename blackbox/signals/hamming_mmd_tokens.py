"""MMD² with the Hamming kernel on tokens of one shared tokenizer: do the same words stand at the same places?"""

from __future__ import annotations

from blackbox.core import SignalInfo
from blackbox.signals._hamming import HammingSignal


class HammingTokens(HammingSignal):
    """The Hamming kernel on the tokens of an answer."""

    info = SignalInfo(version=1, question="same", feature="token_order", forms=("closed", "open"), omnibus=False)


SIGNAL = HammingTokens()
