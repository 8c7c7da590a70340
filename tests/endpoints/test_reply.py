"""Every reply becomes exactly one typed outcome, and nothing in it is converted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.chat_servers import replied

from blackbox.core import Completion, Outcome, TokenLogprob, Usage
from blackbox.endpoints._json import NotJsonError, parse
from blackbox.endpoints._reply import read_reply
from blackbox.endpoints._secrets import Scrubber

NO_KEYS = Scrubber(())
HIDDEN_REASONING = {"completion_tokens": 16, "completion_tokens_details": {"reasoning_tokens": 16}}


def read(document: Any) -> Completion:
    """Read a document as the bytes of a reply."""
    return read_reply(json.dumps(document).encode(), NO_KEYS)


def finished(reason: Any, **message: Any) -> dict[str, Any]:
    """Return a reply with this finish reason."""
    document = replied(**message)
    document["choices"][0]["finish_reason"] = reason
    return document


@pytest.mark.parametrize(
    ("document", "outcome", "text"),
    [
        (finished("stop", content="Blue"), Outcome.OK, "Blue"),
        (finished("stop", content=" \n"), Outcome.OK, " \n"),
        (finished("length", content="Blu"), Outcome.TRUNCATED, "Blu"),
        (finished("MAX_TOKENS", content="Blu"), Outcome.TRUNCATED, "Blu"),
        (finished("stop", content=None, refusal="I can't."), Outcome.REFUSAL, "I can't."),
        (finished("content_filter", content="Bl"), Outcome.FILTERED, "Bl"),
        (finished("content_filter", content=None), Outcome.FILTERED, None),
        (finished("tool_calls", content=None, tool_calls=[{"id": "1"}]), Outcome.TOOL_CALL, None),
        (finished("stop", content="", tool_calls=[]), Outcome.EMPTY, None),
        (finished("stop", content=None), Outcome.EMPTY, None),
        (finished("stop"), Outcome.EMPTY, None),
        (finished("length", content="", reasoning_content="Hm"), Outcome.REASONING_ONLY, None),
        (finished("stop", content=None, reasoning="Hm"), Outcome.REASONING_ONLY, None),
        (finished("length", content="") | {"usage": HIDDEN_REASONING}, Outcome.REASONING_ONLY, None),
        (finished("stop", content=[{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]), Outcome.OK, "ab"),
        (finished("stop", content=[]), Outcome.EMPTY, None),
        (finished("surprise", content="Blue"), Outcome.OK, "Blue"),
    ],
)
def test_a_reply_with_an_answer_has_one_outcome(document: Any, outcome: Outcome, text: str | None) -> None:
    """Text is kept as it stands; no outcome ever carries an empty text."""
    completion = read(document)
    assert (outcome, text, None) == (completion.outcome, completion.text, completion.error)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ([], "no object"),
        ({}, "no choices"),
        ({"choices": None}, "no choices"),
        ({"choices": []}, "no choices"),
        ({"choices": "x"}, "no choices"),
        ({"choices": [None]}, "the choice is no object"),
        ({"choices": [{}, {}]}, "2 choices"),
        ({"choices": [{"finish_reason": "stop"}]}, "no message"),
        ({"choices": [{"message": "Blue"}]}, "message has an unexpected type"),
        ({"error": {"message": "upstream is down", "code": 502}}, "upstream is down"),
        ({"error": "upstream is down", "choices": None}, "upstream is down"),
        (finished("error", content="half an ans"), "broke off"),
        (finished(7, content="Blue"), "finish_reason"),
        (finished("stop", content=7), "content"),
        (finished("stop", content={"text": "Blue"}), "content"),
        (finished("stop", content=[{"type": "image_url"}]), "no text"),
        (finished("stop", content=["Blue"]), "no text"),
        (finished("stop", content=None, refusal=True), "refusal"),
        (finished("stop", content=None, tool_calls={}), "tool_calls"),
        (finished("stop", content=None, tool_calls=["x"]), "tool call"),
    ],
)
def test_a_reply_without_an_answer_is_malformed_with_the_reason(document: Any, reason: str) -> None:
    """Malformed replies have no text and say what is wrong."""
    completion = read(document)
    assert (Outcome.MALFORMED, None) == (completion.outcome, completion.text)
    assert completion.error is not None
    assert reason in completion.error.message


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "no body"),
        (b'{"choices": [{"mess', "not JSON at character"),
        (b"<!DOCTYPE html><h1>Welcome</h1>", "a web page"),
        (b'data: {"id": 1}\n\n', "an event stream"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "Infinity"),
        (b'{"a": 1e999}', "out of range"),
        (b'{"a": 1, "a": 2}', "given twice"),
        (b"[" * 50_000 + b"]" * 50_000, "nested too deeply"),
        (b"[" * 500 + b"]" * 500, "nested too deeply"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "a number is too long"),
        (b'{"a": "\xff\xfe"}', "not UTF-8 at byte 7"),
        (b'\xef\xbb\xbf{"a": 1}', "not JSON"),
    ],
)
def test_bytes_that_are_no_strict_json_are_malformed(body: bytes, reason: str) -> None:
    """Each deviation has its reason, and the body itself is not quoted."""
    completion = read_reply(body, NO_KEYS)
    assert (Outcome.MALFORMED, "not_json") == (completion.outcome, completion.error and completion.error.kind)
    assert completion.error is not None
    assert reason in completion.error.message


def test_lone_surrogates_are_kept() -> None:
    """Half a surrogate pair is text like any other."""
    body = json.dumps(replied(content="a")).replace('"a"', '"\\ud83d!"').encode()
    assert "\ud83d!" == read_reply(body, NO_KEYS).text


def test_facts_beside_the_answer_are_read_from_the_reply_only() -> None:
    """Model, provider, identifiers and counts are the server's."""
    document = replied(content="Blue") | {"provider": "Together", "system_fingerprint": "fp_1"}
    document["usage"] |= {
        "prompt_tokens_details": {"cached_tokens": 8},
        "completion_tokens_details": {"reasoning_tokens": 2},
    }
    completion = read(document)
    usage = Usage(prompt_tokens=11, completion_tokens=3, reasoning_tokens=2, cached_tokens=8)
    assert ("chatcmpl-1", "m-1-0613", "Together", "fp_1", usage) == (
        completion.response_id, completion.served_model, completion.provider, completion.system_fingerprint,
        completion.usage,
    )  # fmt: skip


@pytest.mark.parametrize("value", [None, 7, True, [], {}, ""])
def test_a_fact_of_another_type_counts_as_not_given(value: Any) -> None:
    """An answer is not lost over its identifier, and the identifier is not converted."""
    document = replied(content="Blue") | {"id": value, "model": value, "usage": value, "provider": value}
    completion = read(document)
    assert (Outcome.OK, None, None, None, None) == (
        completion.outcome, completion.response_id, completion.served_model, completion.usage, completion.provider,
    )  # fmt: skip


@pytest.mark.parametrize("count", [-1, 1.5, True, "11", 10**30, None])
def test_a_count_that_is_no_whole_number_from_zero_up_is_none(count: Any) -> None:
    """Usage holds counts or nothing."""
    document = replied(content="Blue") | {"usage": {"prompt_tokens": count, "completion_tokens": 3}}
    assert Usage(completion_tokens=3) == read(document).usage


@pytest.mark.parametrize("reason", [None, "stop", "Stop", "eos_token"])
def test_the_finish_reason_is_kept_raw_beside_its_meaning(reason: str | None) -> None:
    """No reason at all stays None and is not invented."""
    completion = read(finished(reason, content="Blue"))
    assert (reason, "stop" if reason else None) == (completion.finish_reason_raw, completion.finish_reason)


def test_log_probabilities_are_exact() -> None:
    """Each number is the double the server wrote, with its alternatives in order."""
    document = replied(content="Blue")
    alternatives = [{"token": "Blue", "logprob": -0.1}, {"token": "Red", "logprob": -2.345678901234567}]
    entry = {"token": "Blue", "logprob": -0.1, "top_logprobs": alternatives}
    document["choices"][0]["logprobs"] = {"content": [entry, {"token": ".", "logprob": 0}]}
    first = TokenLogprob(token="Blue", logprob=-0.1, top=(("Blue", -0.1), ("Red", -2.345678901234567)))
    assert (first, TokenLogprob(token=".", logprob=0.0)) == read(document).logprobs


@pytest.mark.parametrize("entry", [{}, {"token": "a"}, {"token": "a", "logprob": None}, {"token": "a", "logprob": "0"},
                                   {"token": "a", "logprob": 0, "top_logprobs": [{}]}, 7])  # fmt: skip
def test_incomplete_log_probabilities_are_none(entry: Any) -> None:
    """A list with holes would shift positions, so there is none."""
    document = replied(content="Blue")
    document["choices"][0]["logprobs"] = {"content": [{"token": "b", "logprob": -1.0}, entry]}
    completion = read(document)
    assert (Outcome.OK, None) == (completion.outcome, completion.logprobs)


def test_the_older_function_call_is_a_tool_call() -> None:
    """The call is kept in the form of the newer field."""
    call = {"name": "roll", "arguments": "{}"}
    completion = read(finished("function_call", content=None, function_call=call))
    assert (Outcome.TOOL_CALL, ({"type": "function", "function": call},)) == (
        completion.outcome, completion.tool_calls,
    )  # fmt: skip


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(content=JSON_VALUES, reason=JSON_VALUES, extra=JSON_VALUES, usage=JSON_VALUES)
def test_any_reply_gives_one_outcome_and_an_error_exactly_when_malformed(
    content: Any, reason: Any, extra: Any, usage: Any
) -> None:
    """Whatever stands in the members, reading never raises and never gives an empty text."""
    message = {"content": content, "refusal": extra, "tool_calls": extra, "reasoning": extra}
    document = {"choices": [{"message": message, "finish_reason": reason, "logprobs": extra}], "usage": usage}
    completion = read(document)
    assert (completion.outcome is Outcome.MALFORMED) == (completion.error is not None)
    assert completion.text != ""


@given(body=st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_are_parsed_or_refused_with_one_error(body: bytes) -> None:
    """Strict parsing raises `NotJsonError` only, and agrees with the standard library where both succeed."""
    try:
        value = parse(body)
    except NotJsonError:
        return
    assert json.loads(body) == value
