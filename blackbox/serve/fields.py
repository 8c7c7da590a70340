"""Checks of single request fields: each has its type, or the request is refused with the field's name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_MOST_CHOICES = 128
_MOST_STOPS = 4
_HOTTEST = 2.0
_MOST_TOKENS = 2**31


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
class Stream:
    """Whether the reply is to come as a stream, and whether that ends with the usage."""

    wanted: bool
    include_usage: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How an answer is to be made, chat or text; None where the caller stated nothing."""

    temperature: float
    top_p: float
    repetition_penalty: float
    max_tokens: int | None
    seed: int | None
    stop: tuple[str, ...]
    n: int
    top_logprobs: int | None
    stream: Stream


def read_settings(body: Mapping[str, Any], *, top_logprobs: int | None) -> Settings:
    """Return the settings that `body` states.

    Args:
        body: The request.
        top_logprobs: Read by the caller: chat and text spell it differently.

    Raises:
        RefusedRequest: A field is of the wrong type or out of range.
    """
    return Settings(
        temperature=number(body, "temperature", default=1.0, least=0.0, most=_HOTTEST),
        top_p=number(body, "top_p", default=1.0, least=0.0, most=1.0),
        repetition_penalty=number(body, "repetition_penalty", default=1.0, least=0.1, most=10.0),
        max_tokens=_token_limit(body),
        seed=integer(body, "seed", least=-(2**63), most=2**63 - 1),
        stop=_stops(body.get("stop")),
        n=integer(body, "n", least=1, most=_MOST_CHOICES) or 1,
        top_logprobs=top_logprobs,
        stream=read_stream(body),
    )


def read_stream(body: Mapping[str, Any]) -> Stream:
    """Return how the reply is to be sent.

    Raises:
        RefusedRequest: A field is of the wrong type, or options are given without a stream.
    """
    wanted = flag(body, "stream")
    return Stream(wanted=wanted, include_usage=_include_usage(body, stream=wanted))


def model_name(body: Mapping[str, Any]) -> str:
    """Return the model that is asked for."""
    model = body.get("model")
    if not isinstance(model, str):
        raise RefusedRequest("model must be a string", param="model")
    return model


def refuse_unsupported(body: Mapping[str, Any], neutral: Mapping[str, Any]) -> None:
    """Refuse fields that would change the answer and are not carried out.

    Args:
        body: The request.
        neutral: Such fields, each with the value that asks for nothing.
    """
    for name, nothing in neutral.items():
        if body.get(name) is not None and body[name] != nothing:
            raise RefusedRequest(f"{name} is not supported here", param=name, code="unsupported_parameter")


def number(body: Mapping[str, Any], name: str, *, default: float, least: float, most: float) -> float:
    """Return a number in [least, most], or the default where it is absent or null."""
    value = body.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
        raise RefusedRequest(f"{name} must be a number from {least:g} to {most:g}", param=name)
    return float(value)


def integer(body: Mapping[str, Any], name: str, *, least: int, most: int) -> int | None:
    """Return a whole number in [least, most], or None where it is absent or null."""
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise RefusedRequest(f"{name} must be an integer from {least} to {most}", param=name)
    return value


def flag(body: Mapping[str, Any], name: str) -> bool:
    """Return true or false; absent and null are false."""
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        raise RefusedRequest(f"{name} must be true or false", param=name)
    return bool(value)


def _include_usage(body: Mapping[str, Any], *, stream: bool) -> bool:
    options = body.get("stream_options")
    if options is None:
        return False
    if not stream:
        raise RefusedRequest("stream_options needs stream: true", param="stream_options")
    if not isinstance(options, dict) or not isinstance(options.get("include_usage", False), bool):
        raise RefusedRequest("stream_options must be an object such as {include_usage: true}", param="stream_options")
    return bool(options.get("include_usage", False))


def _token_limit(body: Mapping[str, Any]) -> int | None:
    limits = [integer(body, name, least=1, most=_MOST_TOKENS) for name in ("max_tokens", "max_completion_tokens")]
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
