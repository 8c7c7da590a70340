"""Turns the bytes of a chat completion into exactly one typed outcome; nothing is coerced.

The answer itself is read strictly: wherever the reply leaves open what was answered, the outcome is `malformed` with
the reason. Facts beside the answer (usage, log-probabilities, identifiers) that are absent or of another type than
documented are None, never converted.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from blackbox.core import CallError, Completion, Outcome, Usage, Wire
from blackbox.endpoints import _json
from blackbox.endpoints._facts import read_logprobs, read_usage
from blackbox.endpoints._server_words import read_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blackbox.endpoints._secrets import Scrubber

Json: TypeAlias = Any

FINISH_REASONS = {
    "stop": "stop", "end_turn": "stop", "stop_sequence": "stop", "eos": "stop", "eos_token": "stop",
    "length": "length", "max_tokens": "length", "max_output_tokens": "length", "model_length": "length",
    "content_filter": "content_filter", "safety": "content_filter", "sensitive": "content_filter",
    "tool_calls": "tool_calls", "tool_use": "tool_calls", "function_call": "tool_calls",
    "error": "error", "abort": "error", "insufficient_system_resource": "error",
}  # fmt: skip
"""Servers' words (lower-cased) and what they mean; others are kept raw and have no normalised form."""

_TEXT_PARTS = frozenset({"text", "output_text"})
_REASONING_PARTS = frozenset({"thinking", "reasoning"})


class MalformedError(ValueError):
    """The reply does not say what was answered."""


def read_reply(body: bytes, scrubber: Scrubber, *, n_asked: int = 1) -> Completion:
    """Return the completion in `body`, without the circumstances only the transport knows.

    Args:
        body: The decoded bytes of a reply with a success status.
        scrubber: Finds keys that JSON escapes hid from the transport.
        n_asked: How many choices were asked for; the first is read.
    """
    try:
        document = _json.parse(body)
    except _json.NotJsonError as problem:
        return malformed(str(problem), kind="not_json")
    said = document
    if b"\\" in body:
        document = scrubber.document(said)
    completion = _read_document(document, n_asked)
    if document == said:
        return completion
    return replace(completion, wire=replace(completion.wire or Wire(), key_removed=True))


def _read_document(document: Json, n_asked: int) -> Completion:
    if not isinstance(document, dict):
        return malformed("a JSON value that is no object", kind="no_object")
    try:
        return _with_facts(_answered(document, n_asked), document)
    except MalformedError as problem:
        return _with_facts(malformed(str(problem), kind="no_answer"), document)


def malformed(reason: str, *, kind: str) -> Completion:
    """Return the outcome of a reply that cannot be read, with the reason."""
    return Completion(outcome=Outcome.MALFORMED, error=CallError(kind=kind, message=f"unreadable reply: {reason}"))


def _with_facts(completion: Completion, document: Mapping[str, Json]) -> Completion:
    return replace(
        completion,
        usage=read_usage(document.get("usage")),
        response_id=_text_or_none(document.get("id")),
        served_model=_text_or_none(document.get("model")),
        provider=_text_or_none(document.get("provider")),
        system_fingerprint=_text_or_none(document.get("system_fingerprint")),
        wire=Wire(n_choices=len(choices) if isinstance(choices := document.get("choices"), list) else None),
    )


def _answered(document: Mapping[str, Json], n_asked: int) -> Completion:
    choice = _first_choice(document, n_asked)
    finish_raw = _typed(choice, "finish_reason", str)
    finish = FINISH_REASONS.get(finish_raw.lower()) if finish_raw else None
    if finish == "error" or choice.get("error") is not None:
        raise MalformedError(f"the server broke off with an error{read_words(choice).quoted}")
    message = _typed(choice, "message", dict)
    if message is None:
        raise MalformedError("the choice has no message")
    parts = _read_message(message)
    reasoning_tokens = _reasoning_tokens(read_usage(document.get("usage")))
    return replace(
        parts,
        outcome=_outcome(parts, finish, refused=bool(message.get("refusal")), reasoned=reasoning_tokens > 0),
        finish_reason_raw=finish_raw,
        finish_reason=finish,
        logprobs=read_logprobs(choice.get("logprobs")),
    )


def _first_choice(document: Mapping[str, Json], n_asked: int) -> Mapping[str, Json]:
    choices = document.get("choices")
    if not choices and document.get("error") is not None:
        raise MalformedError(f"an error object in a successful reply{read_words(document).quoted}")
    if not isinstance(choices, list) or not choices:
        raise MalformedError("no choices")
    if len(choices) > n_asked:
        raise MalformedError(
            f"{len(choices)} choices where {'one was' if n_asked == 1 else f'{n_asked} were'} asked for"
        )
    if not isinstance(choices[0], dict):
        raise MalformedError("the choice is no object")
    return choices[0]


def _read_message(message: Mapping[str, Json]) -> Completion:
    """Return text, reasoning and tool calls of a message; the outcome is decided later."""
    content = message.get("content")
    reasoning = _text_or_none(message.get("reasoning_content")) or _text_or_none(message.get("reasoning"))
    if isinstance(content, list):
        text, thought = _join_parts(content)
        reasoning = reasoning or thought
    elif content is None or isinstance(content, str):
        text = content or ""
    else:
        raise MalformedError("content is neither text nor parts")
    refusal = _typed(message, "refusal", str)
    return Completion(
        outcome=Outcome.EMPTY, text=text or refusal or None, reasoning=reasoning, tool_calls=_tool_calls(message)
    )


def _join_parts(parts: list[Json]) -> tuple[str, str | None]:
    texts, thoughts = [], []
    for part in parts:
        kind = part.get("type") if isinstance(part, dict) else None
        if kind in _TEXT_PARTS and isinstance(part.get("text"), str):
            texts.append(part["text"])
        elif kind in _REASONING_PARTS:
            thoughts.append(_text_or_none(part.get("text")) or _text_or_none(part.get(kind)) or "")
        else:
            raise MalformedError("content has a part that is no text")
    return "".join(texts), "".join(thoughts) or None


def _tool_calls(message: Mapping[str, Json]) -> tuple[Mapping[str, Json], ...]:
    calls = _typed(message, "tool_calls", list) or []
    if not all(isinstance(call, dict) for call in calls):
        raise MalformedError("a tool call is no object")
    legacy = _typed(message, "function_call", dict)
    return (*calls, {"type": "function", "function": legacy}) if legacy else tuple(calls)


def _outcome(parts: Completion, finish: str | None, *, refused: bool, reasoned: bool) -> Outcome:
    if finish == "content_filter":
        return Outcome.FILTERED
    if refused:
        return Outcome.REFUSAL
    if parts.tool_calls:
        return Outcome.TOOL_CALL
    if parts.text:
        return Outcome.TRUNCATED if finish == "length" else Outcome.OK
    return Outcome.REASONING_ONLY if parts.reasoning or reasoned else Outcome.EMPTY


def _typed(mapping: Mapping[str, Json], name: str, kind: type) -> Json:
    value = mapping.get(name)
    if value is not None and not isinstance(value, kind):
        raise MalformedError(f"{name} has an unexpected type")
    return value


def _text_or_none(value: Json) -> str | None:
    return value if isinstance(value, str) and value else None


def _reasoning_tokens(usage: Usage | None) -> int:
    return (usage.reasoning_tokens or 0) if usage else 0
