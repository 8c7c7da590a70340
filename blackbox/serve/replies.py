"""Writes replies in the protocol's shape, chat and text, as plain documents; streaming cuts them up later."""

from __future__ import annotations

import codecs
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from blackbox.serve.tools import arguments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.serve.chat_request import ChatRequest
    from blackbox.serve.generation import Answerer, Sampled, SampledToken
    from blackbox.serve.text_request import TextRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One choice: what was thought before (None unless the model is declared a reasoning one) and what was said.

    `said` is None where thinking used up the tokens.
    """

    thought: Sampled | None
    said: Sampled | None

    @property
    def n_thought(self) -> int:
        """Tokens of the reasoning."""
        return 0 if self.thought is None else self.thought.n_tokens

    @property
    def n_tokens(self) -> int:
        """Every token sampled."""
        return self.n_thought + (0 if self.said is None else self.said.n_tokens)


def chat_reply(asked: ChatRequest, answerer: Answerer, n_prompt: int, answers: Sequence[Answer]) -> dict[str, Any]:
    """Return the body of a chat completion.

    `usage.completion_tokens` counts every token sampled, end tokens included; `logprobs` lists those of the
    text only, as the protocol does.

    Args:
        asked: The request.
        answerer: What sampled the answers.
        n_prompt: Tokens of the prompt, template included.
        answers: One for each choice.
    """
    document = _head("chatcmpl", "chat.completion", asked.model)
    document["choices"] = [_choice(asked, i, answer, answerer) for i, answer in enumerate(answers)]
    document["usage"] = _usage(n_prompt, answers)
    return document


def text_reply(asked: TextRequest, answerer: Answerer, n_prompt: int, answers: Sequence[Answer]) -> dict[str, Any]:
    """Return the body of a text completion: n choices for each prompt, in order.

    Args:
        asked: The request.
        answerer: What sampled the answers.
        n_prompt: Tokens of all prompts together.
        answers: One for each choice.
    """
    document = _head("cmpl", "text_completion", asked.model)
    before = [_prompt_text(asked, answerer, i // asked.settings.n) for i in range(len(answers))]
    document["choices"] = [
        {
            "index": i,
            "text": prompt + (answer.said.text if answer.said else ""),
            "logprobs": _text_logprobs(answer.said, answerer),
            "finish_reason": answer.said.finish_reason if answer.said else "length",
        }
        for i, (prompt, answer) in enumerate(zip(before, answers, strict=True))
    ]
    document["usage"] = _usage(n_prompt, answers)
    return document


def _head(prefix: str, kind: str, model: str) -> dict[str, Any]:
    return {"id": f"{prefix}-{uuid.uuid4().hex}", "object": kind, "created": int(time.time()), "model": model}


def _usage(n_prompt: int, answers: Sequence[Answer]) -> dict[str, Any]:
    n_sampled = sum(answer.n_tokens for answer in answers)
    usage: dict[str, Any] = {
        "prompt_tokens": n_prompt, "completion_tokens": n_sampled, "total_tokens": n_prompt + n_sampled
    }  # fmt: skip
    if any(answer.thought is not None for answer in answers):
        usage["completion_tokens_details"] = {"reasoning_tokens": sum(answer.n_thought for answer in answers)}
    return usage


def _choice(asked: ChatRequest, index: int, answer: Answer, answerer: Answerer) -> dict[str, Any]:
    said = answer.said
    message: dict[str, Any] = {"role": "assistant", "content": said.text if said else None, "refusal": None}
    if answer.thought is not None:
        message["reasoning_content"] = answer.thought.text
    reason: str = said.finish_reason if said else "length"
    if asked.tool is not None and said is not None:
        seed = f"{asked.settings.seed}/{index}/{said.text}"
        call = {"name": asked.tool.name, "arguments": arguments(asked.tool, said=said.text, seed=seed)}
        message |= {
            "content": None,
            "tool_calls": [{"id": f"call_{uuid.uuid4().hex[:24]}", "type": "function", "function": call}],
        }
        reason = "tool_calls"
    listed = None
    if said is not None and said.tokens is not None and asked.tool is None:
        listed = {"content": [_token(token, answerer) for token in said.tokens], "refusal": None}
    return {"index": index, "message": message, "logprobs": listed, "finish_reason": reason}


def _token(token: SampledToken, answerer: Answerer) -> dict[str, Any]:
    alternatives = [_named(answerer, other, logprob) for other, logprob in token.top]
    return {**_named(answerer, token.id, token.logprob), "top_logprobs": alternatives}


def _named(answerer: Answerer, token: int, logprob: float) -> dict[str, Any]:
    spelt = answerer.token_bytes(token)
    return {"token": spelt.decode("utf-8", "replace"), "logprob": logprob, "bytes": [*spelt]}


def _prompt_text(asked: TextRequest, answerer: Answerer, index: int) -> str:
    if not asked.echo:
        return ""
    prompt = asked.prompts[index]
    return prompt if isinstance(prompt, str) else answerer.text(prompt)


def _text_logprobs(said: Sampled | None, answerer: Answerer) -> dict[str, Any] | None:
    if said is None or said.tokens is None:
        return None
    spelt = [answerer.token_bytes(token.id) for token in said.tokens]
    return {
        "tokens": [piece.decode("utf-8", "replace") for piece in spelt],
        "token_logprobs": [token.logprob for token in said.tokens],
        "top_logprobs": [_alternatives(token, answerer) for token in said.tokens],
        "text_offset": _offsets(spelt),
    }


def _alternatives(token: SampledToken, answerer: Answerer) -> dict[str, float]:
    """Return the alternatives by their text; of two that read alike the likelier stays."""
    listed: dict[str, float] = {}
    for other, logprob in token.top:
        listed.setdefault(answerer.token_bytes(other).decode("utf-8", "replace"), logprob)
    return listed


def _offsets(spelt: Sequence[bytes]) -> list[int]:
    """Return where in the text each token begins, in characters."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    offsets, length = [], 0
    for piece in spelt:
        offsets.append(length)
        length += len(decoder.decode(piece))
    return offsets
