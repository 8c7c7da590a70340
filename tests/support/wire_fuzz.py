"""Replies made wrong at random, over a socket: bodies, streams, compressed ones, errors, and the framing itself."""

from __future__ import annotations

import gzip
import json
import random
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from blackbox.core import Completion, Outcome
from blackbox.endpoints.openai_chat import ENDPOINT
from blackbox.errors import EndpointError
from support.chat_servers import CALL, KEY, chat_spec, http, replied, served
from support.mutations import mutated, restructured

if TYPE_CHECKING:
    import asyncio

    from blackbox.core import Endpoint

STREAMED = replace(CALL, body={"stream": True})
_EVENT = {"id": "x", "model": "m", "choices": [{"index": 0, "delta": {"content": "hi"}, "finish_reason": None}]}
_LAST = {"id": "x", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 3}}
_ERROR = {"error": {"message": "no", "type": "invalid_request_error", "code": "context_length_exceeded"}}
KINDS = ("body", "stream", "gzip", "error", "framing")


def reply(kind: str, seed: int) -> bytes:
    """Return the bytes of one changed reply."""
    rng = random.Random(seed)  # noqa: S311 - makes test data
    change = rng.choice((mutated, restructured))
    whole = json.dumps(replied(content="Blue", logprobs=None)).encode()
    if kind == "stream":
        events = [json.dumps(_EVENT).encode(), json.dumps(_LAST).encode(), b"[DONE]"]
        events[seed % 2] = change(events[seed % 2], seed)
        body = b"".join(b"data: " + event + b"\n\n" for event in events)
        return http(body, headers={"Content-Type": "text/event-stream"})
    if kind == "gzip":
        packed = gzip.compress(whole if seed % 2 else change(whole, seed))
        return http(mutated(packed, seed) if seed % 2 else packed, headers={"Content-Encoding": "gzip"})
    if kind == "error":
        status = rng.choice(("400 no", "401 no", "404 no", "429 no", "500 no", "503 no", "302 no", "204 no"))
        body = change(json.dumps(_ERROR).encode(), seed)
        wait = rng.choice(("1", "-1", "soon", "9" * 400, "Wed, 21 Oct 2015 07:28:00 GMT", "1e9"))
        return http(body, status=status, headers={"Retry-After": wait})
    if kind == "framing":
        return mutated(http(whole), seed)
    return http(change(whole, seed))


@dataclass(kw_only=True)
class Tried:
    """What became of changed replies: outcomes of what was read, kinds of errors of ours, and what was neither."""

    n: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    broke: list[str] = field(default_factory=list)


async def tried(n: int, *, start: int = 0) -> dict[str, Tried]:
    """Return what a client made of `n` replies of each kind, one connection each."""
    found = {kind: Tried() for kind in KINDS}
    current = [b""]

    async def script(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(current[0])
        await writer.drain()

    async with served(script) as base_url:
        spec = chat_spec(base_url=base_url, timeout_s=10.0)
        async with ENDPOINT.open(spec, {"SHOP_KEY": KEY}) as endpoint:
            for kind, one in found.items():
                for seed in range(start, start + n):
                    current[0] = reply(kind, seed)
                    await _try(endpoint, kind, seed, one)
    return found


async def _try(endpoint: Endpoint, kind: str, seed: int, found: Tried) -> None:
    found.n += 1
    try:
        completion = await endpoint.complete(STREAMED if kind == "stream" else CALL)
        assert isinstance(completion, Completion)
        assert completion.outcome in Outcome
        found.outcomes[str(completion.outcome)] += 1
    except EndpointError as error:
        lines = str(error).splitlines()
        found.outcomes[f"error {error.kind}"] += 1
        found.broke += [] if len(lines) == 1 and KEY not in lines[0] else [f"{seed}: {lines}"]
    except Exception as error:  # noqa: BLE001 - whatever is not ours is what is looked for
        found.broke.append(f"{seed}: {type(error).__name__}: {str(error)[:100]}")
