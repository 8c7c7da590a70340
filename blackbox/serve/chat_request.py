"""Reads a chat completion request: every field has its type, or the request is refused with the field's name."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from blackbox.serve.fields import (
    RefusedRequest,
    Settings,
    flag,
    integer,
    model_name,
    read_settings,
    refuse_unsupported,
)
from blackbox.serve.tools import Tool, called_tool

if TYPE_CHECKING:
    from collections.abc import Mapping

_ROLES = ("system", "developer", "user", "assistant", "tool")
_MOST_TOP_LOGPROBS = 20
_UNSUPPORTED = {
    "functions": [],
    "frequency_penalty": 0,
    "presence_penalty": 0,
    "logit_bias": {},
    "response_format": {"type": "text"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """A checked chat completion request; `tool` is the one that has to be called, if any."""

    model: str
    messages: tuple[Mapping[str, str], ...]
    settings: Settings
    tool: Tool | None


def read_chat_request(body: Mapping[str, Any]) -> ChatRequest:
    """Return the request that `body`, parsed JSON, asks for.

    Raises:
        RefusedRequest: A field is missing, of the wrong type or out of range, or asks for what is not supported.
    """
    refuse_unsupported(body, _UNSUPPORTED)
    return ChatRequest(
        model=model_name(body),
        messages=_messages(body.get("messages")),
        settings=read_settings(body, top_logprobs=_top_logprobs(body)),
        tool=called_tool(body.get("tools"), body.get("tool_choice")),
    )


def _messages(value: object) -> tuple[Mapping[str, str], ...]:
    if not isinstance(value, list) or not value:
        raise RefusedRequest("messages must be a list with at least one message", param="messages")
    return tuple(_message(item, f"messages[{i}]") for i, item in enumerate(value))


def _message(item: object, where: str) -> Mapping[str, str]:
    if not isinstance(item, dict) or item.get("role") not in _ROLES:
        raise RefusedRequest(f"{where} needs a role: {', '.join(_ROLES)}", param=where)
    role = "system" if item["role"] == "developer" else item["role"]
    calls = item.get("tool_calls")
    if role == "assistant" and item.get("content") is None and isinstance(calls, list) and calls:
        return {"role": role, "content": json.dumps(calls, sort_keys=True)}
    return {"role": role, "content": _content(item.get("content"), f"{where}.content")}


def _content(value: object, where: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(_is_text_part(part) for part in value):
        return "".join(part["text"] for part in value)
    raise RefusedRequest(f"{where} must be a string or a list of text parts", param=where)


def _is_text_part(part: object) -> bool:
    return isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str)


def _top_logprobs(body: Mapping[str, Any]) -> int | None:
    wanted = flag(body, "logprobs")
    top = integer(body, "top_logprobs", least=0, most=_MOST_TOP_LOGPROBS)
    if top is not None and not wanted:
        raise RefusedRequest("top_logprobs needs logprobs: true", param="top_logprobs")
    return (top or 0) if wanted else None
