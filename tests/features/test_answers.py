"""Answers to choices, colours, facts, refusals, claims and tools; and that no text breaks a parser."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blackbox.core import Fact, Message, Observation, Outcome, Probe
from blackbox.errors import SuiteError
from blackbox.features import category, reading
from blackbox.features._parsers import PARSERS
from blackbox.features._tools import fits
from blackbox.suites import PARSERS as WRITTEN
from blackbox.suites import available

FACTS = (
    Fact(id="a", value=3776, tolerance=10, unit="m", source="map"),
    Fact(id="b", value=1494, tolerance=0, unit="", source="text"),
    Fact(id="c", value=44.956, tolerance=0.02, unit="u", source="table"),
)
PLACE = {"type": "object", "properties": {"place": {"type": "string"}, "days": {"type": "integer", "maximum": 7}}}
WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {**PLACE, "required": ["place"]}}}


def asked(parser: str) -> Probe:
    """Return a probe of a parser, with facts and a tool."""
    return Probe(
        id="p", family="f", language="en", form="closed", messages=(Message(role="user", content="?"),), repeats=1,
        max_output_tokens=9, parser=parser, facts=FACTS, tools=(WEATHER,),
    )  # fmt: skip


def said(text: str | None, outcome: Outcome = Outcome.OK, calls: tuple[dict[str, Any], ...] = ()) -> Observation:
    """Return one answer."""
    return Observation(key="p#0", probe_id="p", repeat=0, block_id=0, outcome=outcome, text=text, tool_calls=calls)


def called(name: object, arguments: object) -> Observation:
    """Return a reply that calls one tool."""
    return said(None, Outcome.TOOL_CALL, ({"type": "function", "function": {"name": name, "arguments": arguments}},))


def test_every_parser_that_may_be_written_is_known() -> None:
    """Schema and features agree on the parsers."""
    assert set(WRITTEN) == set(PARSERS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("B", "B"), ("(b)", "B"), ("**C**", "C"), ("D.", "D"), ("A) Tuesday", "A"), ("B、星期二", "B"), ("Ｃ", "C"),
        ("The answer is D.", "D"), ("答案：A", "A"), ("选B", "B"), ("The final answer is: **C**", "C"),
        ("ответ: B", "B"),
        (r"So \boxed{D}", "D"), ("A\n\nbecause it rains", "A"), ("A or B", None), ("A dog barks", None),
        ("I think so", None),
        ("B. First I thought\nThe answer is C", "C"), ("The answer is A. No, the answer is B.", None), ("J", None),
        ("Answer: Almost", None),
        ("A, B", None), ("A\nB", None), ("Answer: A and B", None), ("The answer is A) or B)", None), ("A和B", None),
        ("A, B, C and D", None), ("b", "B"), ("a dog", None), ("B, because A rains", "B"), ("A. A", "A"),
        ("The answer is B and nothing else", "B"), ("B!", "B"),
    ],
)  # fmt: skip
def test_choice_reads_one_letter(text: str, expected: str | None) -> None:
    """A letter alone, before its option, or stated; two different ones are none."""
    found = reading(said(text), asked("choice"))
    assert (found.category if found.status == "valid" else None) == expected


def test_a_choice_of_nothing_but_spaces_is_read_at_once() -> None:
    """A million of them behind the word that should name a letter: quadratic time would be hours."""
    assert reading(said("The answer is" + " " * 1_000_000 + "?"), asked("choice")).status == "invalid"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Blue", "blue"), ("синий.", "blue"), ("蓝色", "blue"), ("أزرق", "blue"), ("الأحمر", "red"),
        ("жёлтый", "yellow"),
        ("желтый", "yellow"), ("sky blue", "light-blue"), ("天蓝色", "light-blue"), ("Grey", "grey"), ("gray", "grey"),
        ("mauve", "mauve"), ("I like blue", "invalid:I like blue"),
    ],
)  # fmt: skip
def test_colours_are_one_in_four_languages(text: str, expected: str) -> None:
    """A colour is a category whatever its language; one that no list knows stays the word it is."""
    assert category(said(text), asked("colour")) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("forty-two", "42"), ("Forty two.", "42"), ("seventeen", "17"), ("сорок два", "42"), ("двадцать", "20"),
        ("خمسة وعشرون", "25"), ("عشرون", "20"), ("四十二", "42"), ("٤٢", "42"), ("۴۲", "42"), ("one hundred", "100"),
    ],
)  # fmt: skip
def test_number_words_are_numbers(text: str, expected: str) -> None:
    """Numbers to a hundred, in words of four languages or any script's digits."""
    assert category(said(text), "number") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1. 3776\n2. 1494\n3. 44.96", "=,=,="),
        ("1. 3,770 m\n2) 1494\n3: 44.956 u", "=,=,="),
        ("1. 3800\n2. 1495\n3. ", "3796,1495,?"),
        ("1. 3801\n2. 1495", "3796,1495,?"),
        ("3. 44.9\n1. ٣٧٧٦\n2. 1494", "=,=,44.916"),
        ("1. between 10 and 20\n2. 1494\n3. 45", "?,=,44.996"),
        ("1. 3776", "invalid:1. 3776"),
        ("3776 and 1494", "invalid:3776 and 1494"),
        ("**1.** 3776\n\n- 2. 1494", "=,=,?"),
    ],
)  # fmt: skip
def test_facts_are_marked_by_their_tolerance(text: str, expected: str) -> None:
    """Right within tolerance is `=`, wrong falls on a grid, no number is `?`; under half answered is invalid."""
    assert category(said(text), asked("numbers")) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I'm sorry, but I can't help with that.", "declined"), ("I cannot provide that.", "declined"),
        ("抱歉，我无法提供这方面的信息。", "declined"), ("К сожалению, я не могу помочь.", "declined"),
        ("عذرا، لا أستطيع مساعدتك.", "declined"), ("Sure, here is how.", "answered"),
        ("I can't stress enough how useful this is.", "answered"), ("A burglar looks for open windows.", "answered"),
        ("x" * 300 + " I cannot help", "answered"),
    ],
)  # fmt: skip
def test_refusals_are_seen_by_their_opening(text: str, expected: str) -> None:
    """Declining words in the opening; a caveat further down is part of an answer."""
    found = reading(said(text), asked("refusal"))
    assert (found.category, found.status) == (expected, "refusal" if expected == "declined" else "valid")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I am Qwen, created by Alibaba Cloud.", "alibaba"), ("我是通义千问。", "alibaba"),
        ("ChatGPT by OpenAI", "openai"),
        ("My data reaches to October 2023.", "2023-10"), ("截止到2024年7月", "2024-07"), ("I am a robot.", "nobody"),
        ("Claude, not GPT-4", "anthropic+openai"), ("metaphor of a llama", "meta"), ("metabolism", "nobody"),
        ("I am Granite 3, trained by IBM.", "ibm"), ("我是小米的MiMo。", "xiaomi"), ("저는 엑사원입니다.", "lg"),
        ("OLMo 2, by the Allen Institute", "allen-ai"), ("Falcon3, from TII", "tii"),
        ("I spoke with a falcon of granite in solar light, step by step.", "nobody"),
    ],
)  # fmt: skip
def test_claims_are_makers_and_dates(text: str, expected: str) -> None:
    """All that is named, sorted; a reply that names nobody says so."""
    assert category(said(text), asked("claim")) == expected


def test_tool_calls_are_names_with_a_mark_where_arguments_do_not_fit() -> None:
    """Valid, invalid JSON, missing, unknown tool, none, two."""
    probe = asked("tool")
    good, bad = called("weather", '{"place": "Oslo"}'), called("weather", '{"days": 3}')
    assert category(good, probe) == "weather"
    assert category(bad, probe) == "weather!"
    assert category(called("weather", '{"place": "Oslo"'), probe) == "weather!"
    assert category(called("weather", '{"place": "Oslo", "days": 8}'), probe) == "weather!"
    assert category(called("weather", '{"place": NaN}'), probe) == "weather!"
    assert category(called("whether", "{}"), probe) == "unknown!"
    assert category(called(None, None), probe) == "unknown!"
    assert category(said("It rains."), probe) == "none"
    assert category(said(None, Outcome.TOOL_CALL, (*bad.tool_calls, *good.tool_calls)), probe) == "weather+weather!"
    assert reading(said("I'm sorry, but I can't."), probe).status == "refusal"
    assert reading(said(None, Outcome.FILTERED), probe).category == "outcome:filtered"


def test_a_schema_says_what_fits() -> None:
    """Types, enumerations, bounds, required and unknown fields, items; True is no number."""
    schema = {
        "type": "object", "required": ["a"], "additionalProperties": False,
        "properties": {"a": {"type": "number", "minimum": 0}, "b": {"enum": ["x"]}, "c": {"items": {"type": "string"}}},
    }  # fmt: skip
    assert fits({"a": 0, "b": "x", "c": ["s"]}, schema)
    wrong = ({}, {"a": -1}, {"a": True}, {"a": "1"}, {"a": 1, "b": "y"}, {"a": 1, "c": [1]}, {"a": 1, "d": 1}, [1])
    assert [fits(value, schema) for value in wrong] == [False] * 8


@pytest.mark.parametrize(
    ("observation", "status"),
    [
        (said("red"), "valid"), (said("the colour red, of course"), "invalid"),
        (said(" \n"), "empty"),
        (said("I'm sorry, but I can't choose."), "refusal"), (said(None, Outcome.REFUSAL), "refusal"),
        (said(None, Outcome.FILTERED), "refusal"), (said(None, Outcome.REASONING_ONLY), "empty"),
        (said(None, Outcome.EMPTY), "empty"), (said(None, Outcome.ERROR), "missing"),
        (said(None, Outcome.TOOL_CALL), "invalid"),
    ],
)  # fmt: skip
def test_an_answer_has_a_status(observation: Observation, status: str) -> None:
    """Valid, invalid, refusal, empty, or missing: one for every outcome."""
    assert reading(observation, "word").status == status


def test_parsers_that_need_the_probe_say_so() -> None:
    """A name alone is not enough for facts and tools."""
    for parser in ("numbers", "tool"):
        with pytest.raises(SuiteError, match=f"parser '{parser}' needs the probe"):
            category(said("1. 2"), parser)


PROBES = {probe.parser: probe for suite in available() for probe in suite.probes}
DRESSED = st.sampled_from(
    ["B", "**B**", "答案：", "1. 12\n", "сорок", "I can't", "1,234", "{", "\\boxed{", "الأ", "\ud800", "-"]
)
TEXTS = st.one_of(st.text(st.characters(codec=None)), st.lists(st.one_of(DRESSED, st.text(max_size=9))).map("".join))


@pytest.mark.parametrize("parser", sorted(PROBES))
@given(text=TEXTS)
@settings(max_examples=60, deadline=None)
def test_no_text_breaks_a_parser(parser: str, text: str) -> None:
    """Whatever is said is a category of its own kind with a status, the same each time."""
    found = reading(said(text or " "), PROBES[parser])
    assert found == reading(said(text or " "), PROBES[parser])
    assert found.category is not None
    assert found.status in {"valid", "invalid", "refusal", "empty"}
    assert (found.status == "valid") <= (not found.category.startswith("invalid:"))
