"""One model folder loaded for serving: weights in float32, tokenizer, chat template."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import torch

from blackbox.errors import UsageError
from blackbox.serve.builds import round_weights

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from torch import Tensor

    from blackbox.serve.slots import Slots


class LanguageModel:
    """A decoder-only transformer with its tokenizer.

    The bfloat16 weights are computed with in float32: exact log-probabilities, and answers that do not
    depend on which other answers are in the batch.

    Args:
        folder: As `save_pretrained` writes it.
        build: How its weights are rounded, one of `builds.BUILDS`; None: as stored.

    Raises:
        UsageError: The folder holds no model, or its tokenizer has no chat template.
    """

    def __init__(self, folder: Path, build: str | None = None) -> None:
        from transformers import AutoModelForCausalLM, AutoTokenizer
        from transformers.utils.logging import disable_progress_bar

        if not (folder / "config.json").is_file():
            raise UsageError(f"{folder} holds no model (no config.json); name a folder that transformers saved")
        disable_progress_bar()  # a bar for two megabytes is noise
        loaded = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
        self._network: Any = loaded.eval()
        if build is not None:
            round_weights(self._network, build)
        self._tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        if not self._tokenizer.chat_template:
            raise UsageError(f"{folder}: the tokenizer has no chat template")
        ends = self._network.generation_config.eos_token_id
        self.end_ids = frozenset(ends if isinstance(ends, list) else [ends])
        self.context = int(self._network.config.max_position_embeddings)

    def prompt_ids(self, messages: Sequence[Mapping[str, str]]) -> tuple[int, ...]:
        """Return the token ids of a conversation, ready for the answer to follow."""
        text = self._tokenizer.apply_chat_template([*messages], add_generation_prompt=True, tokenize=False)
        return tuple(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def text_ids(self, text: str) -> tuple[int, ...]:
        """Return the token ids of a text as it stands, without a template."""
        return tuple(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def checked_text(self, ids: Sequence[int]) -> str:
        """Return the text of token ids from outside.

        Raises:
            IndexError: An id is not in the vocabulary.
        """
        size = int(self._network.config.vocab_size)
        if any(token >= size for token in ids):
            raise IndexError(f"token ids go from 0 to {size - 1}")
        return self.text(ids)

    def text(self, ids: Sequence[int]) -> str:
        """Return the text of sampled tokens; bytes that form no character become U+FFFD."""
        return str(self._tokenizer.decode([*ids], skip_special_tokens=True, clean_up_tokenization_spaces=False))

    def token_bytes(self, token: int) -> bytes:
        """Return the bytes a token stands for."""
        piece = self._tokenizer.convert_ids_to_tokens(token)
        known = _byte_of_symbol()
        return bytes(known[s] for s in piece) if all(s in known for s in piece) else piece.encode("utf-8")

    def hidden(self, ids: Tensor, positions: Tensor, seen: Tensor, slots: Slots) -> Tensor:
        """Return the last layer's states `(b, t, d)` of `ids` `(b, t)`.

        Args:
            ids: Tokens to read.
            positions: Their positions, `(b, t)` or `(1, t)`.
            seen: `(b or 1, 1, t, positions in slots)`, which positions each token may attend to.
            slots: Keys and values read so far; those of `ids` are stored into it.
        """
        read = self._network.base_model(
            input_ids=ids, position_ids=positions, attention_mask=seen, past_key_values=slots, use_cache=True
        )
        states: Tensor = read.last_hidden_state
        return states

    def logits(self, states: Tensor) -> Tensor:
        """Return the next token's logits `(b, v)` of states `(b, d)`."""
        logits: Tensor = self._network.get_output_embeddings()(states)
        return logits


@cache
def _byte_of_symbol() -> dict[str, int]:
    """Return the byte each symbol of a byte-level vocabulary stands for."""
    printable = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    symbols = {chr(byte): byte for byte in printable}
    return symbols | {chr(256 + i): byte for i, byte in enumerate(others)}
