"""Positive control: a share of the margin's size put into side b, and whether it is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from support.runs import drawn_answers, make_run, make_sample, make_suite, peaked

from blackbox import registry
from blackbox.evidence.positive import blended, positive_control
from blackbox.evidence.same import Design

if TYPE_CHECKING:
    from blackbox.evidence.samples import Sample

DESIGN = Design(signals={n: registry.signal(n) for n in ("exact_mmd", "chi2")}, seed=0, n_permutations=199)


def sides(n: int) -> tuple[Sample, Sample, Sample]:
    """A, the same again, and another model."""
    rng = np.random.default_rng(0)
    suite = make_suite(16)
    own, other = peaked(rng, 16, 6), peaked(rng, 16, 6)
    a, b, c = (
        make_sample(make_run(suite, drawn_answers(rng, suite, shares, n), endpoint=name))
        for name, shares in (("a", own), ("b", own), ("c", other))
    )
    return a, b, c


def forms(sample: Sample) -> dict[str, str]:
    """Every probe closed."""
    return {p.id: "closed" for p in sample.run.suite.probes}


def test_enough_answers_see_a_third_and_few_do_not() -> None:
    """Forty answers a probe detect a replaced 40 %; three do not, and the reason counts."""
    passed = positive_control(sides(40), forms(sides(40)[0]), DESIGN, share=0.4, alpha=0.05)
    failed = positive_control(sides(3), forms(sides(3)[0]), DESIGN, share=0.2, alpha=0.05)
    assert (passed.passed, passed.n_draws, passed.reason) == (True, 20, None)
    assert (failed.passed, "of 20 tests saw it" in failed.reason) == (False, True)


def test_a_control_that_is_the_same_model_is_never_seen() -> None:
    """Replacing answers by those of an equal distribution is not a difference: an easy pass can't be had."""
    a, b, _ = sides(40)
    rng = np.random.default_rng(9)
    twin = make_sample(
        make_run(
            a.run.suite, drawn_answers(rng, a.run.suite, peaked(np.random.default_rng(0), 16, 6), 40), endpoint="t"
        )
    )
    assert not positive_control((a, b, twin), forms(a), DESIGN, share=0.2, alpha=0.05).passed


def test_about_the_share_is_replaced_and_no_answer_of_the_control_used_twice() -> None:
    """A quarter of 640 answers, each from the control's own answers at the same probe."""
    _, b, c = sides(40)
    mixed = blended(b, c, {"answer"}, share=0.25, rng=np.random.default_rng(1))
    given = [o for o in mixed.run.observations if o.key.startswith("control:")]
    assert 120 <= len(given) <= 200
    assert len(mixed.run.observations) == len(b.run.observations)
    assert len({o.response_id for o in given}) == len(given)
    assert sorted(mixed.features["answer"].keys) == sorted(o.key for o in mixed.run.observations)


def test_a_lost_answer_of_the_control_replaces_nothing() -> None:
    """Of two answers of the control one is lost: at a share of one the other alone is put in, and one stays."""
    suite = make_suite(1)
    b, c = (
        make_sample(make_run(suite, {"p000": texts}, endpoint=name))
        for name, texts in (("b", ["x", "x"]), ("c", [None, "y"]))
    )
    mixed = blended(b, c, {"answer"}, share=1.0, rng=np.random.default_rng(1))
    assert sorted(str(o.text) for o in mixed.run.observations) == ["x", "y"]
