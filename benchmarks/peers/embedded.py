"""Published ways to score the kinship of two models by sentence embeddings, re-implemented for one answer a prompt.

Each takes `(P, R, d)` unit vectors and returns `(R, R)` scores, higher is closer. Re-implementations on our ground with
our embedding model, not verdicts on their authors' set-ups.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

SEED, N_DIMENSIONS = 0, 128


def paired_cosine(vectors: np.ndarray) -> np.ndarray:
    """Mean cosine of the two answers to a prompt."""
    return np.einsum("pid,pjd->ij", vectors, vectors) / len(vectors)


def mmd_rbf(vectors: np.ndarray) -> np.ndarray:
    """Minus the unbiased MMD² of all answers of two models, prompts pooled, at the median bandwidth."""
    n_prompts, n, _ = vectors.shape
    flat = vectors.transpose(1, 0, 2).reshape(n * n_prompts, -1)
    some = flat[np.random.default_rng(SEED).choice(len(flat), min(len(flat), 1_000), replace=False)]
    bandwidth = float(np.median(2 - 2 * (some @ some.T)[np.triu_indices(len(some), 1)]))
    means = np.empty((n, n))
    for i in range(n):
        own = vectors[:, i] @ flat.T
        kernel = np.exp((own - 1) / bandwidth).reshape(n_prompts, n, n_prompts)
        means[i] = kernel.sum((0, 2)) / n_prompts**2
        means[i, i] = (kernel[:, i].sum() - n_prompts) / (n_prompts * (n_prompts - 1))
    return 2 * means - means.diagonal()[:, None] - means.diagonal()[None, :]


def dna_style(vectors: np.ndarray) -> np.ndarray:
    """Minus the distance of all answers' embeddings, one after another, under one random projection (LLM-DNA)."""
    n_prompts, n, d = vectors.shape
    rng = np.random.default_rng(SEED)
    code = np.zeros((n, N_DIMENSIONS))
    for prompt in vectors:
        code += prompt @ rng.standard_normal((d, N_DIMENSIONS)) / np.sqrt(n_prompts * d)
    return -np.linalg.norm(code[:, None] - code[None, :], axis=2)


EMBEDDED: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "paired embedding cosine, raw": paired_cosine,
    "MMD-RBF on embeddings": mmd_rbf,
    "LLM-DNA style": dna_style,
}
