"""Simulated features of every kind: rows of one endpoint, or of one that differs."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from blackbox.core import FeatureMatrix
from blackbox.features.first_token import ENTRY

if TYPE_CHECKING:
    from collections.abc import Sequence

N_LETTERS, N_TOKENS, N_LISTED, DIMENSION = 6, 7, 4, 3
CODED = frozenset({"answer", "answer_raw", "outcome"})
SEQUENCES = frozenset({"code_points", "token_order"})


def endpoint_rows(
    rng: np.random.Generator, feature: str, counts: Sequence[int], *, model: int, shift: float = 0.0
) -> FeatureMatrix:
    """Return rows of one endpoint.

    Args:
        rng: What draws the rows.
        feature: Registered name of the feature.
        counts: Rows at each probe.
        model: Seed of the model: endpoints of one model answer from one distribution at each probe.
        shift: 0 for the model itself; larger is further from it.
    """
    rows = [row for p, n in enumerate(counts) for row in _rows(rng, feature, n, (model, p), shift)]
    probe_ids = tuple(f"p{p:02d}" for p, n in enumerate(counts) for _ in range(n))
    keys = tuple(f"{probe_id}#{i}" for i, probe_id in enumerate(probe_ids))
    return matrix(feature, rows, probe_ids=probe_ids, keys=keys)


def matrix(
    feature: str, rows: Sequence[np.ndarray], *, probe_ids: tuple[str, ...], keys: tuple[str, ...]
) -> FeatureMatrix:
    """Return a matrix of these rows, ragged where the feature is."""
    is_ragged = feature in SEQUENCES or feature == "first_token"
    return FeatureMatrix(
        feature=feature,
        version=1,
        values=np.concatenate(rows) if is_ragged else np.array(rows),
        probe_ids=probe_ids,
        keys=keys,
        offsets=np.array([0, *accumulate(len(row) for row in rows)]) if is_ragged else None,
    )


def _rows(
    rng: np.random.Generator, feature: str, n: int, seed: tuple[int, int], shift: float
) -> list[np.ndarray | np.uint64]:
    own = np.random.default_rng(seed)
    if feature in CODED:
        shares = (1 - shift) * own.dirichlet(np.full(5, 0.6)) + shift * own.dirichlet(np.full(5, 0.6))
        return list(rng.choice(5, size=n, p=shares).astype(np.uint64))
    if feature in SEQUENCES:
        letters = (1 - shift) * own.dirichlet(np.ones(N_LETTERS)) + shift * own.dirichlet(np.ones(N_LETTERS))
        lengths = rng.integers(0, 12, size=n)
        flat = rng.choice(N_LETTERS, size=lengths.sum(), p=letters).astype(np.uint64) + np.uint64(97)
        return np.split(flat, np.cumsum(lengths)[:-1])
    if feature == "length":
        return list(np.exp(rng.normal(4 + shift, 0.7, size=(n, 1))).astype(np.int64))
    if feature == "first_token":
        logits = own.normal(0, 2, N_TOKENS) + shift * own.normal(0, 2, N_TOKENS)
        return [_listed(logits + rng.normal(0, 0.8, N_TOKENS)) for _ in range(n)]
    return list(own.normal(size=DIMENSION) + shift + rng.normal(size=(n, DIMENSION)))


def _listed(logits: np.ndarray) -> np.ndarray:
    """Return the most likely tokens with their log-probabilities."""
    logprobs = logits - np.log(np.exp(logits).sum())
    top = np.sort(np.argsort(-logprobs)[:N_LISTED])
    return np.array([(token, logprobs[token]) for token in top], dtype=ENTRY)
