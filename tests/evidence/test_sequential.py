"""Paired streams: settled in the order of the plan, and void where the conditions fail."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from blackbox.evidence.sequential import PairedStream, SequentialRules, Slot, plan_entry, result, sequential_sentence
from tests.support.runs import drawn_answers, make_run, make_suite, peaked

if TYPE_CHECKING:
    import numpy as np

    from blackbox.core import Run

SUITE = make_suite(4, repeats=30)
SLOTS = tuple(Slot(key=f"{probe.id}#{k}", probe_id=probe.id) for k in range(30) for probe in SUITE.probes)
RULES = SequentialRules(alpha=0.05, n_pairs=1)


def run_of(answers: dict[str, Any], endpoint: str, *, plan: dict[str, Any] | None = None, **more: Any) -> Run:
    """Return a run collected until decided."""
    run = make_run(SUITE, answers, endpoint=endpoint, **more)
    said = {"order_digest": "one", "sequential": plan_entry(RULES, ["a", "b"])} | (plan or {})
    return replace(run, manifest=replace(run.manifest, plan=said))


def fed(a: Run, b: Run, order: list[int] | None = None) -> PairedStream:
    """Return the stream of two runs, their answers offered in the given order."""
    stream = PairedStream(slots=SLOTS, rules=RULES)
    offers = [("a", o) for o in a.observations] + [("b", o) for o in b.observations]
    for i in order if order is not None else range(len(offers)):
        side, o = offers[i]
        stream.offer("a" if side == "a" else "b", o.key, o.text)
    return stream


@pytest.fixture
def answers(rng: np.random.Generator) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Return answers of two unrelated laws."""
    laws = [peaked(rng, 4, 8, 0.3) for _ in range(2)]
    return drawn_answers(rng, SUITE, laws[0], 30), drawn_answers(rng, SUITE, laws[1], 30)


def test_the_order_of_arrival_changes_nothing(rng: np.random.Generator, answers: Any) -> None:
    """Whatever comes first, pairs are settled in the order of the plan."""
    a, b = run_of(answers[0], "a"), run_of(answers[1], "b")
    order = rng.permutation(240).tolist()
    assert fed(a, b).e_value == fed(a, b, order).e_value


def test_a_pair_waits_for_those_before_it() -> None:
    """An answer out of turn is kept, not settled."""
    stream = PairedStream(slots=SLOTS, rules=RULES)
    for side in ("a", "b"):
        stream.offer("a" if side == "a" else "b", SLOTS[1].key, "x")
    assert 0 == stream.betting.n_pairs
    stream.offer("a", SLOTS[0].key, "x")
    stream.offer("b", SLOTS[0].key, None)
    assert (1, 1) == (stream.betting.n_pairs, stream.n_skipped)


def test_an_answer_belongs_to_one_pair() -> None:
    """A second answer to one call is refused."""
    stream = PairedStream(slots=SLOTS, rules=RULES)
    stream.offer("a", SLOTS[0].key, "x")
    with pytest.raises(ValueError, match="answered twice"):
        stream.offer("a", SLOTS[0].key, "y")


def test_two_that_differ_are_decided(answers: Any) -> None:
    """Unrelated answers: different, p = 1/e, and the words claim the e-value alone."""
    a, b = run_of(answers[0], "a"), run_of(answers[1], "b")
    said = result(fed(a, b), a, b)
    assert "different" == said.status
    assert said.pvalue == 1 / said.e_value
    assert "e-value" in sequential_sentence(said)


def test_the_level_is_shared_by_pairs() -> None:
    """With m pairs each needs m times the wealth, the level divided by m."""
    assert 3 / 0.05 == pytest.approx(SequentialRules(alpha=0.05, n_pairs=3).needed)


def test_not_decided_is_never_equivalent(answers: Any) -> None:
    """One law: inconclusive, in words that deny sameness."""
    a = run_of(answers[0], "a")
    b = run_of({p: [v[-1], *v[:-1]] for p, v in answers[0].items()}, "b")
    said = result(fed(a, b), a, b)
    assert "undecided" == said.status
    assert "no evidence that they do not" in sequential_sentence(said)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"plan": {"order_digest": "two"}}, "no pairs"),
        ({"plan": {"sequential": None}}, "not collected together"),
        ({"plan": {"sequential": plan_entry(RULES, ["b", "c"])}}, "does not name the other"),
        ({"cache_headers": {"x-cache": "HIT"}}, "copies"),
        ({"session": 7}, "not collected together"),
    ],
)
def test_a_broken_condition_voids_it(answers: Any, changes: dict[str, Any], word: str) -> None:
    """Without pairs fixed beforehand, or with copies, nothing is said, and the reason is."""
    a, b = run_of(answers[0], "a"), run_of(answers[1], "b", **changes)
    said = result(fed(a, b), a, b)
    assert "void" == said.status
    assert word in said.reason


def test_shared_replies_void_it(answers: Any) -> None:
    """Replies with one identifier on both sides are copies."""
    a = run_of(answers[0], "a")
    b = replace(a, manifest=replace(a.manifest, endpoint={**a.manifest.endpoint, "name": "b"}))
    assert "identifier" in result(fed(a, b), a, b).reason


def test_unequal_loss_voids_it(answers: Any) -> None:
    """Answers lost on one side only may be lost for what they say."""
    lossy = {p: [None if k % 3 == 0 else x for k, x in enumerate(v)] for p, v in answers[1].items()}
    a, b = run_of(answers[0], "a"), run_of(lossy, "b")
    said = result(fed(a, b), a, b)
    assert "void" == said.status
    assert "lost more often" in said.reason
