"""From a checked request to a reply: jobs for every choice, sampled together, written down in the protocol's shape."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from blackbox.serve.fields import RefusedRequest
from blackbox.serve.generation import Job
from blackbox.serve.replies import Answer, chat_reply, text_reply

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.serve.chat_request import ChatRequest
    from blackbox.serve.fields import Settings
    from blackbox.serve.generation import Answerer, Sampled
    from blackbox.serve.text_request import Prompt, TextRequest

REASONING_TOKENS = 48
"""Most tokens that a model declared a reasoning one thinks before it answers."""
_DEFAULT_TOKENS = 256
"""Most tokens of a chat answer where the caller states no limit."""
_DEFAULT_TEXT_TOKENS = 16
"""The same for a text completion, as the protocol says."""


async def answer_chat(asked: ChatRequest, answerer: Answerer, *, reasoning: bool) -> dict[str, Any]:
    """Return the reply to a chat completion request.

    Args:
        asked: The request.
        answerer: What samples the answers.
        reasoning: Whether each answer is preceded by reasoning, which counts towards its token limit.

    Raises:
        RefusedRequest: The prompt is too long, or the server is shutting down.
    """
    prompt = answerer.prompt_ids(asked.messages)
    jobs = _jobs(asked.settings, prompt, answerer.context, default_tokens=_DEFAULT_TOKENS)
    answers = await asyncio.gather(*(_answer(answerer, job, reasoning=reasoning) for job in jobs))
    return chat_reply(asked, answerer, len(prompt), answers)


async def answer_text(asked: TextRequest, answerer: Answerer) -> dict[str, Any]:
    """Return the reply to a text completion request.

    Raises:
        RefusedRequest: A prompt is too long or holds an unknown token, or the server is shutting down.
    """
    prompts = [_ids(prompt, answerer) for prompt in asked.prompts]
    settings = asked.settings
    jobs = [
        job
        for prompt in prompts
        for job in _jobs(settings, prompt, answerer.context, default_tokens=_DEFAULT_TEXT_TOKENS)
    ]
    answers = await asyncio.gather(*(_answer(answerer, job, reasoning=False) for job in jobs))
    return text_reply(asked, answerer, sum(len(prompt) for prompt in prompts), answers)


def _ids(prompt: Prompt, answerer: Answerer) -> tuple[int, ...]:
    if isinstance(prompt, str):
        return answerer.text_ids(prompt)
    try:
        answerer.text(prompt)
    except IndexError as unknown:
        raise RefusedRequest(str(unknown), param="prompt") from None
    return prompt


async def _answer(answerer: Answerer, job: Job, *, reasoning: bool) -> Answer:
    if not reasoning:
        return Answer(thought=None, said=await _sampled(answerer, job))
    n_thinking = min(REASONING_TOKENS, job.max_tokens)
    thinking = replace(job, max_tokens=n_thinking, seed=(*job.seed, 1), stop=(), top_logprobs=None)
    thought = await _sampled(answerer, thinking)
    left = job.max_tokens - thought.n_tokens
    said = await _sampled(answerer, replace(job, max_tokens=left)) if left > 0 else None
    return Answer(thought=thought, said=said)


async def _sampled(answerer: Answerer, job: Job) -> Sampled:
    try:
        return await asyncio.wrap_future(answerer.submit(job))
    except ConnectionAbortedError as gone:
        raise RefusedRequest(str(gone), status=503, code="unavailable") from gone


def _jobs(settings: Settings, prompt: Sequence[int], context: int, *, default_tokens: int) -> list[Job]:
    room = context - len(prompt)
    if room < 1 or (settings.max_tokens is not None and settings.max_tokens > room):
        limit = f"this model's context is {context} tokens; the messages are {len(prompt)} of them"
        raise RefusedRequest(limit, param="messages", code="context_length_exceeded")
    seed = secrets.randbits(63) if settings.seed is None else settings.seed
    return [
        Job(
            prompt=tuple(prompt),
            max_tokens=settings.max_tokens or min(default_tokens, room),
            temperature=settings.temperature,
            top_p=settings.top_p,
            seed=(seed % 2**64, choice),
            stop=settings.stop,
            top_logprobs=settings.top_logprobs,
            repetition_penalty=settings.repetition_penalty,
        )
        for choice in range(settings.n)
    ]
