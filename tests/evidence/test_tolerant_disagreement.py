"""At temperature 0 parsed answers are compared, so that dress and tolerated differences are no disagreement."""

from __future__ import annotations

from dataclasses import replace

from blackbox.core import Fact, Run
from blackbox.evidence.benign import deterministic_disagreement
from blackbox.evidence.independence import assess
from blackbox.evidence.samples import Sample
from blackbox.features.answer import FEATURE
from tests.support.runs import make_run, make_suite

PLAIN = make_suite(2, repeats=2)
FACT = Fact(id="peak", value=3776, tolerance=10, unit="m", source="map")
SUITE = replace(PLAIN, probes=tuple(replace(p, parser="numbers", facts=(FACT,)) for p in PLAIN.probes))
IDS = [p.id for p in SUITE.probes]


def run(endpoint: str, first: str, second: str) -> Run:
    """Return a run that gives one answer at each of the two probes, twice."""
    return make_run(SUITE, dict(zip(IDS, ([first] * 2, [second] * 2), strict=True)), endpoint=endpoint)


def sample(found: Run, *, parsed: bool = True) -> Sample:
    """Return a sample with or without parsed answers."""
    return Sample.of(found, {"answer": FEATURE.extract(found, frozenset(IDS))} if parsed else {})


def test_within_tolerance_is_agreement() -> None:
    """3,770 m and 3776 are one answer to a fact with a tolerance of 10; 3900 is another."""
    a, b = run("a", "1. 3,770 m", "1. 3776"), run("b", "1) 3776", "1. 3900")
    assert deterministic_disagreement(sample(a), sample(b), IDS, []).value == 0.5


def test_texts_are_compared_where_one_side_is_not_parsed() -> None:
    """Categories are never compared with texts: without both, dress counts."""
    a, b = run("a", "1. 3,770 m", "1. 3776"), run("b", "1) 3776", "1. 3776")
    assert deterministic_disagreement(sample(a), sample(b, parsed=False), IDS, []).value == 0.5
    assert deterministic_disagreement(sample(a, parsed=False), sample(b), IDS, []).value == 0.5
    assert deterministic_disagreement(sample(a), sample(b), IDS, []).value == 0.0


def test_a_run_of_thought_alone_is_over_budget() -> None:
    """Half of the replies without an answer is the limit; one fewer is judged as ever."""
    suite = make_suite(1, repeats=4)
    answers = {suite.probes[0].id: ["red", "blue", "red", "green"]}
    whole = make_run(suite, answers).observations

    def state(n: int) -> str:
        silent = [replace(o, outcome="reasoning_only", text=None) for o in whole[:n]]
        return assess(replace(make_run(suite, answers), observations=(*silent, *whole[n:]))).state

    assert (state(1), state(2), state(4)) == ("independent", "over_budget", "over_budget")
