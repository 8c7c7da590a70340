"""What only `doctor` asks: fields laid over a request, several choices, streams."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from blackbox.core import Outcome
from blackbox.endpoints import _stream
from blackbox.endpoints._json import NotJsonError
from tests.support.chat_servers import CALL, asked, chat_spec, replied

_EVENTS = (
    {"id": "c-1", "model": "m", "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]},
    {"id": "c-1", "choices": [{"index": 0, "delta": {"content": "blu"}}, {"index": 1, "delta": {"content": "no"}}]},
    {"id": "c-1", "choices": [{"index": 0, "delta": {"content": "e"}, "finish_reason": "stop"}]},
    {"id": "c-1", "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}},
)
STREAM = "".join(f"data: {json.dumps(event)}\n\n" for event in _EVENTS) + ": ping\n\ndata: [DONE]\n\n"


async def test_fields_are_laid_over_the_request() -> None:
    """A field is set, another model named, a third taken out; what the reply says of itself is kept."""
    seen: list[dict[str, Any]] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(json.loads(request.content))
        return httpx2.Response(200, json=replied(content="blue"), headers={"date": "Thu, 01 Jan 2026 00:00:00 GMT"})

    call = replace(CALL, body={"model": "none", "max_tokens": None, "max_completion_tokens": 8})
    completion = await asked(answer, call)
    assert {"model": "none", "max_completion_tokens": 8} == {k: v for k, v in seen[0].items() if k != "messages"}
    assert completion.wire is not None
    assert (1, None, "Thu, 01 Jan 2026 00:00:00 GMT") == (
        completion.wire.n_choices, completion.wire.n_events, completion.wire.server_date,
    )  # fmt: skip


@pytest.mark.parametrize(("n", "outcome"), [(2, Outcome.OK), (1, Outcome.MALFORMED)])
async def test_several_choices_are_read_where_they_were_asked_for(n: int, outcome: Outcome) -> None:
    """The first of two is the answer if two were asked for; else the reply says too much."""
    document = replied(content="blue")
    document["choices"] *= 2
    completion = await asked(lambda _: httpx2.Response(200, json=document), replace(CALL, body={"n": n}))
    assert completion.wire is not None
    assert (outcome, 2) == (completion.outcome, completion.wire.n_choices)


async def test_a_stream_is_read_as_one_reply() -> None:
    """Pieces of the first choice are joined; usage and identifiers are those of the events."""
    headers = {"content-type": "text/event-stream; charset=utf-8"}
    completion = await asked(
        lambda _: httpx2.Response(200, text=STREAM, headers=headers), replace(CALL, body={"stream": True})
    )
    assert completion.wire is not None
    assert completion.usage is not None
    assert ("blue", "stop", 4, 2) == (
        completion.text, completion.finish_reason, completion.wire.n_events, completion.usage.completion_tokens,
    )  # fmt: skip


async def test_a_broken_stream_is_malformed() -> None:
    """Half an event is no reply, and a stream nobody asked for neither."""
    headers = {"content-type": "text/event-stream"}
    for text, body in (('data: {"id": "c', {"stream": True}), (STREAM, {}), ("data: [1]", {"stream": True})):
        reply = httpx2.Response(200, text=text, headers=headers)
        completion = await asked(lambda _, reply=reply: reply, replace(CALL, body=body))  # type: ignore[misc]
        assert Outcome.MALFORMED == completion.outcome


def test_events_that_are_no_objects_are_refused() -> None:
    """A list is no event."""
    with pytest.raises(NotJsonError):
        _stream.whole(b"data: [1]\n\n")


def test_the_spec_of_these_tests_holds_no_body() -> None:
    """Calls of suites carry nothing laid over."""
    assert {} == CALL.body
    assert {} == chat_spec().extra_body
