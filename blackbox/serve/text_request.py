"""Reads a legacy text completion request: a prompt is continued as it stands, without a chat template."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from blackbox.serve.fields import (
    RefusedRequest,
    Settings,
    flag,
    integer,
    model_name,
    read_settings,
    refuse_unsupported,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

Prompt: TypeAlias = "str | tuple[int, ...]"

_MOST_PROMPTS = 64
_MOST_LOGPROBS = 5
_UNSUPPORTED = {
    "suffix": "",
    "best_of": 1,
    "frequency_penalty": 0,
    "presence_penalty": 0,
    "logit_bias": {},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRequest:
    """A checked text completion request; each prompt is text or token ids, and gets n choices of its own."""

    model: str
    prompts: tuple[Prompt, ...]
    settings: Settings
    echo: bool


def read_text_request(body: Mapping[str, Any]) -> TextRequest:
    """Return the request that `body`, parsed JSON, asks for.

    Raises:
        RefusedRequest: A field is missing, of the wrong type or out of range, or asks for what is not supported.
    """
    refuse_unsupported(body, _UNSUPPORTED)
    top_logprobs = integer(body, "logprobs", least=0, most=_MOST_LOGPROBS)
    echo = flag(body, "echo")
    if echo and top_logprobs is not None:
        raise RefusedRequest("echo with logprobs is not supported here", param="echo", code="unsupported_parameter")
    return TextRequest(
        model=model_name(body),
        prompts=_prompts(body.get("prompt")),
        settings=read_settings(body, top_logprobs=top_logprobs),
        echo=echo,
    )


def _prompts(value: object) -> tuple[Prompt, ...]:
    if isinstance(value, str):
        return _filled((value,))
    if isinstance(value, list) and len(value) > 0:
        if _are_ids(value):
            return (tuple(value),)
        if len(value) <= _MOST_PROMPTS and all(isinstance(item, str) for item in value):
            return _filled(tuple(value))
        if len(value) <= _MOST_PROMPTS and all(isinstance(item, list) and item and _are_ids(item) for item in value):
            return tuple(tuple(item) for item in value)
    message = f"prompt must be a string, a list of token ids, or a list of at most {_MOST_PROMPTS} of either"
    raise RefusedRequest(message, param="prompt")


def _filled(prompts: tuple[str, ...]) -> tuple[str, ...]:
    if not all(prompts):
        raise RefusedRequest("prompt must not be empty", param="prompt")
    return prompts


def _are_ids(items: list[Any]) -> bool:
    return all(isinstance(item, int) and not isinstance(item, bool) and item >= 0 for item in items)
