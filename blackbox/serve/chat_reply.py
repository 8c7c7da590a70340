"""Writes a chat completion reply in the protocol's shape."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.serve.generation import Answerer, Sampled, SampledToken


def chat_reply(served_name: str, answerer: Answerer, n_prompt: int, answers: Sequence[Sampled]) -> dict[str, Any]:
    """Return the reply's body.

    `usage.completion_tokens` counts every token sampled, end tokens included; `logprobs` lists those of the
    text only, as the protocol does.

    Args:
        served_name: The name the model is served under.
        answerer: What sampled the answers.
        n_prompt: Tokens of the prompt, template included.
        answers: One for each choice.
    """
    n_sampled = sum(answer.n_tokens for answer in answers)
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": served_name,
        "choices": [_choice(i, answer, answerer) for i, answer in enumerate(answers)],
        "usage": {"prompt_tokens": n_prompt, "completion_tokens": n_sampled, "total_tokens": n_prompt + n_sampled},
    }


def _choice(index: int, answer: Sampled, answerer: Answerer) -> dict[str, Any]:
    listed = None
    if answer.tokens is not None:
        listed = {"content": [_token(token, answerer) for token in answer.tokens], "refusal": None}
    return {
        "index": index,
        "message": {"role": "assistant", "content": answer.text, "refusal": None},
        "logprobs": listed,
        "finish_reason": answer.finish_reason,
    }


def _token(token: SampledToken, answerer: Answerer) -> dict[str, Any]:
    alternatives = [_named(answerer, other, logprob) for other, logprob in token.top]
    return {**_named(answerer, token.id, token.logprob), "top_logprobs": alternatives}


def _named(answerer: Answerer, token: int, logprob: float) -> dict[str, Any]:
    spelt = answerer.token_bytes(token)
    return {"token": spelt.decode("utf-8", "replace"), "logprob": logprob, "bytes": [*spelt]}
