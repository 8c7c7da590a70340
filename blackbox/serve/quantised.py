"""The same weights in fewer bits, as hosts serve them to save memory: made at load time, nothing more is shipped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from blackbox.serve.language_model import LanguageModel

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor


@torch.no_grad()
def rounded_rows(weights: Tensor, bits: int) -> Tensor:
    """Return a matrix whose rows are rounded to the nearest of 2^bits − 1 equally spaced values, symmetric about 0.

    Each row keeps its own scale, so that its largest number stays as it is.
    """
    most = 2 ** (bits - 1) - 1
    scale = weights.abs().amax(dim=1, keepdim=True).clamp(min=torch.finfo(weights.dtype).tiny) / most
    rounded: Tensor = (weights / scale).round() * scale
    return rounded


class RoundedModel(LanguageModel):
    """A model whose layers' matrices are rounded to `bits` bits; embeddings and norms stay, as in common practice."""

    def __init__(self, folder: Path, *, bits: int) -> None:
        super().__init__(folder)
        for parameter in self._network.base_model.layers.parameters():
            if parameter.ndim > 1:  # a matrix, or a stack of experts' matrices
                rows = rounded_rows(parameter.detach().flatten(0, -2), bits)
                parameter.detach().copy_(rows.view_as(parameter))


class HalfPrecisionModel(LanguageModel):
    """A model computed in bfloat16, as its weights are stored: sums are rounded, and batch mates change them."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._network.to(torch.bfloat16)

    def logits(self, states: Tensor) -> Tensor:
        """Return the next token's logits `(b, v)`, rounded to bfloat16."""
        return super().logits(states).float()
