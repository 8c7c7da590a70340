"""What is allowed and still weakens a suite is found, and nothing else is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blackbox.suites import SCHEMA, from_document, lint
from blackbox.suites.linting import _grams, _near_pairs
from blackbox.suites.schema import content_digest

if TYPE_CHECKING:
    from blackbox.core import Suite

LONG = "Tell me how to repair a wooden chair whose back leg has come loose after many years of use"


def suite(*prompts: str, **changes: Any) -> Suite:
    """Return a clean closed suite of `prompts` with some of its fields changed; None takes a field away."""
    fields: dict[str, Any] = {
        "licence": "MIT",
        "system": "You are a helpful assistant.",
        "decoding": {"temperature": 1, "top_p": 1},
        **changes,
    }
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "name": "mine",
        "version": 1,
        "questions": ["same"],
        "defaults": {"family": "f", "language": "en", "form": "closed", "repeats": 2, "max_output_tokens": 9},
        "probes": [{"id": f"p{i}", "prompt": prompt} for i, prompt in enumerate(prompts)],
    }
    document |= {key: value for key, value in fields.items() if value is not None}
    return from_document({**document, "digest": content_digest(document)}, "test")


def test_a_clean_suite_has_no_finding() -> None:
    """Different questions at temperature 1, top_p 1, with a system message: nothing to say."""
    assert lint(suite("Name a colour.", "Name a city.", "说一种动物。")) == ()


def test_questions_that_share_a_beginning_are_no_duplicates() -> None:
    """Half of the words in common is not nearly the same question."""
    assert lint(suite(LONG, LONG[:60] + "seat has split in two and wobbles")) == ()
    assert lint(suite("Name a calf.", "Name a call.")) == ()


@pytest.mark.parametrize(
    ("prompts", "finding"),
    [
        (["  \n"], "'p0': a message is blank; write what is asked"),
        ([""], "'p0': a message is blank; write what is asked"),
        (["a\udc00"], "'p0': a lone surrogate has no UTF-8 form; write the whole character"),
        (["Name one.", "Name one."], "'p1': asks exactly what 'p0' asks; raise repeats instead"),
        ([LONG, f"{LONG.upper()}!!"], "'p1': asks nearly what 'p0' asks; ask something else"),
        ([LONG, LONG.replace("years", "year")], "'p1': asks nearly what 'p0' asks; ask something else"),
        (["Name a colour, e.g. blue."], "'p0': 'e.g.' leads the answer; ask without an example"),
        (["Name a colour such as blue."], "'p0': 'such as' leads the answer; ask without an example"),
        (["说一种颜色，比如蓝色。"], "'p0': '比如' leads the answer; ask without an example"),
    ],
)
def test_what_is_wrong_with_prompts_is_found(prompts: list[str], finding: str) -> None:
    """Blank, unsendable, repeated, nearly repeated and leading prompts are each one finding."""
    assert lint(suite(*prompts)) == (finding,)


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({"decoding": {"temperature": 1, "top_p": 1, "seed": 7}}, "a seed at temperature above 0 makes copies"),
        ({"decoding": {"temperature": 0.7, "top_p": 1}}, "temperature 0.7 is neither 0 nor 1; write temperature: 1"),
        ({"decoding": {"temperature": 1}}, "top_p is not 1"),
        ({"decoding": {"temperature": 1, "top_p": 0.9}}, "top_p is not 1"),
        ({"decoding": {"top_p": 1}}, "the temperature is not stated"),
        ({"system": None}, "no system message"),
    ],
)
def test_what_makes_draws_unfair_is_found(changes: dict[str, Any], finding: str) -> None:
    """A seed, another temperature, truncation or a missing system message at T > 0 is one finding for the suite."""
    findings = lint(suite("Name a colour.", "Name a city.", **changes))
    assert len(findings) == 1
    assert findings[0].startswith(f"all 2 probes: {finding}")


def test_a_deterministic_suite_may_send_a_seed() -> None:
    """At temperature 0 answers are repeats anyway: seed, top_p and system message are the author's choice."""
    assert lint(suite("Name a colour.", decoding={"temperature": 0, "seed": 1}, system=None)) == ()


def test_a_suite_without_licence_is_told_so() -> None:
    """Others can't use a suite whose licence they don't know."""
    assert lint(suite("Name a colour.", licence=None)) == ("the suite states no licence; write e.g. licence: MIT",)


def test_an_open_question_may_speak_of_examples() -> None:
    """Only closed questions are led by an example."""
    changes = {"family": "f", "language": "en", "form": "open", "repeats": 1, "max_output_tokens": 9}
    assert lint(suite("Explain what a metaphor is, for example from poems.", defaults=changes)) == ()


def test_a_finding_names_three_probes_at_most() -> None:
    """A finding about many probes, but not all, stays one line."""
    probes = [{"id": f"p{i}", "prompt": f"{'x' * i} {i}", "decoding": {"seed": 1}} for i in range(5)]
    probes.append({"id": "q", "prompt": "Name a colour."})
    findings = lint(suite(probes=probes))
    assert findings[0].startswith("'p0', 'p1', 'p2' and 2 more: a seed")


def test_a_baseline_may_be_asked_twice() -> None:
    """Probes of the family `baseline` repeat a prompt on purpose; others in the same words do not."""
    twice = [{"id": i, "family": "baseline", "prompt": "Say done."} for i in ("a", "b")]
    assert lint(suite(probes=twice)) == ()
    assert len(lint(suite(probes=[*twice, {"id": "c", "prompt": "Say done."}]))) == 1


@given(st.lists(st.text("ab c", max_size=30), max_size=8))
@settings(max_examples=50)
def test_near_pairs_are_those_of_the_double_loop(prompts: list[str]) -> None:
    """The prefix filter loses no pair and invents none."""
    sets = [_grams(prompt) for prompt in prompts]
    naive = [
        (i, j) for j in range(len(sets)) for i in range(j) if 5 * len(sets[i] & sets[j]) >= 4 * len(sets[i] | sets[j])
    ]
    assert naive == list(_near_pairs(sets))
