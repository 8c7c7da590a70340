"""Cuts a finished reply into the events of a stream.

The events are sent once the answer is complete: what a client reads is a stream in every byte, but its first piece
comes no earlier than its last.
"""

from __future__ import annotations

import codecs
import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_WORDS = re.compile(r"\s*\S+|\s+")


def events(document: Mapping[str, Any], *, include_usage: bool) -> Iterator[bytes]:
    """Yield the server-sent events of a reply, the closing `[DONE]` last.

    Args:
        document: A whole chat or text completion.
        include_usage: Whether a last chunk without choices carries the usage.
    """
    head = {name: document[name] for name in document if name not in ("choices", "usage")}
    chat = document.get("object") == "chat.completion"
    if chat:
        head["object"] = "chat.completion.chunk"
    for choice in document["choices"]:
        for piece in _chat_pieces(choice) if chat else _text_pieces(choice):
            yield _event({**head, "choices": [{"index": choice["index"], **piece}]})
    if include_usage:
        yield _event({**head, "choices": [], "usage": document["usage"]})
    yield b"data: [DONE]\n\n"


def _event(chunk: Mapping[str, Any]) -> bytes:
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def _chat_pieces(choice: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    message = choice["message"]
    yield _delta({"role": message["role"], "content": ""})
    for piece in _WORDS.findall(message.get("reasoning_content") or ""):
        yield _delta({"reasoning_content": piece})
    entries = (choice["logprobs"] or {}).get("content")
    text = message["content"] or ""
    if entries:
        for piece, entry in zip(_token_pieces(text, entries), entries, strict=True):
            yield _delta({"content": piece}, {"content": [entry], "refusal": None})
    else:
        for piece in _WORDS.findall(text):
            yield _delta({"content": piece})
    for i, call in enumerate(message.get("tool_calls") or ()):
        yield _delta({"tool_calls": [{"index": i, **call}]})
    yield {"delta": {}, "logprobs": None, "finish_reason": choice["finish_reason"]}


def _delta(delta: dict[str, Any], logprobs: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"delta": delta, "logprobs": logprobs, "finish_reason": None}


def _text_pieces(choice: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if choice["logprobs"] is None:
        for piece in _WORDS.findall(choice["text"]):
            yield {"text": piece, "logprobs": None, "finish_reason": None}
        yield {"text": "", "logprobs": None, "finish_reason": choice["finish_reason"]}
    else:  # lists that run along the text are sent with it, in one piece
        yield {name: choice[name] for name in ("text", "logprobs", "finish_reason")}


def _token_pieces(text: str, entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return one piece of `text` a token; characters of several tokens come with the last of them."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    pieces, sent = [], 0
    for entry in entries:
        upto = min(len(text), sent + len(decoder.decode(bytes(entry["bytes"]))))
        pieces.append(text[sent:upto])
        sent = upto
    pieces[-1] += text[sent:]
    return pieces
