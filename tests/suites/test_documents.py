"""A suite survives every way of writing it down, and its digest covers everything it says."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from blackbox.core import Decision, Decoding, Message, Probe, digest
from blackbox.errors import SuiteError
from blackbox.suites import PARSERS, QUESTIONS, SCHEMA, find, from_document, imported, locked, parse
from blackbox.suites.schema import content_digest

NAMES = st.builds(str.__add__, st.sampled_from("az09"), st.text("az09._-", max_size=8))
# A low surrogate alone is the worst a text can hold; a high one before it would be one character in JSON.
TEXTS = st.text(
    st.characters(codec="utf-8") | st.sampled_from("\udc00\udfff\x00\x85\u2028\ufeff\t\r\n\"'#:"), max_size=12
)
NEEDING = {"numbers", "choice", "tool"}
"""Parsers that read what a probe of the drawn kind does not hold."""
SHARED = {
    "family": NAMES,
    "language": st.sampled_from(["en", "zh", "zh-Hant", "mul", "no"]),
    "form": st.sampled_from(["open", "closed"]),
    "repeats": st.integers(1, 1000),
    "max_output_tokens": st.integers(1, 1000),
}
DECODING = st.fixed_dictionaries(
    {},
    optional={
        "temperature": st.floats(0, 2) | st.integers(0, 2),
        "top_p": st.floats(0, 1, exclude_min=True),
        "seed": st.integers(0, 2**63 - 1),
        "stop": st.lists(TEXTS.filter(bool), min_size=1, max_size=3),
        "top_logprobs": st.integers(0, 20),
    },
)
TURNS = st.lists(
    st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant"]), "content": TEXTS}), max_size=2
).map(lambda turns: [*turns, {"role": "user", "content": "last"}])
PROBE = st.tuples(
    st.fixed_dictionaries(
        {"id": NAMES},
        optional={
            **SHARED,
            "parser": st.sampled_from(sorted(set(PARSERS) - NEEDING)),
            "decoding": DECODING,
            "tools": st.just([{"type": "function", "function": {"name": "f", "parameters": {"1": [None, True]}}}]),
        },
    ),
    st.fixed_dictionaries({"prompt": TEXTS}) | st.fixed_dictionaries({"messages": TURNS}),
).map(lambda parts: parts[0] | parts[1])
DOCUMENTS = st.fixed_dictionaries(
    {
        "schema": st.just(SCHEMA),
        "name": NAMES,
        "version": st.integers(1, 9999),
        "questions": st.lists(st.sampled_from(QUESTIONS), min_size=1, max_size=3),
        "defaults": st.fixed_dictionaries(SHARED),
        "probes": st.lists(PROBE, min_size=1, max_size=2, unique_by=lambda probe: probe["id"]),
    },
    optional={
        "title": TEXTS,
        "description": TEXTS,
        "licence": TEXTS,
        "system": TEXTS.filter(bool),
        "decoding": DECODING,
        "decision": st.fixed_dictionaries({}, optional={"alpha": st.floats(0.001, 0.5), "looks": st.integers(1, 20)}),
    },
)


def signed(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with the digest of its content."""
    return {**document, "digest": content_digest(document)}


@given(DOCUMENTS)
@settings(max_examples=6)
def test_a_suite_is_rebuilt_from_its_own_document(document: dict[str, Any]) -> None:
    """`from_document(suite.document)` gives an equal suite: a run's suite.json loses nothing."""
    suite = from_document(signed(document), "test")
    assert suite == from_document(suite.document, "test")
    assert suite == from_document(json.loads(json.dumps(suite.document)), "test", origin="file")


@given(DOCUMENTS)
@settings(max_examples=5)
def test_a_suite_reads_the_same_from_yaml_and_json(document: dict[str, Any]) -> None:
    """YAML, pretty JSON, tab-indented JSON and one-line JSON of one document are one suite, surrogates included."""
    whole = signed(document)
    expected = from_document(whole, "test")
    for text in (json.dumps(whole), json.dumps(whole, indent="\t"), json.dumps(whole, indent=1)):
        assert expected == parse(text, source="test")
    assert expected == parse(yaml.dump(whole, Dumper=QuotedText, width=60), source="test")


class QuotedText(yaml.SafeDumper):
    """Writes every text in double quotes and everything else plain, so that the YAML version doesn't matter."""


QuotedText.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))
QuotedText.ignore_aliases = lambda *_: True  # type: ignore[method-assign]


@given(DOCUMENTS)
@settings(max_examples=5)
def test_locking_signs_a_text_and_touches_nothing_else(document: dict[str, Any]) -> None:
    """An unsigned text becomes readable by one inserted field; locking again changes no character."""
    expected = from_document(signed(document), "test")
    for text in (json.dumps(document, indent=1), yaml.dump(document, Dumper=QuotedText)):
        done = locked(text)
        assert expected == parse(done, source="test")
        assert done == locked(done)
        as_json, as_yaml = f'"digest": "{expected.digest}", ', f'digest: "{expected.digest}"\n'
        assert text == done.replace(as_json, "").replace(as_yaml, "")


TOOLS = [{"type": "function", "function": {"name": "f"}}]
DOCUMENT: dict[str, Any] = {
    "schema": SCHEMA,
    "name": "mine",
    "version": 1,
    "title": "t",
    "description": "d",
    "licence": "MIT",
    "questions": ["same"],
    "system": "s",
    "decoding": {"temperature": 1.0, "top_p": 1.0, "seed": 1, "stop": ["x"], "top_logprobs": 1},
    "decision": {"alpha": 0.01, "margin": 0.2, "n_permutations": 999, "seed": 0, "looks": 1},
    "defaults": {"family": "f", "language": "en", "form": "open", "repeats": 2, "max_output_tokens": 9},
    "probes": [
        {"id": "a", "prompt": "p", "decoding": {"temperature": 0.5}},
        {"id": "b", "messages": [{"role": "user", "content": "c"}], "tools": TOOLS, "parser": "word"},
    ],
}


def leaves(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every scalar inside `value`."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    return [path] if items is None else [leaf for key, item in items for leaf in leaves(item, (*path, key))]


@pytest.mark.parametrize("path", leaves(DOCUMENT), ids=str)
def test_changing_any_field_changes_the_digest(path: tuple[Any, ...]) -> None:
    """No number or text of a suite can change under its digest, and a document so changed is refused."""
    changed = copy.deepcopy(DOCUMENT)
    holder: Any = changed
    for step in path[:-1]:
        holder = holder[step]
    old = holder[path[-1]]
    holder[path[-1]] = old + 1 if isinstance(old, (int, float)) else f"{old}x"
    assert content_digest(DOCUMENT) != content_digest(changed)
    with pytest.raises(SuiteError):
        from_document({**changed, "digest": content_digest(DOCUMENT)}, "test")


def test_the_digest_is_the_contracts() -> None:
    """A suite's digest is of the parsed document without `digest`; a probe's is of its messages."""
    suite = from_document(signed(DOCUMENT), "test")
    assert suite.digest == digest(DOCUMENT)
    assert suite.probes[1].digest == digest([{"role": "user", "content": "c"}])


def test_every_field_reaches_the_suite() -> None:
    """Defaults, overrides, system message, decoding and decision rules arrive where they belong."""
    suite = from_document(signed(DOCUMENT), "test")
    first = Probe(
        id="a",
        family="f",
        language="en",
        form="open",
        messages=(Message(role="system", content="s"), Message(role="user", content="p")),
        repeats=2,
        max_output_tokens=9,
        decoding=Decoding(temperature=0.5),
    )
    assert first == suite.probes[0]
    assert suite.probes[1].messages == (Message(role="user", content="c"),)
    assert suite.probes[1].tools == tuple(TOOLS)
    assert suite.decision == Decision(alpha=0.01, margin=0.2, n_permutations=999, seed=0, looks=1)
    assert suite.decoding == Decoding(temperature=1.0, top_p=1.0, seed=1, stop=("x",), top_logprobs=1)
    sent = Decoding(temperature=0.5, top_p=1.0, seed=1, stop=("x",), top_logprobs=1, max_output_tokens=9)
    assert suite.sent_decoding(suite.probes[0]) == sent


def test_a_document_is_neither_kept_nor_changed() -> None:
    """The caller's document stays its own: changing it later changes no suite."""
    document = signed(DOCUMENT)
    before = copy.deepcopy(document)
    suite = from_document(document, "test")
    document["probes"][0]["prompt"] = "other"
    assert suite.document["probes"][0]["prompt"] == "p"
    document["probes"][0]["prompt"] = "p"
    assert before == document


@pytest.mark.parametrize(
    ("plain", "expected"),
    [("no", "no"), ("1:30", "1:30"), ("2026-01-01", "2026-01-01"), ("007", "007"), ("0x1F", "0x1F"), ("<<", "<<")],
)
def test_plain_words_stay_text(plain: str, expected: str) -> None:
    """YAML 1.1's surprises (no → false, times, dates, octals) don't happen: such words are text."""
    text = f"schema: {SCHEMA}\nname: n\nversion: 1\nquestions: [same]\ntitle: {plain}\n"
    text += "probes: [{id: a, family: f, language: no, form: open, repeats: 1, max_output_tokens: 1, prompt: x}]\n"
    suite = parse(locked(text), source="test")
    assert (expected, "no") == (suite.title, suite.probes[0].language)


def test_escaped_surrogates_are_read_as_json_reads_them() -> None:
    """An escaped pair is one character, a lone one stays what it is, in YAML as in JSON."""
    text = 'schema: blackbox.suite/1\nname: n\nversion: 1\nquestions: [same]\ntitle: "\\ud83d\\ude00 \\udc00"\n'
    text += "probes: [{id: a, family: f, language: en, form: open, repeats: 1, max_output_tokens: 1, prompt: x}]\n"
    assert parse(locked(text), source="test").title == "\U0001f600 \udc00"


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "field", ["", "digest:\n", "digest: # to be written\n", 'digest: "old"   # why\n', "digest: old\n"]
)
def test_locking_keeps_comments_order_and_line_ends(field: str, ending: str) -> None:
    """Only the digest changes: comments, order, quotes and line ends stay."""
    text = f"# mine\nschema: {SCHEMA}\nname: n # a name\n{field}version: 1\nquestions:\n- same\nprobes:\n"
    text += "- {id: a, family: f, language: en, form: open, repeats: 1, max_output_tokens: 1, prompt: 'x'}\n"
    text = text.replace("\n", ending)
    done = locked(text)
    expected = parse(done, source="test").digest
    without = [line for line in text.split(ending) if not line.startswith("digest")]
    assert without == [line for line in done.split(ending) if not line.startswith("digest")]
    assert [line for line in done.split(ending) if f'digest: "{expected}"' in line] != []
    assert ("#" in field) == ("#" in done.split(ending)[3])


def test_locking_refuses_what_is_wrong_beside_the_digest() -> None:
    """A digest is never written under a suite that could not be read."""
    with pytest.raises(SuiteError, match=r"mine\.yaml:1: the field 'name' is missing"):
        locked(f"schema: {SCHEMA}\nversion: 1\n", source="mine.yaml")


def test_the_origin_is_worked_out_where_it_is_not_told() -> None:
    """A run's suite.json says `imported` itself; a shipped suite is known by its digest; anything else is a file."""
    shipped = find("one-token")
    recorded = imported("mine", {"a": "b"})
    renamed = signed({**shipped.document, "title": "another"})
    assert from_document(shipped.document, "test").origin == "shipped"
    assert shipped == from_document(shipped.document, "test")
    assert recorded == from_document(recorded.document, "test")
    assert from_document(renamed, "test").origin == "file"
    assert from_document(shipped.document, "test", origin="file").origin == "file"
