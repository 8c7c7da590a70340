"""How long each answer is, in code points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from blackbox.core import FeatureMatrix
from blackbox.features._texts import answer_text, answered, normalised

if TYPE_CHECKING:
    from blackbox.core import FeatureExtractor, Run


class Length:
    """Code points of the normalised text (NFC, outer white space stripped)."""

    version = 1

    def extract(self, run: Run, probe_ids: frozenset[str]) -> FeatureMatrix:
        """Return `(n, 1)` int64 lengths."""
        rows = answered(run, probe_ids)
        lengths = [len(normalised(answer_text(o))) for o in rows]
        return FeatureMatrix(
            feature="length",
            version=self.version,
            values=np.array(lengths, dtype=np.int64).reshape(-1, 1),
            probe_ids=tuple(o.probe_id for o in rows),
            keys=tuple(o.key for o in rows),
        )


FEATURE: FeatureExtractor = Length()
