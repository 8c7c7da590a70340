"""Reads a chat completion request: every field has its type, or the request is refused with the field's name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_ROLES = ("system", "developer", "user", "assistant")
_MOST_CHOICES = 128
_MOST_STOPS = 4
_MOST_TOP_LOGPROBS = 20
_HOTTEST = 2.0
_UNSUPPORTED = {
    "stream": False,
    "tools": [],
    "functions": [],
    "frequency_penalty": 0,
    "presence_penalty": 0,
    "logit_bias": {},
    "response_format": {"type": "text"},
}
"""Fields that would change the answer and are not carried out, with the value that asks for nothing."""


class RefusedRequest(Exception):
    """A request that is answered with an error object.

    Args:
        message: What is wrong, for a person.
        status: HTTP status.
        param: The field that is wrong.
        code: Short machine name.
    """

    def __init__(self, message: str, *, status: int = 400, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.param = param
        self.code = code

    @property
    def body(self) -> dict[str, Any]:
        """The error object in the protocol's shape."""
        return {
            "error": {"message": str(self), "type": "invalid_request_error", "param": self.param, "code": self.code}
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """A checked chat completion request; None where the caller stated nothing."""

    model: str
    messages: tuple[Mapping[str, str], ...]
    temperature: float
    top_p: float
    max_tokens: int | None
    seed: int | None
    stop: tuple[str, ...]
    n: int
    top_logprobs: int | None


def read_chat_request(body: object) -> ChatRequest:
    """Return the request that `body`, parsed JSON, asks for.

    Raises:
        RefusedRequest: A field is missing, of the wrong type or out of range, or asks for what is not supported.
    """
    if not isinstance(body, dict):
        raise RefusedRequest("the body must be a JSON object")
    for name, nothing in _UNSUPPORTED.items():
        if body.get(name) is not None and body[name] != nothing:
            raise RefusedRequest(f"{name} is not supported here", param=name, code="unsupported_parameter")
    model = body.get("model")
    if not isinstance(model, str):
        raise RefusedRequest("model must be a string", param="model")
    return ChatRequest(
        model=model,
        messages=_messages(body.get("messages")),
        temperature=_number(body, "temperature", default=1.0, least=0.0, most=_HOTTEST),
        top_p=_number(body, "top_p", default=1.0, least=0.0, most=1.0),
        max_tokens=_token_limit(body),
        seed=_integer(body, "seed", least=-(2**63), most=2**63 - 1),
        stop=_stops(body.get("stop")),
        n=_integer(body, "n", least=1, most=_MOST_CHOICES) or 1,
        top_logprobs=_top_logprobs(body),
    )


def _messages(value: object) -> tuple[Mapping[str, str], ...]:
    if not isinstance(value, list) or not value:
        raise RefusedRequest("messages must be a list with at least one message", param="messages")
    return tuple(_message(item, f"messages[{i}]") for i, item in enumerate(value))


def _message(item: object, where: str) -> Mapping[str, str]:
    if not isinstance(item, dict) or item.get("role") not in _ROLES:
        raise RefusedRequest(f"{where} needs a role: {', '.join(_ROLES)}", param=where)
    role = "system" if item["role"] == "developer" else item["role"]
    return {"role": role, "content": _content(item.get("content"), f"{where}.content")}


def _content(value: object, where: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(_is_text_part(part) for part in value):
        return "".join(part["text"] for part in value)
    raise RefusedRequest(f"{where} must be a string or a list of text parts", param=where)


def _is_text_part(part: object) -> bool:
    return isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str)


def _number(body: Mapping[str, Any], name: str, *, default: float, least: float, most: float) -> float:
    value = body.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
        raise RefusedRequest(f"{name} must be a number from {least:g} to {most:g}", param=name)
    return float(value)


def _integer(body: Mapping[str, Any], name: str, *, least: int, most: int) -> int | None:
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise RefusedRequest(f"{name} must be an integer from {least} to {most}", param=name)
    return value


def _token_limit(body: Mapping[str, Any]) -> int | None:
    limits = [_integer(body, name, least=1, most=2**31) for name in ("max_tokens", "max_completion_tokens")]
    stated = [limit for limit in limits if limit is not None]
    return min(stated) if stated else None


def _stops(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    stops = [value] if isinstance(value, str) else value
    if not isinstance(stops, list) or not all(isinstance(stop, str) and stop for stop in stops):
        raise RefusedRequest("stop must be a string or a list of strings, none of them empty", param="stop")
    if len(stops) > _MOST_STOPS:
        raise RefusedRequest(f"stop takes at most {_MOST_STOPS} strings", param="stop")
    return tuple(stops)


def _top_logprobs(body: Mapping[str, Any]) -> int | None:
    wanted = body.get("logprobs")
    if wanted is not None and not isinstance(wanted, bool):
        raise RefusedRequest("logprobs must be true or false", param="logprobs")
    top = _integer(body, "top_logprobs", least=0, most=_MOST_TOP_LOGPROBS)
    if top is not None and not wanted:
        raise RefusedRequest("top_logprobs needs logprobs: true", param="top_logprobs")
    return (top or 0) if wanted else None
