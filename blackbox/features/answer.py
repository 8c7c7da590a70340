"""Answer categories as 64-bit codes: what the exact-match signals and the outcome test compare."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from blackbox.core import FeatureMatrix
from blackbox.features._parsers import category
from blackbox.features._texts import sha256

if TYPE_CHECKING:
    from blackbox.core import FeatureExtractor, Run


class Answer:
    """The category of every answer that is not missing; refusals and the like are categories of their own."""

    version = 1

    def extract(self, run: Run, probe_ids: frozenset[str]) -> FeatureMatrix:
        """Return `(n,)` uint64: the first 8 bytes (big-endian) of each category's sha256."""
        parsers = {probe.id: probe.parser for probe in run.suite.probes}
        rows = [o for o in run.observations if o.probe_id in probe_ids and not o.missing]
        found = [str(category(o, parsers[o.probe_id])) for o in rows]
        codes = [int.from_bytes(sha256(text)[:8], "big") for text in found]
        return FeatureMatrix(
            feature="answer",
            version=self.version,
            values=np.array(codes, dtype=np.uint64),
            probe_ids=tuple(o.probe_id for o in rows),
            keys=tuple(o.key for o in rows),
        )


FEATURE: FeatureExtractor = Answer()
