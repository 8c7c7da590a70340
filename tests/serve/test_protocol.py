"""The protocol's edges: what is refused, how, and what is recorded."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from blackbox.serve import RequestLog

if TYPE_CHECKING:
    from pathlib import Path

    from support.chat_client import Client


def test_models_are_listed_by_their_served_names(client: Client) -> None:
    """GET /v1/models lists every name, and each can be asked for."""
    listed = client.get("/models").body
    assert [model["id"] for model in listed["data"]] == ["a", "a-reseller", "a-tuned", "c"]
    assert client.get("/models/a-reseller").body["id"] == "a-reseller"
    assert client.get("/models/gpt-9").status == 404


def test_an_unknown_model_is_not_found(client: Client) -> None:
    """404 with an error object that names the model."""
    reply = client.chat(model="gpt-9")
    assert reply.status == 404
    assert reply.body["error"]["code"] == "model_not_found"
    assert "'gpt-9'" in reply.body["error"]["message"]


@pytest.mark.parametrize("raw", [b"", b"{", b'{"model": "a"', b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json_is_refused(client: Client, raw: bytes) -> None:
    """400 with an error object; nothing crashes."""
    reply = client.post(raw)
    assert reply.status == 400
    assert reply.body["error"]["message"] == "the body is not valid JSON"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("model", 3),
        ("messages", "hello"),
        ("messages", []),
        ("temperature", "hot"),
        ("temperature", 2.1),
        ("temperature", True),
        ("top_p", 1.5),
        ("max_tokens", 0),
        ("max_tokens", 1.5),
        ("max_completion_tokens", "9"),
        ("seed", "x"),
        ("stop", [""]),
        ("stop", ["a", "b", "c", "d", "e"]),
        ("n", 0),
        ("n", 1000),
        ("logprobs", 3),
        ("top_logprobs", 3),
        ("stream", "yes"),
        ("stream_options", {"include_usage": True}),
        ("tools", "calculator"),
        ("tool_choice", "required"),
        ("tool_choice", {"type": "function", "function": {"name": "undeclared"}}),
        ("repetition_penalty", 0),
        ("logit_bias", {"5": 1}),
        ("presence_penalty", 0.5),
    ],
)
def test_a_wrong_field_is_named(client: Client, field: str, value: Any) -> None:
    """400 with the field's name, for wrong types, values out of range and what is not supported."""
    reply = client.chat(**{field: value})
    assert (reply.status, reply.body["error"]["param"]) == (400, field)
    assert reply.body["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    ("message", "param"),
    [
        ("hello", "messages[0]"),
        ({"content": "hi"}, "messages[0]"),
        ({"role": "wizard", "content": "hi"}, "messages[0]"),
        ({"role": "user"}, "messages[0].content"),
        ({"role": "user", "content": [{"type": "image_url"}]}, "messages[0].content"),
    ],
)
def test_a_wrong_message_is_pointed_at(client: Client, message: Any, param: str) -> None:
    """400 with the place of the message that is wrong."""
    reply = client.chat(messages=[message])
    assert (reply.status, reply.body["error"]["param"]) == (400, param)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b'{"model": "\\ud800", "messages": []}', "half of a UTF-16 pair"),
        (b'{"model": "a", "x": ' + b"[" * 300 + b"]" * 300 + b"}", "nested deeper than 200 levels"),
        (b'{"model": "a", "temperature": 1e999}', "not valid JSON"),
        (b'{"model": "a", "temperature": NaN}', "not valid JSON"),
    ],
)
def test_what_could_not_be_logged_is_refused(client: Client, raw: bytes, said: str) -> None:
    """400 with the reason, and a line in the log."""
    before = len(client.log.entries)
    reply = client.post(raw)
    assert (400, 1) == (reply.status, len(client.log.entries) - before)
    assert said in reply.body["error"]["message"]


def test_a_body_that_is_no_object_is_refused(client: Client) -> None:
    """A JSON list is not a request."""
    assert client.post(b"[1]").body["error"]["message"] == "the body must be a JSON object"


def test_neutral_values_and_nulls_of_unsupported_fields_pass(client: Client) -> None:
    """Clients that send every field with its default are served."""
    neutral = {"stream": False, "tools": [], "presence_penalty": 0.0, "logit_bias": None, "stop": None, "seed": None}
    assert client.chat(max_tokens=2, **neutral).status == 200


def test_content_in_parts_is_joined(client: Client) -> None:
    """Text parts mean the same as their text in one piece."""
    whole = [{"role": "user", "content": "Name a city."}]
    parts = [{"role": "user", "content": [{"type": "text", "text": "Name "}, {"type": "text", "text": "a city."}]}]
    assert client.chat(messages=parts, seed=1).texts == client.chat(messages=whole, seed=1).texts


def test_developer_messages_are_system_messages(client: Client) -> None:
    """Both spellings of the role give the same prompt."""
    said = [
        [{"role": role, "content": "Be brief."}, {"role": "user", "content": "Hi"}] for role in ("developer", "system")
    ]
    assert client.chat(messages=said[0], seed=1).texts == client.chat(messages=said[1], seed=1).texts


def test_a_prompt_beyond_the_context_is_refused(client: Client) -> None:
    """400 with the protocol's code, before anything is sampled."""
    reply = client.chat(messages=[{"role": "user", "content": "word " * 5000}])
    assert (reply.status, reply.body["error"]["code"]) == (400, "context_length_exceeded")


def test_every_request_is_recorded_with_its_reply(client: Client) -> None:
    """The log holds path, status, body and the id that the client got."""
    before = len(client.log.entries)
    reply = client.chat(max_tokens=3)
    client.chat(model="gpt-9")
    client.post(b"{")
    logged = client.log.entries[before:]
    assert [entry.status for entry in logged] == [200, 404, 400]
    assert logged[0].response_id == reply.body["id"]
    assert logged[0].body is not None
    assert logged[0].body["max_tokens"] == 3
    assert [entry.model for entry in logged] == ["a", "gpt-9", None]
    assert logged[2].body is None


def test_the_log_file_holds_the_same_entries(tmp_path: Path) -> None:
    """With a path, each entry is a JSON line."""
    log = RequestLog(tmp_path / "requests.jsonl")
    log.add("/v1/chat/completions", 200, body={"model": "a", "n": 2}, response_id="x")
    log.add("/v1/models", 200, body=None, response_id=None)
    lines = [json.loads(line) for line in (tmp_path / "requests.jsonl").read_text("ascii").splitlines()]
    assert [line["index"] for line in lines] == [0, 1]
    assert lines[0]["body"] == {"model": "a", "n": 2}
    assert lines[0]["response_id"] == "x"
