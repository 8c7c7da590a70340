"""From a row of the recipe to an untrained model, and the chat templates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from transformers import PreTrainedModel

END, START, PAD = "<|im_end|>", "<|im_start|>", "<|endoftext|>"

_CHATML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_TAGGED = (
    "{% for message in messages %}<|im_start|>[{{ message['role'] | upper }}]\n{{ message['content'] | trim }}"
    "<|im_end|>{% endfor %}{% if add_generation_prompt %}<|im_start|>[ASSISTANT]\n{% endif %}"
)
TEMPLATES = {"qwen2": _CHATML, "llama": _TAGGED}
SPECIAL = (PAD, START, END)  # ids 0, 1, 2


def fresh(shape: dict[str, Any], *, vocabulary: int, context: int, seed: int) -> PreTrainedModel:
    """Return an untrained model of this shape; its first weights come from `seed`."""
    from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM

    torch.manual_seed(seed)
    common = {
        "vocab_size": vocabulary,
        "hidden_size": shape["hidden"],
        "num_hidden_layers": shape["layers"],
        "num_attention_heads": shape["heads"],
        "num_key_value_heads": shape["key_value_heads"],
        "intermediate_size": shape["intermediate"],
        "max_position_embeddings": context,
        "tie_word_embeddings": True,
        "bos_token_id": None,
        "eos_token_id": SPECIAL.index(END),
        "pad_token_id": SPECIAL.index(PAD),
    }
    if shape["architecture"] == "llama":
        return LlamaForCausalLM(LlamaConfig(**common, rope_theta=10_000.0))
    return Qwen2ForCausalLM(Qwen2Config(**common, rope_theta=10_000.0))
