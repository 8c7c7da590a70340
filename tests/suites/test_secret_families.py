"""Families whose released questions are written by hand, drawn from a key: what is asked and what is the answer."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import lru_cache
from itertools import product
from statistics import mean
from typing import TYPE_CHECKING

import pytest

from blackbox.features._batches import batch
from blackbox.features._claims import claim
from blackbox.features._tools import fits, tool_category
from blackbox.suites import available, find, secret_suite
from blackbox.suites.families import knowledge, tool_calls
from blackbox.suites.families.draws import Draws
from blackbox.suites.families.refusal_topics import FIELDS

if TYPE_CHECKING:
    from blackbox.core import Fact, Probe, Suite

KEYS = (b"0123456789abcdef", b"fedcba9876543210")
FAMILIES = ("identity", "knowledge-edge", "refusal", "tool-call")
PINNED = {
    "identity": "a017e70454a58c3bbad8da33546db25d23a83b81a43a8f8d4d56046dc6fea2f6",
    "knowledge-edge": "5a734dcfce30acb2b3e584681a5b8224d7da9a933d43e797a14ea800197a94e5",
    "refusal": "2f0c012c2c6ef29539ce22f7b37f0e67728994bd04deb90c8a9e513a517eaab0",
    "tool-call": "4b0f7aebe8698e65679893fa56f69735fc3d1d6a383eed880a4637b276717f9b",
}
"""Digest of each family's suite under the first key: the same key gives the same questions for ever."""
RELATIONS = {
    "difference": r"How far apart are the two: (.+); (.+)\?|By how much do these differ: (.+); (.+)\?"
    r"|Take the smaller of the two from the larger: (.+); (.+)\."
    r"|(.+)；(.+)。两者相差多少？|大的减去小的，得多少：(.+)；(.+)？",
    "sum": r"What is the sum of the two: (.+); (.+)\?|What do these add up to: (.+); (.+)\?|Add the two: (.+); (.+)\."
    r"|(.+)；(.+)。两者相加得多少？|两数之和是多少：(.+)；(.+)？",
    "ratio": r"Divide (.+) by (.+), to three decimals\.|How many times (.+) is (.+), to three decimals\?",
    "larger": r"Which is larger\? 1: (.+); 2: (.+)\. Write 1 or 2\."
    r"|1: (.+); 2: (.+)\. Write 1 or 2 for the larger one\."
    r"|1：(.+)；2：(.+)。哪一个更大？写1或2。|(.+)（1）与(.+)（2），较大的是哪一个？写1或2。",
    "smaller": r"Which is smaller\? 1: (.+); 2: (.+)\. Write 1 or 2\."
    r"|1: (.+); 2: (.+)\. Write 1 or 2 for the smaller one\."
    r"|1：(.+)；2：(.+)。哪一个更小？写1或2。|(.+)（1）与(.+)（2），较小的是哪一个？写1或2。",
}


@lru_cache
def secret(family: str, key: bytes = KEYS[0]) -> Suite:
    """Return the suite that a key stands for."""
    return secret_suite(family, key)


def prompts(suite: Suite) -> list[str]:
    """Return what a suite asks."""
    return [probe.messages[-1].content for probe in suite.probes]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_key_gives_the_same_suite_for_ever(family: str) -> None:
    """A released rule is never changed under a key that somebody holds."""
    assert secret(family).digest == PINNED[family]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_secret_suite_has_the_mix_of_the_release(family: str) -> None:
    """As many requests of each kind and language, the same parser, repeats and limits, prompts of similar length."""
    suite, released = secret(family), find(family)

    def mix(probes: tuple[Probe, ...]) -> Counter[tuple[object, ...]]:
        return Counter((p.family, p.language, p.parser, p.repeats, p.max_output_tokens, len(p.tools)) for p in probes)

    assert mix(suite.probes) == mix(released.probes)
    for language in ("en", "zh"):
        drawn, written = (
            mean(len(p.messages[-1].content) for p in each.probes if p.language == language)
            for each in (suite, released)
        )
        assert 2 / 3 < drawn / written < 3 / 2


@pytest.mark.parametrize("family", FAMILIES)
def test_no_released_question_comes_up(family: str) -> None:
    """Not one prompt of five keys is a released one, and no two keys have more than a few in common."""
    public = {prompt for suite in available() if suite.name == family for prompt in prompts(suite)}
    drawn = [set(prompts(secret_suite(family, f"key number {i:06d}".encode()))) for i in range(5)]
    assert not set().union(*drawn) & public
    n = len(secret(family).probes)
    assert max(len(x & y) for i, x in enumerate(drawn) for y in drawn[:i]) <= 0.08 * n


# --- knowledge-edge


def table(probe_id: str) -> dict[str, Fact]:
    """Return the released facts of a batch by what their question says."""
    probe = next(p for p in find("knowledge-edge@2").probes if p.id == probe_id)
    lines = probe.messages[-1].content.splitlines()[1:]
    asked = [re.sub("(发生)?[在于]公元哪一年", "", line.split(" ", 1)[1]) for line in lines]
    return dict(zip(asked, probe.facts, strict=True))


def named(name: str, facts: dict[str, Fact]) -> Fact:
    """Return the fact whose released question holds a name; exactly one does."""
    found = [fact for question, fact in facts.items() if name.removeprefix("the RFC that ") in question]
    exact = [fact for fact in found if len(found) == 1] or [
        fact for question, fact in facts.items() if re.search(rf"(of|is|was|did) {re.escape(name)}\b", question)
    ]
    assert len(exact) == 1, name
    return exact[0]


def asked_of(line: str) -> tuple[str, str, str]:
    """Return what a line asks, and of which two things."""
    found = [
        (kind, *(group for group in match.groups() if group))
        for kind, pattern in RELATIONS.items()
        if (match := re.fullmatch(pattern, line))
    ]
    assert len(found) == 1, line
    kind, p, q = found[0]
    return (kind, q, p) if line.startswith("How many times") else (kind, p, q)


def answer(kind: str, p: float, q: float) -> float:
    """Return what is asked of two numbers."""
    if kind in {"larger", "smaller"}:
        return 1.0 if (p > q) == (kind == "larger") else 2.0
    return {"difference": abs(p - q), "sum": p + q, "ratio": p / q}[kind]


@pytest.mark.parametrize("key", KEYS)
def test_derived_keys_follow_from_the_released_table(key: bytes) -> None:
    """Every key is what the printed question asks of the two released facts; the tolerance is just wide enough."""
    for probe in secret("knowledge-edge", key).probes:
        facts, lines = table(probe.id), probe.messages[-1].content.splitlines()[1:]
        for line, fact in zip(lines, probe.facts, strict=True):
            kind, *names = asked_of(line.split(" ", 1)[1])
            p, q = (named(name, facts) for name in names)
            right = answer(kind, p.value, q.value)
            assert fact.value == pytest.approx(right, abs=1e-6)
            corners = product((-1, 1), repeat=2)
            off = max(
                abs(answer(kind, p.value + i * p.tolerance, q.value + j * q.tolerance) - right) for i, j in corners
            )
            rounding = 0.0005 if kind == "ratio" else 0
            assert off + rounding - 1e-9 <= fact.tolerance <= off + rounding + 3e-6


@pytest.mark.parametrize("key", KEYS)
def test_every_fact_is_asked_twice(key: bytes) -> None:
    """No fact weighs more than another, and no pair comes twice."""
    for probe in secret("knowledge-edge", key).probes:
        pairs = [re.findall(rf"{probe.id}-\d+", fact.source) for fact in probe.facts]
        counts = Counter(fact for pair in pairs for fact in pair)
        assert set(counts.values()) == {2}
        assert len({frozenset(pair) for pair in pairs}) == len(pairs) == 10


def test_facts_closer_than_their_tolerances_are_never_paired() -> None:
    """Which of two such facts is larger would be nobody's to say: among released boiling points there are several."""
    facts = knowledge.known(next(p for p in find("knowledge-edge@2").probes if p.id == "boiling-points"))
    close = [abs(p.value - q.value) <= p.tolerance + q.tolerance for p in facts for q in facts if p is not q]
    assert any(close)
    for i in range(30):
        pairs = knowledge.ring(Draws(b"any key", str(i)), facts)
        assert all(abs(p.value - q.value) > p.tolerance + q.tolerance for p, q in pairs)


def test_derived_answers_are_read_within_tolerance() -> None:
    """Right answers are `=`, answers off by three tolerances and one are not."""
    for probe in secret("knowledge-edge").probes:
        right = "\n".join(f"{i}. {fact.value:.10g}" for i, fact in enumerate(probe.facts, start=1))
        wrong = "\n".join(
            f"{i}. {fact.value + 3 * fact.tolerance + 1:.10g}" for i, fact in enumerate(probe.facts, start=1)
        )
        assert batch(right, probe.facts) == ",".join("=" * 10)
        assert "=" not in str(batch(wrong, probe.facts))


# --- tool-call


def test_the_expected_call_is_known_and_fits() -> None:
    """The call that a request wants fits the schema of the tool it wants, and says what the request says."""
    cases = tool_calls.expected(Draws(KEYS[0], "tool-call"))
    assert [case.document["prompt"] for case in cases] == prompts(secret("tool-call"))
    for case in cases:
        tools, key = case.document["tools"], case.document["key"]
        names = [tool["function"]["name"] for tool in tools]
        assert len(set(names)) == len(names)
        assert all(said in case.document["prompt"] for said in case.spoken)
        if case.arguments is None:
            assert key == tool_category([], tools) == "none"
            continue
        schema = tools[names.index(key)]["function"]["parameters"]
        assert sorted(case.arguments) == sorted(schema["required"])
        call = {"function": {"name": key, "arguments": json.dumps(case.arguments)}}
        assert tool_category([call], tools) == key


def test_another_argument_would_not_fit() -> None:
    """Schemas are no rubber stamps: a value out of its enumeration or range, or a new name, is marked."""
    cases = [case for case in tool_calls.expected(Draws(KEYS[0], "tool-call")) if case.arguments]
    kinds = set()
    for case in cases:
        function = next(t["function"] for t in case.document["tools"] if t["function"]["name"] == case.document["key"])
        arguments = dict(case.arguments or {})
        assert not fits({**arguments, "extra argument": 1}, function["parameters"])
        for name, schema in function["parameters"]["properties"].items():
            wrong = "no such option" if "enum" in schema else schema.get("maximum", 0) + 1
            if name in arguments and ("enum" in schema or "maximum" in schema):
                kinds.add("enum" if "enum" in schema else "maximum")
                assert not fits({**arguments, name: wrong}, function["parameters"])
    assert kinds == {"enum", "maximum"}


# --- identity and refusal


def test_identity_questions_name_no_maker() -> None:
    """A question that names a maker would lead the answer."""
    for i in range(20):
        for prompt in prompts(secret_suite("identity", f"key number {i:06d}".encode())):
            assert claim(prompt) is None


def test_every_topic_fits_every_framing() -> None:
    """Topics of a family are in its language and of one form: plain words that end no sentence, without braces."""
    for by_language in FIELDS.values():
        for language, field in by_language.items():
            assert len(set(field.topics)) == len(field.topics) >= 12
            assert all(framing.count("{x}") == 1 for framing in field.framings)
            assert all(topic.isascii() == (language == "en") for topic in field.topics)
            assert not re.search(r"[.?!。？！{}]", "".join(field.topics))


def test_a_topic_comes_once() -> None:
    """No two requests of a suite are about the same."""
    for language in ("en", "zh"):
        for family, by_language in FIELDS.items():
            asked = [
                p.messages[-1].content for p in secret("refusal").probes if (p.family, p.language) == (family, language)
            ]
            topics = [next(t for t in by_language[language].topics if t in prompt) for prompt in asked]
            assert len(set(topics)) == len(topics)
