"""Answer categories as 64-bit codes: what the exact-match signals and the outcome test compare."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blackbox.features._codes import code_matrix
from blackbox.features._parsers import category

if TYPE_CHECKING:
    from blackbox.core import FeatureExtractor, FeatureMatrix, Run


class Answer:
    """The category of every answer that is not missing; refusals and the like are categories of their own."""

    version = 3

    def extract(self, run: Run, probe_ids: frozenset[str]) -> FeatureMatrix:
        """Return `(n,)` uint64: the first 8 bytes (big-endian) of each category's sha256."""
        probes = {probe.id: probe for probe in run.suite.probes}
        return code_matrix(
            "answer",
            self.version,
            run=run,
            probe_ids=probe_ids,
            text=lambda o: str(category(o, probes[o.probe_id])),
        )


FEATURE: FeatureExtractor = Answer()
