"""Sequences of two symbols, by how they depart from coin tossing."""

from __future__ import annotations

import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from blackbox.core import FeatureMatrix
from blackbox.features._texts import answer_text, answered
from blackbox.stats.bitstream import MEASURES, MIN_BITS, measures

if TYPE_CHECKING:
    import numpy.typing as npt

    from blackbox.core import FeatureExtractor, Run

_MIN_SHARE = 0.9
"""Share of a reply's letters, digits and signs that its two commonest must make for it to be a sequence of them."""


class BitMeasures:
    """The measures of every reply that is a sequence of at least 32 of two symbols; any other has no row."""

    version = 1

    def extract(self, run: Run, probe_ids: frozenset[str]) -> FeatureMatrix:
        """Return `(n, 14)` measures; a constant sequence counts, with the measures of a constant."""
        rows = [(o, bits) for o in answered(run, probe_ids) if (bits := two_symbols(answer_text(o))) is not None]
        values = [measures(bits) for _, bits in rows]
        return FeatureMatrix(
            feature="bits",
            version=self.version,
            values=np.array(values, dtype=np.float64).reshape(-1, len(MEASURES)),
            probe_ids=tuple(o.probe_id for o, _ in rows),
            keys=tuple(o.key for o, _ in rows),
        )


def two_symbols(text: str) -> npt.NDArray[np.int8] | None:
    """Return `text` as 0 and 1, the symbol of the smaller code point being 0, or None where it is no such sequence.

    White space, commas and other punctuation are left out, unless they are the symbols (+ and −, say).
    """
    plain = unicodedata.normalize("NFKC", text)
    symbols = [c for c in plain if unicodedata.category(c)[0] in "LNS" or c in "-/\\."]
    common = Counter(symbols).most_common(2)
    if sum(n for _, n in common) < max(MIN_BITS, _MIN_SHARE * len(symbols)):
        return None
    low = min(symbol for symbol, _ in common)
    known = {symbol for symbol, _ in common}
    return np.array([symbol != low for symbol in symbols if symbol in known], dtype=np.int8)


FEATURE: FeatureExtractor = BitMeasures()
