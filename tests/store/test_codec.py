"""Observations and manifests as JSON: exact there and back, and nothing else is taken for one."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.stored import START, answer, new_manifest, stored_suite

from blackbox.core import (
    CallError,
    Decoding,
    Manifest,
    Observation,
    Outcome,
    TokenLogprob,
    Usage,
    canonical,
)
from blackbox.errors import EvidenceDamaged
from blackbox.store.codec import decode_manifest, decode_observation, encode_manifest, encode_observation
from blackbox.store.journal import draft


def _one_spelling(text: str) -> str:
    """Return `text` with surrogates that form a pair joined, as every JSON reader does."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


texts = st.lists(st.sampled_from(["\ud800", "a", "\udfff", "\x00", "\u2028", "😀", '"', "\\"]), max_size=6).map("".join)
counts = st.integers(0, 2**63 - 1)
numbers = st.floats(allow_nan=False, allow_infinity=False)
objects = st.dictionaries(texts, st.none() | numbers | texts | st.lists(texts, max_size=2), max_size=3)


@st.composite
def observations(draw: st.DrawFn) -> Observation:
    """Return any observation there can be."""
    optional_text, probe, repeat = st.none() | texts, draw(texts), draw(counts)
    return Observation(
        key=f"{probe}#{repeat}",
        probe_id=probe,
        repeat=repeat,
        block_id=draw(counts),
        outcome=draw(st.sampled_from(sorted(Outcome))),
        text=draw(texts.filter(bool)),
        reasoning=draw(optional_text),
        tool_calls=tuple(draw(st.lists(objects, max_size=2))),
        finish_reason_raw=draw(optional_text),
        finish_reason=draw(optional_text),
        logprobs=draw(
            st.none()
            | st.lists(st.builds(TokenLogprob, token=texts, logprob=numbers, top=st.just((("x", -0.5),)))).map(tuple)
        ),
        usage=draw(st.none() | st.builds(Usage, prompt_tokens=st.none() | counts, cached_tokens=st.none() | counts)),
        latency_s=draw(st.none() | numbers),
        requested_at=draw(st.none() | st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC))),  # noqa: DTZ001
        attempts=draw(counts),
        cache_headers=draw(st.dictionaries(texts, texts, max_size=2)),
        sent_decoding=draw(st.none() | st.builds(Decoding, temperature=st.none() | numbers, stop=st.just(("\ud800",)))),
        error=draw(st.none() | st.builds(CallError, kind=texts, message=texts, status=st.none() | st.just(500))),
    )


@settings(max_examples=60)
@given(observations())
def test_an_observation_survives_its_journal_body(observation: Observation) -> None:
    """Every field comes back, lone surrogates bit for bit; writing what was read gives the same bytes."""
    stored = draft("observation", START, encode_observation(observation)).body
    back = decode_observation(json.loads(stored), where="here")
    assert stored == draft("observation", START, encode_observation(back)).body
    assert _one_spelling(observation.text or "") == back.text
    assert (observation.latency_s, observation.requested_at) == (back.latency_s, back.requested_at)


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb", "\udc00\ud800", "\x00", "\u2028😀", " "])
def test_a_text_comes_back_bit_for_bit(text: str) -> None:
    """Lone surrogates, NUL, separators and blanks are what they were."""
    body = json.loads(canonical(encode_observation(answer(0, 0, text))))
    assert text == decode_observation(body, where="here").text


def test_a_whole_number_of_seconds_is_a_number() -> None:
    """JSON of others may write 1.0 as 1."""
    assert decode_observation({**encode_observation(answer(0, 0)), "latency_s": 1}, where="here").latency_s == 1


def test_every_field_of_an_observation_is_stored() -> None:
    """A field added to the record and forgotten here would be noticed: decoding asks for exactly these."""
    body = encode_observation(answer(0, 0))
    assert {f.name for f in fields(Observation)} == set(body)
    assert answer(0, 0) == decode_observation(body, where="here")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mood": "good"}, "unknown field 'mood'"),
        ({"text": ""}, "text: is ''"),
        ({"text": None}, "outcome ok without a text"),
        ({"text": 5}, "text: expected a text, found 5"),
        ({"text": ["yes"]}, "text: expected a text"),
        ({"outcome": "fine"}, "outcome: 'fine' is not a valid Outcome"),
        ({"repeat": True}, "repeat: expected a whole number, found True"),
        ({"repeat": -1}, "repeat: expected a count, found -1"),
        ({"repeat": 1.0}, "repeat: expected a whole number"),
        ({"attempts": 2**63}, "attempts: expected a whole number"),
        ({"repeat": 3}, "key 'p0#0' is not of probe and repeat"),
        ({"latency_s": "1"}, "latency_s: expected a number"),
        ({"latency_s": float("nan")}, "latency_s: expected a number"),
        ({"latency_s": True}, "latency_s: expected a number"),
        ({"requested_at": "2026-01-02"}, "requested_at: expected a UTC time"),
        ({"requested_at": "soon"}, "requested_at: "),
        ({"requested_at": 5}, "requested_at: expected a text"),
        ({"usage": {"prompt_tokens": 1}}, "usage: field 'cached_tokens' is missing"),
        ({"usage": []}, "usage: expected an object"),
        ({"tool_calls": {}}, "tool_calls: expected a list"),
        ({"logprobs": [{"token": "a", "logprob": 0.0, "top": [["b"]]}]}, "logprobs: top: expected a token with"),
        ({"cache_headers": {"x": 1}}, "cache_headers: expected a text"),
    ],
)
def test_a_body_that_is_no_observation_is_damage(change: dict[str, Any], message: str) -> None:
    """Wrong types, unknown fields and contradictions are named with the field; nothing is coerced."""
    body = {**encode_observation(answer(0, 0)), **change}
    with pytest.raises(EvidenceDamaged, match=f"^line 7 is no observation: {message}"):
        decode_observation(body, where="line 7")


@pytest.mark.parametrize("name", [f.name for f in fields(Observation)])
def test_a_missing_field_is_damage(name: str) -> None:
    """No field has a default when read: a body without it was not written by us."""
    body = encode_observation(answer(0, 0))
    del body[name]
    with pytest.raises(EvidenceDamaged, match=f"field '{name}' is missing"):
        decode_observation(body, where="here")


@pytest.mark.parametrize("body", [None, [], "text", 5])
def test_a_body_that_is_no_object_is_damage(body: object) -> None:
    """Any JSON value may stand in a forged line."""
    with pytest.raises(EvidenceDamaged, match="expected an object"):
        decode_observation(body, where="here")


def test_a_manifest_comes_back_equal() -> None:
    """All fields, with times and nested mappings."""
    manifest = replace(new_manifest(stored_suite()), finished_at=START, totals={"ok": 3}, cost=0.5, warnings=("w",))
    assert manifest == decode_manifest(json.loads(canonical(encode_manifest(manifest))), where="here")
    assert {f.name for f in fields(Manifest)} == set(encode_manifest(manifest))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": "blackbox.run/9"}, "its schema is 'blackbox.run/9', this version reads"),
        ({"status": "great"}, "status: expected one of running, interrupted, stopped, finished, found 'great'"),
        ({"totals": {"ok": -1}}, "totals: expected a count"),
        ({"note": "hi"}, "unknown field 'note'"),
        ({"warnings": "w"}, "warnings: expected a list"),
        ({"plan": None}, "plan: expected an object"),
    ],
)
def test_a_damaged_manifest_is_named(change: dict[str, Any], message: str) -> None:
    """As for observations."""
    body = {**encode_manifest(new_manifest(stored_suite())), **change}
    with pytest.raises(EvidenceDamaged, match=f"here is no manifest: {message}"):
        decode_manifest(body, where="here")


def test_a_pair_of_surrogates_is_the_character_it_encodes() -> None:
    """Canonical JSON has one spelling for both, so both have one digest and read back as the character."""
    assert canonical("\ud83d\ude00") == canonical("😀")
    body = json.loads(canonical(encode_observation(answer(0, 0, "\ud83d\ude00"))))
    assert decode_observation(body, where="here").text == _one_spelling("\ud83d\ude00") == "😀"
