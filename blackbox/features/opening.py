"""The first words of each answer, hashed, in order: what the signal prefix compares."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from blackbox.core import FeatureMatrix
from blackbox.features._texts import answer_text, answered, normalised
from blackbox.features._tokens import token_hashes

if TYPE_CHECKING:
    from blackbox.core import FeatureExtractor, Run

N_TOKENS = 64
"""Tokens of an answer that are read: openings shared for longer than this are one answer."""
_HEAD_CHARACTERS = 4096


class Opening:
    """The first 64 tokens (METHODS §7.1) of each answer, lower case, in reading order."""

    version = 1

    def extract(self, run: Run, probe_ids: frozenset[str]) -> FeatureMatrix:
        """Return ragged uint64 rows of token hashes in order."""
        rows = answered(run, probe_ids)
        items = token_hashes([normalised(answer_text(o))[:_HEAD_CHARACTERS] for o in rows])
        bounds = np.concatenate([[0], np.cumsum(np.bincount(items.rows, minlength=len(rows)))]).astype(np.int64)
        parts = [items.values[start : min(stop, start + N_TOKENS)] for start, stop in pairwise(bounds.tolist())]
        return FeatureMatrix(
            feature="opening",
            version=self.version,
            values=np.concatenate([np.empty(0, dtype=np.uint64), *parts]),
            probe_ids=tuple(o.probe_id for o in rows),
            keys=tuple(o.key for o in rows),
            offsets=np.cumsum([0, *(len(part) for part in parts)]).astype(np.int64),
        )


FEATURE: FeatureExtractor = Opening()
