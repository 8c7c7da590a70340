"""The rest of the protocol: streams, text completions, tools and reasoning."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import openai
import pytest
from support.chat_client import Client

from blackbox.serve import FixedAnswers, RequestLog, Script, running

if TYPE_CHECKING:
    from collections.abc import Iterator

GUIDE = [{"role": "user", "content": "Explain how to plant tomatoes."}]
PLACE = {"type": "object", "properties": {"x": {"type": "number"}}}
SCHEMA = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "maxLength": 12},
        "unit": {"enum": ["C", "F"]},
        "days": {"type": "integer", "minimum": 3, "maximum": 5},
        "places": {
            "type": "array",
            "items": {"type": "object", "properties": {"x": {"type": "number"}}},
            "minItems": 2,
        },
        "exact": {"type": "boolean"},
        "note": {"anyOf": [{"type": "string", "minLength": 3}, {"type": "null"}]},
        "left_out": {"type": "string"},
    },
    "required": ["city", "unit", "days", "places", "exact", "note"],
}
TOOLS = [
    {"type": "function", "function": {"name": "weather", "parameters": SCHEMA}},
    {"type": "function", "function": {"name": "clock"}},
]
CLOCK = {"type": "function", "function": {"name": "clock"}}


@pytest.fixture
def fixed() -> Iterator[Client]:
    """An endpoint that says one of two things, and another that reasons."""
    log = RequestLog()
    served = {"a": FixedAnswers(" héllo wörld"), "thinker": FixedAnswers("hm well")}
    with running(served, script=Script(reasoning=("thinker",)), log=log) as base_url:
        yield Client(base_url=base_url, log=log)


def _joined(events: list[Any], field: str = "content") -> str:
    return "".join(event["choices"][0]["delta"].get(field) or "" for event in events if event["choices"])


def test_a_stream_says_what_the_whole_reply_says(client: Client) -> None:
    """The deltas of a seeded answer join to its text; one id throughout, the reason last."""
    asked: dict[str, Any] = {"messages": GUIDE, "max_tokens": 40, "seed": 3}
    events = client.streamed(**asked)
    assert client.chat(**asked).texts == [_joined(events)]
    assert {event["object"] for event in events} == {"chat.completion.chunk"}
    assert len({event["id"] for event in events}) == 1
    assert [event["choices"][0]["finish_reason"] for event in events] == [None] * (len(events) - 1) + ["length"]


def test_a_streams_logprobs_are_those_of_the_whole_reply(client: Client) -> None:
    """One token an event, with its alternatives; the pieces still join to the text."""
    asked: dict[str, Any] = {"messages": GUIDE, "max_tokens": 40, "seed": 3, "logprobs": True, "top_logprobs": 2}
    whole = client.chat(**asked).body["choices"][0]
    events = client.streamed(**asked)
    listed = [entry for event in events for entry in (event["choices"][0]["logprobs"] or {"content": []})["content"]]
    assert whole["logprobs"]["content"] == listed
    assert whole["message"]["content"] == _joined(events)


def test_a_streams_usage_comes_last_and_only_if_asked_for(fixed: Client) -> None:
    """A chunk without choices carries it."""
    events = fixed.streamed(stream_options={"include_usage": True})
    assert ([], fixed.chat().body["usage"]) == (events[-1]["choices"], events[-1]["usage"])
    assert all("usage" not in event for event in fixed.streamed())


def test_streams_of_several_choices_name_them(fixed: Client) -> None:
    """Each event says to which choice it belongs."""
    assert {event["choices"][0]["index"] for event in fixed.streamed(n=3)} == {0, 1, 2}


def test_a_refused_stream_is_an_ordinary_error(fixed: Client) -> None:
    """Status and error object, no event."""
    assert fixed.chat(stream=True, temperature=9).status == 400


async def test_the_openai_client_reads_chats_texts_streams_and_tools(fixed: Client) -> None:
    """The published client accepts all of it."""
    async with openai.AsyncOpenAI(base_url=fixed.base_url, api_key="none", max_retries=0) as api:
        chunks = [chunk async for chunk in await api.chat.completions.create(model="a", messages=GUIDE, stream=True)]  # type: ignore[arg-type,call-overload]
        text = await api.completions.create(model="a", prompt="Once", logprobs=2)
        called = await api.chat.completions.create(model="a", messages=GUIDE, tools=TOOLS, tool_choice="required")  # type: ignore[arg-type,call-overload]
        models = await api.models.list()
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == " héllo wörld"
    assert text.choices[0].text == " héllo wörld"
    assert called.choices[0].message.tool_calls[0].function.name == "weather"
    assert [model.id for model in models.data] == ["a", "thinker"]


def test_a_text_completion_adds_no_template(client: Client) -> None:
    """Over the text of a chat's template it gives the chat's own tokens and log-probabilities."""
    prompt = f"<|im_start|>user\n{GUIDE[0]['content']}<|im_end|>\n<|im_start|>assistant\n"
    text = client.complete(prompt=prompt, logprobs=2, max_tokens=5, temperature=0).body
    chat = client.chat(messages=GUIDE, logprobs=True, top_logprobs=2, max_tokens=5, temperature=0).body
    listed = text["choices"][0]["logprobs"]
    said = chat["choices"][0]["logprobs"]["content"]
    assert ("text_completion", chat["usage"]) == (text["object"], text["usage"])
    assert [entry["token"] for entry in said] == listed["tokens"]
    assert [entry["logprob"] for entry in said] == pytest.approx(listed["token_logprobs"], abs=1e-4)
    assert [2] * 5 == [len(top) for top in listed["top_logprobs"]]
    assert [0, *(len("".join(listed["tokens"][:i])) for i in range(1, 5))] == listed["text_offset"]


def test_prompts_come_as_text_ids_or_several_of_either(fixed: Client) -> None:
    """Each gets its n choices, in order; echo puts the prompt in front."""
    ids = list(b"ab")
    texts = [
        [choice["text"] for choice in fixed.complete(prompt=prompt, echo=True, n=2).body["choices"]]
        for prompt in ("ab", ids, ["ab", "c"], [ids, ids])
    ]
    ab, c = "ab héllo wörld", "c héllo wörld"
    assert [[ab] * 2, [ab] * 2, [ab, ab, c, c], [ab] * 4] == texts


def test_a_text_completion_stops_at_sixteen_tokens_unless_told(client: Client) -> None:
    """The protocol's own default."""
    assert client.complete(prompt="The", seed=1, temperature=0.5).body["usage"]["completion_tokens"] <= 16


def test_text_completions_stream(client: Client) -> None:
    """The pieces join to the text, with and without log-probabilities."""
    asked = {"prompt": "The", "max_tokens": 12, "seed": 2}
    text = client.complete(**asked).body["choices"][0]["text"]
    for more in ({}, {"logprobs": 1}):
        events = client.streamed("/completions", **asked, **more)
        assert text == "".join(event["choices"][0]["text"] for event in events)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("prompt", ""),
        ("prompt", []),
        ("prompt", [["a"]]),
        ("prompt", [300]),
        ("suffix", "x"),
        ("best_of", 3),
        ("logprobs", 6),
        ("echo", 1),
    ],
)
def test_a_wrong_field_of_a_text_completion_is_named(fixed: Client, field: str, value: Any) -> None:
    """400 with the field's name."""
    reply = fixed.complete(**{"prompt": "x", field: value})
    assert (400, field) == (reply.status, reply.body["error"]["param"])


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "weather"}}])
def test_a_demanded_call_fits_the_schema(client: Client, choice: Any) -> None:
    """The arguments are valid under the declared schema, vary with the answer, and repeat with the seed."""
    replies = [client.chat(tools=TOOLS, tool_choice=choice, seed=seed) for seed in (1, 1, 2, 3, 4)]
    calls = [reply.body["choices"][0]["message"]["tool_calls"][0]["function"] for reply in replies]
    for call in calls:
        assert "weather" == call["name"]
        jsonschema.validate(json.loads(call["arguments"]), SCHEMA)
    assert calls[0] == calls[1]
    assert 1 < len({call["arguments"] for call in calls})
    first = replies[0].body["choices"][0]
    assert ("tool_calls", None) == (first["finish_reason"], first["message"]["content"])


def test_a_function_without_parameters_takes_none(fixed: Client) -> None:
    """An empty object."""
    call = fixed.chat(tools=TOOLS, tool_choice=CLOCK).body["choices"][0]["message"]["tool_calls"][0]["function"]
    assert {"name": "clock", "arguments": "{}"} == call


@pytest.mark.parametrize("choice", [None, "auto", "none"])
def test_a_call_that_is_not_demanded_is_not_made(fixed: Client, choice: Any) -> None:
    """These models know no tools: the answer is text."""
    assert [" héllo wörld"] == fixed.chat(tools=TOOLS, tool_choice=choice).texts


def test_a_conversation_may_hold_calls_and_their_results(fixed: Client) -> None:
    """An assistant's call without content and a tool's answer are read."""
    call = {"id": "1", "type": "function", "function": CLOCK["function"]}
    messages = [*GUIDE, {"role": "assistant", "content": None, "tool_calls": [call]},
                {"role": "tool", "tool_call_id": "1", "content": "noon"}]  # fmt: skip
    assert 200 == fixed.chat(messages=messages).status


def test_a_streamed_call_carries_the_call(fixed: Client) -> None:
    """One delta with index, name and arguments."""
    events = fixed.streamed(tools=TOOLS, tool_choice=CLOCK)
    calls = [
        event["choices"][0]["delta"]["tool_calls"] for event in events if "tool_calls" in event["choices"][0]["delta"]
    ]
    assert [(0, "clock")] == [(call["index"], call["function"]["name"]) for each in calls for call in each]


def test_a_reasoning_model_thinks_first(fixed: Client) -> None:
    """Its reasoning stands in a field of its own and is counted; other models have neither."""
    body = fixed.chat(model="thinker").body
    assert "hm well" == body["choices"][0]["message"]["reasoning_content"]
    assert {"reasoning_tokens": 7} == body["usage"]["completion_tokens_details"]
    assert 14 == body["usage"]["completion_tokens"]
    assert "hm well" == _joined(fixed.streamed(model="thinker"), "reasoning_content")
    assert "reasoning_content" not in fixed.chat().body["choices"][0]["message"]
    assert "completion_tokens_details" not in fixed.chat().body["usage"]


def test_reasoning_can_use_up_the_tokens(fixed: Client) -> None:
    """Then nothing is said, and the reason is the length."""
    body = fixed.chat(model="thinker", max_tokens=7).body
    choice = body["choices"][0]
    assert (None, "length", 7) == (
        choice["message"]["content"],
        choice["finish_reason"],
        body["usage"]["completion_tokens"],
    )


def test_a_body_with_nan_is_refused(fixed: Client) -> None:
    """It is no JSON, and could not be logged as JSON."""
    assert 400 == fixed.post(b'{"model": "a", "messages": [], "temperature": NaN}').status
