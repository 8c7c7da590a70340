"""How children are made of their parents' weights, before they are trained on."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from transformers import PreTrainedModel

_N_EXPERTS, _N_ACTIVE, _SHARED = 4, 2, 16
_NOISE = 0.02  # of each weight's spread; equal experts would stay equal


@torch.no_grad()
def upcycled(parent: PreTrainedModel) -> PreTrainedModel:
    """Return a Qwen2-MoE model whose experts all start as the parent's feed-forward layer."""
    from transformers import Qwen2MoeConfig, Qwen2MoeForCausalLM

    stated = {key: value for key, value in parent.config.to_dict().items() if key in _KEPT}
    config = Qwen2MoeConfig(
        **stated,
        rope_theta=10_000.0,
        num_experts=_N_EXPERTS,
        num_experts_per_tok=_N_ACTIVE,
        moe_intermediate_size=parent.config.intermediate_size,
        shared_expert_intermediate_size=_SHARED,
        norm_topk_prob=True,
        decoder_sparse_step=1,
        mlp_only_layers=[],
    )
    child = Qwen2MoeForCausalLM(config)
    child.load_state_dict(parent.state_dict(), strict=False)  # all but the feed-forward layers have the same names
    for old, new in zip(_layers(parent), _layers(child), strict=True):
        both = torch.cat([old.mlp.gate_proj.weight, old.mlp.up_proj.weight])
        new.mlp.experts.gate_up_proj.copy_(_varied(both.expand(_N_EXPERTS, -1, -1)))
        new.mlp.experts.down_proj.copy_(_varied(old.mlp.down_proj.weight.expand(_N_EXPERTS, -1, -1)))
        new.mlp.gate.weight.normal_(std=0.02)
        new.mlp.shared_expert.down_proj.weight.zero_()
    return child


@torch.no_grad()
def deepened(parent: PreTrainedModel, after: Sequence[int]) -> PreTrainedModel:
    """Return the parent with a copy of each layer of `after` behind it, which at first adds nothing."""
    layers: list[Any] = []
    for index, layer in enumerate(_layers(parent)):
        layers.append(layer)
        if index in after:
            extra = copy.deepcopy(layer)
            extra.self_attn.o_proj.weight.zero_()
            extra.mlp.down_proj.weight.zero_()
            layers.append(extra)
    return _relayered(parent, layers)


@torch.no_grad()
def pruned(parent: PreTrainedModel, intermediate: int) -> PreTrainedModel:
    """Return the parent with only the `intermediate` feed-forward units of largest weight left in each layer."""
    for layer in _layers(parent):
        mlp = layer.mlp
        size = mlp.gate_proj.weight.norm(dim=1) * mlp.up_proj.weight.norm(dim=1) * mlp.down_proj.weight.norm(dim=0)
        kept = size.topk(intermediate).indices.sort().values
        mlp.gate_proj.weight = torch.nn.Parameter(mlp.gate_proj.weight[kept])
        mlp.up_proj.weight = torch.nn.Parameter(mlp.up_proj.weight[kept])
        mlp.down_proj.weight = torch.nn.Parameter(mlp.down_proj.weight[:, kept])
    parent.config.intermediate_size = intermediate
    return parent


@torch.no_grad()
def merged(models: Sequence[PreTrainedModel]) -> PreTrainedModel:
    """Return the mean of models of one shape."""
    states = [model.state_dict() for model in models]
    mean = {name: torch.stack([state[name] for state in states]).mean(dim=0) for name in states[0]}
    models[0].load_state_dict(mean)
    return models[0]


_KEPT = (
    "vocab_size",
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "num_key_value_heads",
    "max_position_embeddings",
    "tie_word_embeddings",
    "bos_token_id",
    "eos_token_id",
    "pad_token_id",
    "rms_norm_eps",
)


def _layers(model: PreTrainedModel) -> Any:  # noqa: ANN401 - transformers' own list of layers
    return model.base_model.layers


def _relayered(model: PreTrainedModel, layers: list[Any]) -> PreTrainedModel:
    for index, layer in enumerate(layers):
        layer.self_attn.layer_idx = index
    model.base_model.layers = torch.nn.ModuleList(layers)
    model.config.num_hidden_layers = len(layers)
    model.config.layer_types = ["full_attention"] * len(layers)
    return model


def _varied(weights: torch.Tensor) -> torch.Tensor:
    return weights + _NOISE * weights.std() * torch.randn(weights.shape)
