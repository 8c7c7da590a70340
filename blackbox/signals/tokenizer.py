"""Tokenizer differential: do reported token counts grow alike when a text is repeated?

Templates and resellers shift or inflate a count; the slope over repeats of a unit is the tokenizer's own.
Its line stands apart: never part of the omnibus (METHODS §3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from blackbox.core import SignalInfo
from blackbox.stats.slopes import unit_slopes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.core import FeatureMatrix, FloatArray


class TokenizerSlopes:
    """Difference of tokens per repeat, a row a text unit (0: both count alike)."""

    info = SignalInfo(
        version=1,
        question="tokenizer",
        feature="usage",
        forms=("closed", "open", "auto"),
        omnibus=False,
        needs="a suite with probes named baseline-… (the frame alone) and <unit>-<repeats>",
    )

    def scores(self, runs: Sequence[FeatureMatrix], families: Sequence[int]) -> FloatArray:  # noqa: ARG002 - no population enters a count
        """Return `(U, R, R)` slope differences by unit, in tokens a repeat; NaN where a side reports none."""
        slopes = [unit_slopes(run.probe_ids, [float(v) for v in run.values.ravel()]) for run in runs]
        units = sorted({unit for run in slopes for unit in run})
        table = np.array([[run.get(unit, np.nan) for run in slopes] for unit in units]).reshape(len(units), len(runs))
        return np.asarray(table[:, :, None] - table[:, None, :])


SIGNAL = TokenizerSlopes()
