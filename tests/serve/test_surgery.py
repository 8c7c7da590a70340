"""How children are made of their parents' weights: before any training, each operation does what its name says."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
import torch
from support.zoo_modules import zoo_module
from transformers import AutoModelForCausalLM, Qwen2Config, Qwen2ForCausalLM

if TYPE_CHECKING:
    from pathlib import Path

IDS = torch.arange(3, 35).reshape(2, 16)


@pytest.fixture(scope="module")
def surgery() -> Any:
    """The recipe's own operations."""
    return zoo_module("surgery")


@pytest.fixture
def parent() -> Any:
    """A small Qwen2 with random weights; its k-th feed-forward units get heavier with k."""
    torch.manual_seed(1)
    config = Qwen2Config(
        vocab_size=40,
        hidden_size=16,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
        intermediate_size=24,
        max_position_embeddings=64,
        tie_word_embeddings=True,
    )
    model = Qwen2ForCausalLM(config).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter.data, std=0.3)
    return model


@torch.no_grad()
def _logits(model: Any) -> torch.Tensor:
    logits: torch.Tensor = model.eval()(input_ids=IDS, use_cache=False).logits
    return logits


def test_a_mixture_of_experts_starts_as_its_parent(surgery: Any, parent: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """With equal experts it says exactly what its parent says, whichever experts the router picks."""
    monkeypatch.setattr(surgery, "_NOISE", 0.0)
    child = surgery.upcycled(parent)

    assert child.config.model_type == "qwen2_moe"
    assert torch.allclose(_logits(child), _logits(parent), atol=1e-5)


def test_experts_start_a_little_apart(surgery: Any, parent: Any) -> None:
    """Equal experts would stay equal: they differ by a fiftieth of their spread, and the answers by little."""
    torch.manual_seed(2)
    child = surgery.upcycled(parent)
    experts = child.base_model.layers[0].mlp.experts.gate_up_proj.detach()
    away = (experts[0] - experts[1]).std() / experts.std()

    assert float(away) == pytest.approx(0.02 * 2**0.5, rel=0.2)
    assert 0 < float((_logits(child) - _logits(parent)).std()) < 0.2 * float(_logits(parent).std())


def test_a_mixture_survives_saving(surgery: Any, parent: Any, tmp_path: Path) -> None:
    """What AutoModelForCausalLM loads again is the same mixture."""
    child = surgery.upcycled(parent)
    child.save_pretrained(tmp_path)

    assert torch.allclose(_logits(AutoModelForCausalLM.from_pretrained(tmp_path)), _logits(child), atol=1e-5)


def test_added_layers_add_nothing_at_first(surgery: Any, parent: Any) -> None:
    """Copies of two layers behind them, silenced: more layers, the same logits."""
    before = _logits(parent)
    child = surgery.deepened(copy.deepcopy(parent), [0, 2])

    assert child.config.num_hidden_layers == len(child.base_model.layers) == 5
    assert torch.allclose(_logits(child), before, atol=1e-5)
    copied = child.base_model.layers[1].self_attn
    assert torch.equal(copied.q_proj.weight, parent.base_model.layers[0].self_attn.q_proj.weight)
    assert not copied.o_proj.weight.any()


def test_pruning_keeps_the_heaviest_units(surgery: Any, parent: Any) -> None:
    """Ten of 24 units a layer are left, in their order, and they are those of largest weight."""
    mlps = [layer.mlp for layer in copy.deepcopy(parent).base_model.layers]
    child = surgery.pruned(parent, 10)

    assert child.config.intermediate_size == 10
    for old, new in zip(mlps, (layer.mlp for layer in child.base_model.layers), strict=True):
        assert new.gate_proj.weight.shape == new.up_proj.weight.shape == (10, 16)
        assert new.down_proj.weight.shape == (16, 10)
        sizes = [
            (old.gate_proj.weight[i].norm() * old.up_proj.weight[i].norm() * old.down_proj.weight[:, i].norm()).item()
            for i in range(24)
        ]
        kept = sorted(sorted(range(24), key=lambda i: sizes[i])[-10:])
        assert torch.equal(new.up_proj.weight, old.up_proj.weight[kept])
        assert torch.equal(new.down_proj.weight, old.down_proj.weight[:, kept])
    assert _logits(child).shape == (2, 16, 40)


def test_a_merger_is_the_mean(surgery: Any, parent: Any) -> None:
    """Every weight is the mean of the parents' weights."""
    other = copy.deepcopy(parent)
    for parameter in other.parameters():
        parameter.data += 0.5
    states = [copy.deepcopy(model.state_dict()) for model in (parent, other)]
    merged = surgery.merged([parent, other]).state_dict()

    assert all(torch.allclose(merged[name], (states[0][name] + states[1][name]) / 2) for name in merged)
