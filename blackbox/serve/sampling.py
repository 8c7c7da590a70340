"""Drawing tokens: exact temperature and nucleus sampling, one uniform number a token."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor


def draw(logits: Tensor, temperatures: Tensor, top_ps: Tensor, uniforms: Tensor) -> Tensor:
    """Return one token id a row, by inversion of its cumulative distribution.

    The order of inversion is that of the vocabulary, so that rounding in the last place of a logit, which
    depends on what else is in the batch, moves a boundary by as little and reorders nothing.

    Args:
        logits: `(b, v)`.
        temperatures: `(b,)`; 0 takes the likeliest token.
        top_ps: `(b,)`; the smallest set of likeliest tokens that reaches this probability is kept.
        uniforms: `(b,)` in [0, 1).
    """
    warm = temperatures > 0
    scale = torch.where(warm, temperatures, torch.ones_like(temperatures)).double()
    probabilities = torch.softmax(logits.double() / scale[:, None], dim=-1)
    if bool((top_ps < 1).any()):
        probabilities = _nucleus(probabilities, top_ps.double())
    cumulative = probabilities.cumsum(dim=-1)
    aims = uniforms.double()[:, None] * cumulative[:, -1:]
    drawn = torch.searchsorted(cumulative, aims, right=True)[:, 0].clamp(max=logits.shape[1] - 1)
    return torch.where(warm, drawn, logits.argmax(dim=-1))


def _nucleus(probabilities: Tensor, top_ps: Tensor) -> Tensor:
    ordered, order = probabilities.sort(dim=-1, descending=True, stable=True)
    before = ordered.cumsum(dim=-1) - ordered
    kept = torch.where(before < top_ps[:, None], ordered, torch.zeros_like(ordered))
    kept[:, 0] = ordered[:, 0]
    return torch.zeros_like(probabilities).scatter(1, order, kept)
