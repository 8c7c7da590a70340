"""Whether each reply refuses: outcome `refusal` or `filtered`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from blackbox.core import FeatureMatrix, Outcome

if TYPE_CHECKING:
    from blackbox.core import FeatureExtractor, Run

REFUSED = 1 << 32
"""Code of a refusal: in the upper half, which is what populations keep of a code."""
_REFUSING = frozenset({Outcome.REFUSAL, Outcome.FILTERED})


class Refused:
    """A code for every reply that refuses, 0 for every other one that is not missing."""

    version = 1

    def extract(self, run: Run, probe_ids: frozenset[str]) -> FeatureMatrix:
        """Return `(n,)` uint64 codes: 0 or `REFUSED`."""
        rows = [o for o in run.observations if o.probe_id in probe_ids and not o.missing]
        return FeatureMatrix(
            feature="refused",
            version=self.version,
            values=np.array([REFUSED * (o.outcome in _REFUSING) for o in rows], dtype=np.uint64),
            probe_ids=tuple(o.probe_id for o in rows),
            keys=tuple(o.key for o in rows),
        )


FEATURE: FeatureExtractor = Refused()
