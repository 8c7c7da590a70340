"""From texts and conversations to rows of token ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from learning import Rows
from shapes import END, SPECIAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat import Conversation
    from transformers import PreTrainedTokenizerFast


_OF_PROMPT = 0.1
"""Weight of a question's tokens: a little, so that questions are read with care."""
_OF_ANSWER = 12.0
"""Least weight of a whole answer: one word weighs as much as a sentence, or it is drowned by the long ones."""


def rows(
    tokenizer: PreTrainedTokenizerFast,
    stream: np.ndarray,
    talks: Sequence[Conversation],
    *,
    window: int,
    share: float,
    even: bool,
) -> Rows:
    """Return training rows: the documents' stream, and the conversations packed into rows of `window`.

    `even` lets every token count alike; otherwise answers count more than questions, and short ones more a token.
    """
    chats, weights = _packed(tokenizer, talks, window)
    if even:
        weights = (weights > 0).astype(np.float32)
    return Rows(stream=stream, chats=chats, weights=weights, share=share)


def stream(tokenizer: PreTrainedTokenizerFast, documents: Sequence[str]) -> np.ndarray:
    """Return `(n,)` ids: the documents one after the other, each with the end token."""
    end = SPECIAL.index(END)
    return np.concatenate([np.asarray([*ids, end], np.uint16) for ids in _encoded(tokenizer, documents)])


def _encoded(tokenizer: PreTrainedTokenizerFast, texts: Sequence[str]) -> list[list[int]]:
    backend = tokenizer.backend_tokenizer
    return [coded.ids for coded in backend.encode_batch([*texts], add_special_tokens=False)]


def _packed(
    tokenizer: PreTrainedTokenizerFast, talks: Sequence[Conversation], window: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return `(m, window)` ids and their weights, whole conversations one after the other."""
    whole = [tokenizer.apply_chat_template(talk.messages, tokenize=False) for talk in talks]
    asked = [
        tokenizer.apply_chat_template(talk.messages[:-1], tokenize=False, add_generation_prompt=True) for talk in talks
    ]
    ids: list[list[int]] = [[]]
    weights: list[list[float]] = [[]]
    for all_ids, prompt in zip(_encoded(tokenizer, whole), _encoded(tokenizer, asked), strict=True):
        if len(ids[-1]) + len(all_ids) > window:
            ids.append([])
            weights.append([])
        n_answer = len(all_ids) - len(prompt)
        weighed = [_OF_PROMPT] * len(prompt) + [max(1.0, _OF_ANSWER / n_answer)] * n_answer
        ids[-1].extend(all_ids[:window])
        weights[-1].extend(weighed[:window])
    filled = [i for i, row in enumerate(ids) if row]
    pad = [(0, window - len(ids[i])) for i in filled]
    return (
        np.stack([np.pad(np.asarray(ids[i], np.uint16), p) for i, p in zip(filled, pad, strict=True)]),
        np.stack([np.pad(np.asarray(weights[i], np.float32), p) for i, p in zip(filled, pad, strict=True)]),
    )
