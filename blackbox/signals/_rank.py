"""Rank uniformity: is a side's single answer at each probe as typical as an answer of the other side would be?"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import numpy as np

from blackbox.stats.randomness import generator
from blackbox.stats.uniformity import cramer_von_mises_parts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.core import AnyArray, FloatArray, LabelArray, PooledProbe


class RankSignal(ABC):
    """Cramér–von Mises distance of the single answers' ranks from uniform; a signal file says by what they are ranked.

    Null hypothesis: at each probe the single answer and the others are exchangeable, so that each is equally likely to
    be the single one. Ties are broken by lot, which no labelling changes: with mid-ranks common answers would look less
    uniform than another model's.

    References:
        Zhu et al. (2026), "Auditing black-box LLM APIs with a rank-based uniformity test", arXiv:2506.06975 (the
        test; their score is a reference model's log-rank, here it is how typical an answer is among all).
    """

    @abstractmethod
    def typical(self, values: AnyArray) -> FloatArray:
        """Return `(N,)` how typical each row is among the others."""

    def draws(self, z: Sequence[PooledProbe], labels: Sequence[LabelArray]) -> FloatArray:
        """Return `(1 + B, P)` parts of the statistic; row 0 is the observed labelling."""
        places = [self._places(probe, deal) for probe, deal in zip(z, labels, strict=True)]
        return cramer_von_mises_parts(np.stack(places, axis=1))

    def _places(self, probe: PooledProbe, labels: LabelArray) -> FloatArray:
        """Return `(1 + B,)` where among all the answer dealt to the single side ranks, between 0 and 1."""
        n = probe.n_x + probe.n_y
        scores = self.typical(probe.values).round(9)
        order = np.lexsort((lots(probe.probe_id, scores), scores))
        ranks = np.empty(n)
        ranks[order] = (np.arange(n) + 0.5) / n
        single = labels if probe.n_x == 1 else 1 - labels
        return np.asarray(single.astype(np.float64) @ ranks)


def lots(probe_id: str, scores: FloatArray) -> FloatArray:
    """Return `(N,)` numbers that break ties among rows; they derive from all scores, whichever row is single."""
    return generator("lots", probe_id, np.sort(scores).tolist()).random(len(scores))
