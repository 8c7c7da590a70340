"""Similarities of runs at one probe from codes: what the signals on short answers and outcomes compute."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from blackbox.core import AnyArray, FloatArray

WEIGHT_FLOOR = 0.02


class CodeProbe:
    """How often each run gives each code at one probe.

    Args:
        rows: For each run one row of codes an answer; empty where the run is silent.
    """

    def __init__(self, rows: Sequence[Sequence[AnyArray]]) -> None:
        merged = [np.concatenate(own) if own else np.zeros(0, dtype=np.uint32) for own in rows]
        codes, places = np.unique(np.concatenate(merged), return_inverse=True)
        owner = np.repeat(np.arange(len(rows)), [len(own) for own in merged])
        counts = np.zeros((len(rows), max(len(codes), 1)))
        np.add.at(counts, (owner, places), 1.0)
        self.answered = counts.sum(1) > 0
        self.shares = counts / np.maximum(counts.sum(1, keepdims=True), 1.0)
        self.codes = codes

    def silent(self, similarity: FloatArray, members: npt.NDArray[np.intp]) -> FloatArray:
        """Return the similarities with NaN where a side is silent."""
        known = self.answered[members]
        return np.asarray(np.where(known[:, None] & known[None, :], similarity, np.nan))


class ProfileProbe(CodeProbe):
    """Shared mass of answer distributions, each answer weighed by how few references give it."""

    def among(self, members: npt.NDArray[np.intp], references: npt.NDArray[np.bool_]) -> FloatArray:
        """Return `(n, n)` Σ_k w_k min(p_a, p_b)/√(Σ_k w_k p_a · Σ_k w_k p_b), w_k = max(.02, ln((R+1)/(df_k+.5)))."""
        shares = self.shares[members]
        counted = references & self.answered[members]
        given = (shares > 0).astype(float)
        # A reference counts neither itself nor the other one among those that give an answer.
        own = np.where(counted[:, None], given, 0.0)
        frequency = own.sum(0)
        similarity = np.zeros((len(members), len(members)))
        for i in range(len(members)):
            df = np.maximum(frequency[None] - own[i][None] - own, 0.0)
            n = np.maximum(counted.sum() - float(counted[i]) - counted, 0.0)
            w = np.maximum(WEIGHT_FLOOR, np.log((n[:, None] + 1) / (df + 0.5)))
            norm = np.sqrt((w * shares[i]).sum(1) * (w * shares).sum(1))
            shared = (w * np.minimum(shares[i], shares)).sum(1)
            similarity[i] = shared / np.where(norm > 0, norm, 1.0)
        return self.silent(similarity, members)


class AgreementProbe(CodeProbe):
    """Probability that two runs' answers agree."""

    def among(self, members: npt.NDArray[np.intp], references: npt.NDArray[np.bool_]) -> FloatArray:
        """Return `(n, n)` Σ_k p_a(k) p_b(k); what agreement is expected anyway is taken off by centring."""
        del references
        shares = self.shares[members]
        return self.silent(shares @ shares.T, members)


class RateProbe(CodeProbe):
    """Closeness of the rates at which runs give a code other than 0."""

    def __init__(self, rows: Sequence[Sequence[AnyArray]]) -> None:
        super().__init__(rows)
        self._rate = self.shares[:, : len(self.codes)][:, self.codes != 0].sum(1)

    def among(self, members: npt.NDArray[np.intp], references: npt.NDArray[np.bool_]) -> FloatArray:
        """Return `(n, n)` −|r_a − r_b|."""
        del references
        rate = self._rate[members]
        return self.silent(-np.abs(rate[:, None] - rate[None, :]), members)
