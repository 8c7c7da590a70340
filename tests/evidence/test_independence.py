"""Copies and deterministic replies are not draws."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from support.runs import SAMPLED, drawn_answers, make_run, make_sample, make_suite, observe, peaked

from blackbox.evidence.independence import assess

if TYPE_CHECKING:
    from blackbox.core import Run


@pytest.fixture
def run() -> Run:
    """A run of independent draws with identifiers."""
    rng = np.random.default_rng(0)
    suite = make_suite(5)
    return make_run(suite, drawn_answers(rng, suite, peaked(rng, 5, 4), 10))


def with_observations(run: Run, **changes: object) -> Run:
    """Return the run with fields of all its observations changed."""
    return replace(run, observations=tuple(replace(o, **changes) for o in run.observations))


def test_draws_with_their_own_identifiers_are_independent(run: Run) -> None:
    """Nothing speaks against them."""
    assert assess(run).state == "independent"


def test_temperature_zero_makes_repeats(run: Run) -> None:
    """T = 0 was asked for: every repeat is the same draw."""
    found = assess(with_observations(run, sent_decoding=replace(SAMPLED, temperature=0.0)))
    assert (found.state, found.broken) == ("deterministic", True)


def test_a_seed_makes_repeats(run: Run) -> None:
    """A seed was sent: repeats may be copies."""
    assert assess(with_observations(run, sent_decoding=replace(SAMPLED, seed=1))).state == "deterministic"


@pytest.mark.parametrize(
    ("header", "value", "state"),
    [
        ("x-cache", "HIT", "copies"),
        ("X-Cache", "Hit from cloudfront", "copies"),
        ("cf-cache-status", "HIT", "copies"),
        ("age", "12", "copies"),
        ("x-cache", "MISS", "independent"),
        ("age", "0", "independent"),
    ],
)
def test_cache_headers(run: Run, header: str, value: str, state: str) -> None:
    """A cache that says it answered is believed; one that says it didn't, too."""
    assert assess(with_observations(run, cache_headers={header: value})).state == state


def test_a_fifth_of_repeated_identifiers_are_copies(run: Run) -> None:
    """A response cache: every fifth reply carries an earlier reply's id; the reason counts them."""
    o = run.observations
    cached = tuple(replace(x, response_id=o[i - 1].response_id) if i % 5 == 4 else x for i, x in enumerate(o))
    found = assess(replace(run, observations=cached))
    assert found.state == "copies"
    assert found.reason is not None
    assert "10 of 50 replies carry an earlier reply's identifier" in found.reason


def test_one_constant_identifier_identifies_nothing(run: Run) -> None:
    """A server that gives every reply the same id can't be judged by it: unknown, and said so."""
    assert assess(with_observations(run, response_id="chatcmpl-0")).state == "unknown"


def test_long_answers_that_repeat_word_for_word_are_copies() -> None:
    """Without identifiers a cache of long answers still shows."""
    long = [f"{i} " + "word " * 60 for i in range(8)]
    suite = make_suite(3, form="open")
    run = make_run(suite, {p.id: [*long, long[0], long[1]] for p in suite.probes})
    assert assess(with_observations(run, response_id=None)).state == "copies"
    fresh = make_run(suite, {p.id: long for p in suite.probes})
    assert assess(with_observations(fresh, response_id=None)).state == "unknown"


def test_answers_that_never_vary_anywhere_are_repeats() -> None:
    """Recorded answers at T = 0: identical repeats at every probe."""
    suite = make_suite(4)
    run = make_run(suite, {p.id: [f"answer {p.id}"] * 10 for p in suite.probes})
    assert assess(run).state == "deterministic"


def test_one_probe_that_varies_is_enough_for_draws() -> None:
    """A peaked endpoint is not a deterministic one."""
    suite = make_suite(4)
    answers = {p.id: ["x"] * 10 for p in suite.probes} | {"p000": ["x"] * 9 + ["y"]}
    assert assess(make_run(suite, answers)).state == "independent"


def test_replies_shared_between_two_runs_are_counted() -> None:
    """A cache that outlives a session gives both runs the same replies."""
    suite = make_suite(2)
    a = make_run(suite, {"p000": ["x", "y"], "p001": ["x", "z"]})
    b = replace(a, id="other", observations=(*a.observations[:1], observe("p001", 0, "q")))
    assert make_sample(a).n_shared_replies(make_sample(b)) == 1
