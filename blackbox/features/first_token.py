"""Log-probabilities listed for the first token of each answer."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from blackbox.core import FeatureMatrix
from blackbox.features._texts import sha256

if TYPE_CHECKING:
    from blackbox.core import FeatureExtractor, Observation, Run

ENTRY = np.dtype([("token", np.uint64), ("logprob", np.float64)])


class FirstToken:
    """The alternatives a reply lists for its first token, with the one it chose; a reply that lists none has no row."""

    version = 1

    def extract(self, run: Run, probe_ids: frozenset[str]) -> FeatureMatrix:
        """Return ragged rows of (token hash, log-probability), sorted by token."""
        rows = [o for o in run.observations if o.probe_id in probe_ids and not o.missing and o.logprobs]
        entries = [_entries(o) for o in rows]
        return FeatureMatrix(
            feature="first_token",
            version=self.version,
            values=np.array([entry for row in entries for entry in row], dtype=ENTRY),
            probe_ids=tuple(o.probe_id for o in rows),
            keys=tuple(o.key for o in rows),
            offsets=np.array([0, *accumulate(map(len, entries))], dtype=np.int64),
        )


def _entries(observation: Observation) -> list[tuple[int, float]]:
    first = (observation.logprobs or ())[0]
    listed = {first.token: first.logprob, **dict(first.top)}
    return sorted((int.from_bytes(sha256(token)[:8], "big"), logprob) for token, logprob in listed.items())


FEATURE: FeatureExtractor = FirstToken()
