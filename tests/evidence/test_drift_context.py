"""Context of a history: what moved beside the answers, by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from support.runs import make_run, make_suite

from blackbox.core import TokenLogprob, Usage
from blackbox.evidence.drift_context import context_lines

if TYPE_CHECKING:
    from blackbox.core import Run

SUITE = make_suite(2)


def runs(*more: dict[str, object]) -> list[Run]:
    """Return one run of two questions for each set of circumstances."""
    return [make_run(SUITE, {p.id: ["x", "y"] for p in SUITE.probes}, session=k, **own) for k, own in enumerate(more)]


def test_a_count_of_prompt_tokens_that_moves_is_a_line_and_names_the_run() -> None:
    """Ten tokens in three runs, then twelve: the prompt is another one; .03 more is within four of 1 % of ten."""
    calm, moved = ({"usage": Usage(prompt_tokens=n)} for n in (10, 12))
    found = runs(calm, calm, calm, calm, moved)
    assert context_lines(found[:4], 3) == []
    assert context_lines(found, 3) == [
        f"reported prompt tokens a call: 10 in the first runs, 12 at {found[4].id}, a change of context"
    ]
    assert context_lines(found[2:], 3) == []


def test_lost_calls_of_one_question_do_not_move_the_count_of_tokens() -> None:
    """Questions of 10 and 30 tokens have a mean of 20 by question, however many calls of one are lost."""

    def asked(run: Run) -> Run:
        usage = {"p000": Usage(prompt_tokens=10), "p001": Usage(prompt_tokens=30)}
        return replace(run, observations=tuple(replace(o, usage=usage[o.probe_id]) for o in run.observations))

    whole = [asked(run) for run in runs({}, {}, {}, {})]
    lossy = replace(whole[3], observations=whole[3].observations[:3])
    assert context_lines([*whole[:3], lossy], 3) == []


def test_the_log_probability_is_that_of_what_the_first_runs_began_with() -> None:
    """The first runs begin with A at −.1; later A is the second choice at −1.2, and unlisted it says nothing."""

    def began(token: str, logprob: float, *top: tuple[str, float]) -> dict[str, object]:
        return {"logprobs": (TokenLogprob(token=token, logprob=logprob, top=top),)}

    first, unlisted, second = began("A", -0.1), began("B", -0.2), began("B", -0.3, ("A", -1.2))
    found = runs(first, first, first, unlisted, second)
    assert context_lines(found[:4], 3) == []
    assert context_lines(found, 3) == [
        f"log-probability of the first token: -0.1 in the first runs, -1.2 at {found[4].id}, a change of context"
    ]
