"""Puts a streamed chat completion together again, so that it is read by the same rules as one that came whole."""

from __future__ import annotations

import json
from typing import Any, NamedTuple, TypeAlias

from blackbox.endpoints import _json

Json: TypeAlias = Any

_TOP = ("id", "model", "usage", "provider", "system_fingerprint", "error")
_JOINED = ("content", "reasoning_content", "reasoning", "refusal")


class Whole(NamedTuple):
    """A stream as one body.

    Args:
        body: The JSON an ordinary reply would have been.
        n_events: Pieces it came in, the closing mark not counted.
    """

    body: bytes
    n_events: int


def is_stream(content_type: str) -> bool:
    """Return whether a Content-Type is that of server-sent events."""
    return content_type.partition(";")[0].strip().lower() == "text/event-stream"


def whole(stream: bytes) -> Whole:
    """Return the completion that server-sent events spell; text of choice 0 only, log-probabilities left out.

    Raises:
        NotJsonError: An event is no strict JSON object.
    """
    events = [_json.parse(data) for data in _data(stream)]
    if not all(isinstance(event, dict) for event in events):
        raise _json.NotJsonError("an event of the stream is no object")
    document: dict[str, Json] = {name: event[name] for event in events for name in _TOP if event.get(name) is not None}
    choices = [choice for event in events for choice in _choices(event) if choice.get("index", 0) == 0]
    if choices:
        document["choices"] = [_choice(choices)]
    return Whole(body=json.dumps(document).encode("ascii"), n_events=len(events))


def _data(stream: bytes) -> list[bytes]:
    lines = stream.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    data = [line[5:].strip() for line in lines if line.startswith(b"data:")]
    return [each for each in data if each not in (b"", b"[DONE]")]


def _choices(event: dict[str, Json]) -> list[dict[str, Json]]:
    choices = event.get("choices")
    return [choice for choice in choices if isinstance(choice, dict)] if isinstance(choices, list) else []


def _choice(pieces: list[dict[str, Json]]) -> dict[str, Json]:
    deltas = [piece["delta"] for piece in pieces if isinstance(piece.get("delta"), dict)]
    message: dict[str, Json] = {"role": "assistant"}
    for name in _JOINED:
        texts = [delta[name] for delta in deltas if isinstance(delta.get(name), str)]
        if texts:
            message[name] = "".join(texts)
    reasons = [piece["finish_reason"] for piece in pieces if piece.get("finish_reason") is not None]
    return {"index": 0, "message": message, "finish_reason": reasons[-1] if reasons else None}
