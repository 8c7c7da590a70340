"""Suites of recorded answers: ids as given, nothing invented, nothing becomes a path."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blackbox.core import Decoding, Message, Probe, digest
from blackbox.errors import SuiteError
from blackbox.suites import from_document, imported, imported_probe_id, lint


def test_a_prompt_becomes_one_probe_with_nothing_invented() -> None:
    """Decoding and token limit of recorded answers are unknown and stay so; form is decided by the answers."""
    suite = imported("alpaca", {"q1": "Say hello.", "q2": "你好"})
    expected = Probe(
        id="q1",
        family="imported",
        language="und",
        form="auto",
        messages=(Message(role="user", content="Say hello."),),
        repeats=1,
        max_output_tokens=None,
    )
    assert expected == suite.probes[0]
    assert (suite.name, suite.version, suite.origin) == ("alpaca", 1, "imported")
    assert Decoding() == suite.sent_decoding(suite.probes[1])
    assert lint(suite) == ()


def test_the_order_of_probes_is_the_mappings() -> None:
    """Probes keep the order in which the prompts came."""
    assert [probe.id for probe in imported("n", {"b": "x", "a": "y"}).probes] == ["b", "a"]


@given(st.dictionaries(st.text(st.characters(), min_size=1), st.text(st.characters()), min_size=1, max_size=5))
@settings(max_examples=30)
def test_any_table_can_become_a_suite(prompts: dict[str, str]) -> None:
    """Ids and prompts may be any text, lone surrogates and emptiness included, and survive a run's suite.json."""
    suite = imported("mine", prompts)
    assert len(prompts) == len(suite.probes)
    assert suite == from_document(suite.document, "test")


def test_an_id_for_a_prompt_without_one_is_of_its_probes_digest() -> None:
    """`p-` and 12 hex of the digest that decides whether two imported probes are one question."""
    probe = imported("mine", {"x": "Say hello."}).probes[0]
    assert imported_probe_id("Say hello.") == f"p-{probe.digest[:12]}"
    assert probe.digest == digest([{"role": "user", "content": "Say hello."}])


@pytest.mark.parametrize("name", ["", "A b", "../up", ".hidden", "a/b", "a\nb", "x" * 65, "名", 7, None])
def test_a_bad_suite_name_is_refused_with_a_good_one(name: object) -> None:
    """Names become part of run ids, so only safe ones pass; the message shows what to write."""
    with pytest.raises(SuiteError, match=r"is not a valid suite name; write 1 to 64 of a-z 0-9 \. _ -"):
        imported(name, {"a": "b"})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("prompts", "wrong"),
    [
        ({}, "the suite 'mine' has no prompts"),
        ({"": "x"}, r"probes\[0\]\.id: expected text, found an empty string"),
        ({"a": None}, r"probes\[0\]\.prompt: expected text, found nothing"),
        ({"a": 3}, r"probes\[0\]\.prompt: expected text, found 3"),
    ],
)
def test_bad_prompts_are_refused(prompts: dict[str, str], wrong: str) -> None:
    """No prompts, an empty id and a prompt that is not text are each one line."""
    with pytest.raises(SuiteError, match=wrong):
        imported("mine", prompts)
