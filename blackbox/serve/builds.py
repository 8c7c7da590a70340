"""Builds of one model: the same weights, rounded as serving stacks round them. Computation stays in float32."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

BUILDS = ("int8", "int4", "bf16")
"""Names after the `@` of a member, such as `a@int8`."""

_BITS = {"int8": 8, "int4": 4}
_GROUP = 32
"""Weights of a row that share a scale at 4 bits; at 8 bits the whole row does."""


def round_weights(network: Any, build: str) -> None:  # noqa: ANN401 - any transformers network
    """Round the weights of every linear layer of `network` in place, to the nearest value of the build."""
    import torch

    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, torch.nn.Linear):
                module.weight = torch.nn.Parameter(_rounded(module.weight, build), requires_grad=False)


def _rounded(weight: Tensor, build: str) -> Tensor:
    """Return `(o, i)` weights, symmetrically quantised row by row or group by group, or through bfloat16."""
    if build not in _BITS:
        return weight.bfloat16().to(weight.dtype)
    most = 2 ** (_BITS[build] - 1) - 1
    whole = build == "int8" or weight.shape[1] % _GROUP != 0
    groups = weight.reshape(weight.shape[0], -1, weight.shape[1] if whole else _GROUP)
    scale = groups.abs().amax(dim=-1, keepdim=True).clamp(min=1e-12) / most
    rounded: Tensor = (groups / scale).round() * scale
    return rounded.reshape(weight.shape)
