"""Prompt tokens as the server counted them: what the tokenizer differential compares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from blackbox.core import FeatureMatrix

if TYPE_CHECKING:
    from blackbox.core import FeatureExtractor, Run


class PromptTokens:
    """`usage.prompt_tokens` of every reply that reported it; a reply that did not has no row."""

    version = 1

    def extract(self, run: Run, probe_ids: frozenset[str]) -> FeatureMatrix:
        """Return `(n, 1)` int64 token counts."""
        rows = [
            (o, o.usage.prompt_tokens)
            for o in run.observations
            if o.probe_id in probe_ids and not o.missing and o.usage is not None and o.usage.prompt_tokens is not None
        ]
        return FeatureMatrix(
            feature="usage",
            version=self.version,
            values=np.array([count for _, count in rows], dtype=np.int64).reshape(-1, 1),
            probe_ids=tuple(o.probe_id for o, _ in rows),
            keys=tuple(o.key for o, _ in rows),
        )


FEATURE: FeatureExtractor = PromptTokens()
