"""Cosines of runs' answers at one probe, centred and whitened by the references: what the question itself says is out.

References:
    Ledoit & Wolf (2004), "A well-conditioned estimator for large-dimensional covariance matrices", J. Multivariate
    Analysis 88, 365–411 (how far a covariance from few references is drawn towards a multiple of the identity).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from blackbox.core import AnyArray, FloatArray

FEWEST = 3
"""References below which nothing is whitened."""
FREE = 1e-3
"""Least share of the covariance left as it is."""


class WhitenedProbe:
    """The mean embedding of each run's answers at one probe.

    Args:
        rows: For each run one row an answer: the numbers themselves, or 32-bit items of two half-precision numbers
            each, as populations hold them; empty where the run is silent.
    """

    def __init__(self, rows: Sequence[Sequence[AnyArray]]) -> None:
        means = [np.mean([numbers(row) for row in own], axis=0) if own else None for own in rows]
        width = next((len(mean) for mean in means if mean is not None), 0)
        self._answered = np.array([mean is not None for mean in means])
        self._means = np.array([np.zeros(width) if mean is None else mean for mean in means])

    def among(self, members: npt.NDArray[np.intp], references: npt.NDArray[np.bool_]) -> FloatArray:
        """Return `(n, n)` whitened cosines; a reference takes no part in what it is whitened by; NaN where silent."""
        known = self._answered[members]
        counted = references & known
        if counted.sum() < FEWEST:
            return np.full((len(members), len(members)), np.nan)
        vectors = self._means[members] - self._means[members][counted].mean(0)
        similarity = left_out_cosines(whitened_products(vectors, vectors[counted]), counted)
        return np.asarray(np.where(known[:, None] & known[None, :], similarity, np.nan))


def numbers(row: AnyArray) -> FloatArray:
    """Return the numbers of a row, `(d,)`."""
    flat = np.ascontiguousarray(row).reshape(-1)
    return np.asarray(flat.view(np.float16) if flat.dtype == np.uint32 else flat, dtype=np.float64)


def whitened_products(vectors: FloatArray, references: FloatArray) -> FloatArray:
    """Return `(n, n)` vᵀ(Σ_r r rᵀ + λI)⁻¹v, λ the shrinkage of the references' covariance (Woodbury's identity)."""
    ridge = max(_ridge(references), np.finfo(float).tiny)
    across = vectors @ references.T
    gram = references @ references.T
    inner = np.linalg.solve(gram + ridge * np.eye(len(gram)), across.T)
    return np.asarray((vectors @ vectors.T - across @ inner) / ridge)


def left_out_cosines(products: FloatArray, counted: npt.NDArray[np.bool_]) -> FloatArray:
    """Return `(n, n)` cosines of whitened vectors, each pair's own references taken out of the covariance.

    With h = vᵀA⁻¹v, taking r_i and r_j out of A = Σ r rᵀ + λI is a change of rank two, whose determinant cancels in the
    cosine (Sherman–Morrison–Woodbury).
    """
    own = products.diagonal()
    c = counted.astype(float)
    squared = products**2
    first = own[:, None] * (1 - c * own)[None, :] + c[None, :] * squared
    second = own[None, :] * (1 - c * own)[:, None] + c[:, None] * squared
    norms = np.sqrt(np.maximum(first, 0.0) * np.maximum(second, 0.0))
    return np.asarray(products / np.where(norms > 0, norms, 1.0))


def _ridge(references: FloatArray) -> float:
    """Return λ: n·ρμ/(1 − ρ) with Ledoit & Wolf's ρ, their eq. (14) and lemma 3.2."""
    n, d = references.shape
    shrinkage = ledoit_wolf(references)
    typical = float((references**2).sum()) / (n * d)
    return float(n * shrinkage * typical / max(1 - shrinkage, FREE))


def ledoit_wolf(x: FloatArray) -> float:
    """Return ρ in [0, 1] of `(n, d)` centred rows: how far S is drawn towards μI."""
    n, d = x.shape
    gram = x @ x.T
    typical = float(np.trace(gram)) / (n * d)
    spread = float((gram**2).sum()) / n**2 / d - typical**2
    noise = (float((gram.diagonal() ** 2).sum()) / n - float((gram**2).sum()) / n**2) / (n * d)
    return min(max(noise / spread, 0.0), 1.0) if spread > 0 else 1.0
