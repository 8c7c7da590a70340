"""Features of the kinship signals: openings, refusals, wrong answers, and the words behind shared grams."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from support.runs import make_run

from blackbox import registry, suites
from blackbox.core import Outcome
from blackbox.features import shared_phrases
from blackbox.features._phrases import MAX_WORDS
from blackbox.features._tokens import word3_hashes
from blackbox.features.refused import REFUSED

if TYPE_CHECKING:
    from blackbox.core import Run


def grams(text: str) -> np.ndarray:
    """Return the 32-bit word 3-grams of a text, as populations keep them."""
    return np.unique((word3_hashes([text]).values >> np.uint64(32)).astype(np.uint32))


@pytest.fixture
def run() -> Run:
    """Return a run of the shipped one-token suite that answers every probe with one word."""
    suite = suites.find("one-token")
    return make_run(suite, {p.id: ["The quick brown fox"] * p.repeats for p in suite.probes})


def test_an_opening_is_the_first_tokens_in_order(run: Run) -> None:
    """Four words give four codes, in reading order, equal for equal words whatever their case."""
    probe = run.suite.probes[0].id
    found = registry.feature("opening").extract(run, frozenset({probe}))
    row = found.values[found.offsets[0] : found.offsets[1]]
    upper = replace(run, observations=tuple(replace(o, text=str(o.text).upper()) for o in run.observations))
    again = registry.feature("opening").extract(upper, frozenset({probe}))
    assert len(row) == 4
    assert again.values[:4].tolist() == row.tolist()


def test_refusals_have_a_code_that_survives_shortening(run: Run) -> None:
    """Refused and filtered replies; the code is in the upper half, which populations keep."""
    probe = run.suite.probes[0].id
    first, second, *rest = (o for o in run.observations if o.probe_id == probe)
    changed = (replace(first, outcome=Outcome.REFUSAL), replace(second, outcome=Outcome.FILTERED, text=None), *rest)
    found = registry.feature("refused").extract(replace(run, observations=changed), frozenset({probe}))
    assert found.values[:3].tolist() == [REFUSED, REFUSED, 0]
    assert REFUSED >> 32 == 1


def test_wrong_answers_need_a_key(run: Run) -> None:
    """Without a key no row; with one, only answers that are not it."""
    probe = run.suite.probes[0].id
    assert registry.feature("wrong_answer").extract(run, frozenset({probe})).keys == ()

    @dataclass(frozen=True)
    class Keyed:
        id: str
        parser: str
        key: str

    observations = [o for o in run.observations if o.probe_id == probe]
    said = ("paris", "Lyon", "LYON", "nice")
    named = [replace(o, text=text) for o, text in zip(observations, said, strict=False)]

    class Suite:
        probes = (Keyed(id=probe, parser="text", key="paris"),)

    class KeyedRun:
        suite = Suite()
        observations = tuple(named)

    found = registry.feature("wrong_answer").extract(KeyedRun(), frozenset({probe}))
    assert len(found.keys) == 3


def test_a_wrong_tool_is_a_wrong_answer(run: Run) -> None:
    """Tools are read with what the probe offers."""
    probe = suites.find("tool-call.short").probes[0]
    call = {"function": {"name": probe.tools[1]["function"]["name"], "arguments": "{}"}}
    called = replace(run.observations[0], probe_id=probe.id, text=None, outcome=Outcome.TOOL_CALL, tool_calls=(call,))
    asked = SimpleNamespace(suite=SimpleNamespace(probes=(probe,)), observations=(called,))
    assert len(registry.feature("wrong_answer").extract(asked, frozenset({probe.id})).keys) == 1


def test_phrases_are_the_longest_shared_stretches_rarest_first() -> None:
    """Two stretches; the one no reference holds comes first, with its own words."""
    a = "It is important to note that velvet herons rarely whistle. In conclusion, it depends."
    b = "Well: velvet herons rarely whistle. Also, it is important to note that rain falls."
    held = [grams("It is important to note that anything goes") for _ in range(5)]
    first, second = shared_phrases(a, b, held)
    assert (first.text, first.n_sharing) == ("velvet herons rarely whistle.", 0)
    assert (second.text, second.n_sharing, second.n_words) == ("it is important to note that", 5, 6)


def test_one_answer_twice_is_one_cut_phrase() -> None:
    """A whole shared answer is shown around its rarest words, cut to a readable length."""
    text = " ".join(f"word{i}" for i in range(200))
    [found] = shared_phrases(text, text, [])
    assert found.n_words <= MAX_WORDS
    assert found.text in text


@pytest.mark.parametrize("text", ["", "one two", "… !!! ???", "\ud800 x y"])
def test_nothing_to_share_is_no_phrase(text: str) -> None:
    """Too short, marks alone, lone surrogates: none, and no error."""
    assert shared_phrases(text, "quite other words here", []) == []


def test_ideographs_are_shown_as_written() -> None:
    """One character is one token; the phrase has no spaces put in."""
    [found] = shared_phrases("我们认为苹果很好吃", "他们认为苹果很贵", [])
    assert found.text == "们认为苹果很"
