"""Replies with status 200 whose bodies are not what they should be."""

from __future__ import annotations

import base64
import copy
import json
import zlib
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from blackbox.serve import settings
from blackbox.serve.faults.registry import Sent, Struck, fault, valued_fault
from blackbox.serve.faults.responses import as_json, page, raw, refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

_MEGABYTE = 1_000_000
_LARGEST_BOMB_MB = 2000
_DEEPEST = 1_000_000


def _with_message(document: Mapping[str, Any], **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """Return a reply whose first choice says something else: a chat's message, or a text completion's text."""
    changed = copy.deepcopy(dict(document))
    first = changed["choices"][0]
    if "message" in first:
        first["message"] |= changes
    else:
        first["text"] = changes.get("content")
    return changed


@fault("half-json", "the first half of the reply, with its proper length", "malformed", of_reply=True)
def _half_json(struck: Struck, _: object) -> Sent:
    whole = json.dumps(struck.document).encode()
    return raw(whole[: len(whole) // 2])


@fault("empty-body", "no body at all", "malformed")
def _empty_body(*_: object) -> Sent:
    return raw(b"")


@fault("html", "a web page with status 200", "malformed")
def _html(*_: object) -> Sent:
    return page(200)


@fault("error-in-200", "an error object with status 200", "malformed")
def _error_in_200(*_: object) -> Sent:
    return refusal(200, "Upstream is unavailable", code="upstream_error")


@fault("null-choices", "choices is null", "malformed", of_reply=True)
def _null_choices(struck: Struck, _: object) -> Sent:
    return as_json({**struck.document, "choices": None})


@fault("empty-choices", "choices is an empty list", "malformed", of_reply=True)
def _empty_choices(struck: Struck, _: object) -> Sent:
    return as_json({**struck.document, "choices": []})


@fault("reasoning-only", "reasoning, and null where the answer should be", "reasoning_only", of_reply=True)
def _reasoning_only(struck: Struck, _: object) -> Sent:
    return as_json(_with_message(struck.document, content=None, reasoning_content="Let me think about that."))


@fault("content-parts", "the answer as a list of text parts", "ok", of_reply=True)
def _content_parts(struck: Struck, _: object) -> Sent:
    text = struck.document["choices"][0].get("message", {}).get("content") or "text"
    parts = [{"type": "text", "text": text[:1]}, {"type": "text", "text": text[1:]}]
    return as_json(_with_message(struck.document, content=parts))


@fault("lone-surrogates", "an answer with halves of UTF-16 pairs, escaped as JSON allows", "ok", of_reply=True)
def _lone_surrogates(struck: Struck, _: object) -> Sent:
    return as_json(_with_message(struck.document, content="half \ud83d and \udc00 half"))


@valued_fault("say", "this text as the answer, whatever the model would say", "ok", value="text",
              default="<script>alert(1)</script>")  # fmt: skip
def _say(struck: Struck, text: str) -> Sent:
    message = {"role": "assistant", "content": text, "refusal": None}
    choice = {"index": 0, "message": message, "text": text, "logprobs": None, "finish_reason": "stop"}
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    identity = f"chatcmpl-said-{struck.exchange.number}"
    document = {"id": identity, "object": "chat.completion", "created": 0,
                "model": struck.exchange.asked["model"], "choices": [choice], "usage": usage}  # fmt: skip
    return replace(as_json(document), response_id=identity)


@fault("invalid-utf8", "bytes in the answer that are no UTF-8", "malformed", of_reply=True)
def _invalid_utf8(struck: Struck, _: object) -> Sent:
    body = json.dumps(_with_message(struck.document, content="MARK")).encode()
    return raw(body.replace(b"MARK", b"\xff\xfe caf\xe9"))


def _number(word: float, struck: Struck, _: object) -> Sent:
    usage = {**struck.document["usage"], "total_tokens": word}
    return as_json({**struck.document, "usage": usage})


fault("nan", "NaN among the numbers", "malformed", of_reply=True)(partial(_number, float("nan")))
fault("infinity", "Infinity among the numbers", "malformed", of_reply=True)(partial(_number, float("inf")))


@valued_fault("deep-json", "lists nested this deep", "malformed", value="levels", default="50000",
              read=partial(settings.count, most=_DEEPEST))  # fmt: skip
def _deep_json(_: Struck, levels: int) -> Sent:
    return raw(b'{"id": "deep", "choices": ' + b"[" * levels + b"]" * levels + b"}")


@cache
def _bomb(megabytes: int) -> bytes:
    """Return gzip that unpacks to so many megabytes of spaces inside a JSON object; a thousandth of it is sent."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    spaces = b" " * _MEGABYTE
    packed = [packer.compress(b"{"), *(packer.compress(spaces) for _ in range(megabytes)), packer.compress(b"}")]
    return b"".join([*packed, packer.flush()])


@valued_fault("gzip-bomb", "a small gzip that unpacks to this size", "malformed", value="megabytes", default="200",
              read=lambda text: _bomb(settings.count(text, most=_LARGEST_BOMB_MB)))  # fmt: skip
def _gzip_bomb(_: Struck, bomb: bytes) -> Sent:
    return raw(bomb, headers={"content-encoding": "gzip"})


@fault("echo-key", "an ordinary reply that quotes the key in every field and header", "ok", of_reply=True)
def _echo_key(struck: Struck, _: object) -> Sent:
    key = struck.key
    forms = {"raw": key, "url": quote(key, safe=""), "base64": base64.b64encode(key.encode()).decode(),
             "bearer": base64.b64encode(f"Bearer {key}".encode()).decode(), "hex": key.encode().hex()}  # fmt: skip
    said = " ".join(f"{name} {form}" for name, form in forms.items())
    document = _with_message(struck.document, content=said, reasoning_content=said)
    document |= {"id": f"id-{key}", "model": f"model-{key}", "provider": key, "system_fingerprint": f"fp-{key}"}
    document["choices"][0]["logprobs"] = {"content": [{"token": key, "logprob": -0.5, "bytes": None,
                                                       "top_logprobs": [{"token": key, "logprob": -0.5}]}]}  # fmt: skip
    names = ("x-request-id", "x-cache", "age", "cf-cache-status", "x-echoed", "server-timing", "set-cookie")
    return as_json(document, headers={name: f"{name}={key}" for name in names})
