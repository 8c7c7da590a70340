"""The verdict table: what keeps a small p from meaning 'different'."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from support.runs import drawn_answers, make_run, make_sample, make_suite, peaked

from blackbox import registry
from blackbox.core import Effect
from blackbox.evidence import wording
from blackbox.evidence.control import Control, repeat_control, time_halves
from blackbox.evidence.independence import Independence
from blackbox.evidence.loss import Loss
from blackbox.evidence.same import Design, PairTest
from blackbox.evidence.verdict import Circumstances, Judged, judge

if TYPE_CHECKING:
    from blackbox.evidence.samples import Sample

DESIGN = Design(signals={n: registry.signal(n) for n in ("exact_mmd", "chi2")}, seed=0, n_permutations=999)
DRAWS = Independence(state="independent", reason=None)
CALM = Circumstances(
    independence_a=DRAWS,
    independence_b=DRAWS,
    n_shared_replies=0,
    control_a=None,
    control_b=None,
    failed=frozenset(),
)


def pair_test_of(
    pvalue: float | None, *, loss: float = 1.0, imputed: float | None = None, effect: float = 0.2
) -> PairTest:
    """Return a test with the given p-values."""
    return PairTest(
        pvalue=pvalue,
        pvalue_imputed=imputed,
        effect=Effect(value=effect, ci_low=effect / 2, ci_high=effect * 2, unit="mmd2"),
        signals=(),
        loss=Loss(pvalue=loss, a={}, b={}),
        n_permutations=999,
        primary="exact_mmd",
    )


def verdict(test: PairTest | None, p: float | None = 0.001, around: Circumstances = CALM) -> Judged:
    """Judge at α = .01."""
    return judge(test, pvalue_adjusted=p, alpha=0.01, around=around)


def test_a_small_p_is_different() -> None:
    """Nothing hinders it."""
    assert verdict(pair_test_of(0.001)).verdict == "different"


def test_p_at_alpha_is_different_and_just_above_is_not() -> None:
    """The level belongs to the rejection region."""
    assert verdict(pair_test_of(0.01), 0.01).verdict == "different"
    assert verdict(pair_test_of(0.0101), 0.0101).verdict == "inconclusive"


def test_not_rejected_is_inconclusive_and_says_why_not_more() -> None:
    """Equivalence is not reachable in this version, and the reason says so."""
    found = verdict(pair_test_of(0.6), 0.6)
    assert found.verdict == "inconclusive"
    assert "equivalence can't be concluded" in found.reason


def test_without_a_test_it_is_not_applicable() -> None:
    """Fewer than two usable answers a side at every probe."""
    assert verdict(pair_test_of(None), None).verdict == "not_applicable"


@pytest.mark.parametrize(("state", "expected"), [("copies", "inconclusive"), ("deterministic", "not_applicable")])
def test_copies_are_never_different(state: str, expected: str) -> None:
    """Rule 13: whatever p says."""
    broken = Independence(state=state, reason="copies, not draws")
    for around in (replace(CALM, independence_a=broken), replace(CALM, independence_b=broken)):
        found = verdict(pair_test_of(0.001), around=around)
        assert found.verdict == expected
        assert "copies, not draws" in found.reason


def test_replies_shared_between_the_sides_are_never_different() -> None:
    """Rule 13 across runs."""
    assert verdict(pair_test_of(0.001), around=replace(CALM, n_shared_replies=3)).verdict == "inconclusive"


def test_a_failed_control_is_never_different() -> None:
    """An endpoint that differs from itself shows nothing about another."""
    found = verdict(pair_test_of(0.001), around=replace(CALM, failed=frozenset({"b"})))
    assert (found.verdict, "repeat control failed: B" in found.reason) == ("inconclusive", True)


def test_unequal_loss_needs_the_imputed_p() -> None:
    """Different only if it survives least favourable imputation, adjusted like the p itself."""
    assert verdict(pair_test_of(0.001, loss=0.05, imputed=0.2)).reason.startswith("unequal loss")
    assert verdict(pair_test_of(0.001, loss=0.05, imputed=0.005)).verdict == "different"
    assert verdict(pair_test_of(0.001, loss=0.05, imputed=0.005), 0.003).verdict == "inconclusive"
    assert verdict(pair_test_of(0.001, loss=0.06, imputed=None)).verdict == "different"


def test_an_effect_no_larger_than_between_sessions_lies_in_the_repeat_band() -> None:
    """The second session's interval is the band."""
    session = Control(pvalue=0.5, kind="second_session", reason=None, tests=(pair_test_of(0.5, effect=0.3),))
    inside = verdict(pair_test_of(0.001, effect=0.5), around=replace(CALM, control_a=session))
    outside = verdict(pair_test_of(0.001, effect=0.7), around=replace(CALM, control_a=session))
    assert (inside.band, outside.band) == ("repeat", "unknown")


def test_sentences_never_call_two_products_kin() -> None:
    """With different claimed names the difference says nothing about ancestry."""
    sentence = wording.same_sentence(
        verdict(pair_test_of(0.001)), pvalue_adjusted=0.001, alpha=0.01, claims_differ=True
    )
    assert wording.TWO_PRODUCTS in sentence


def test_the_band_is_part_of_the_sentence() -> None:
    """Without a benign band, serving and model can't be told apart, and the sentence says so."""
    sentence = wording.same_sentence(
        verdict(pair_test_of(0.001)), pvalue_adjusted=0.001, alpha=0.01, claims_differ=False
    )
    assert wording.BANDS["unknown"] in sentence


@pytest.fixture
def sample() -> Sample:
    """A run of twenty answers a probe."""
    rng = np.random.default_rng(0)
    suite = make_suite(12)
    return make_sample(make_run(suite, drawn_answers(rng, suite, peaked(rng, 12, 5), 20)))


def all_closed(sample: Sample) -> dict[str, str]:
    """Every probe closed."""
    return {p.id: "closed" for p in sample.run.suite.probes}


def test_halves_are_early_and_late(sample: Sample) -> None:
    """The first ten blocks against the last ten, at every probe."""
    halves = time_halves(sample)
    assert halves is not None
    early, late = ({o.block_id for o in half.run.observations} for half in halves)
    assert (early, late) == (set(range(10)), set(range(10, 20)))


def test_an_endpoint_swapped_halfway_fails_its_own_halves() -> None:
    """A time split sees it (a random split would not)."""
    rng = np.random.default_rng(1)
    suite = make_suite(12)
    first, second = (drawn_answers(rng, suite, peaked(rng, 12, 5), 10) for _ in range(2))
    swapped = make_sample(make_run(suite, {p: first[p] + second[p] for p in first}))
    control = repeat_control(swapped, [], all_closed(swapped), DESIGN)
    assert control.kind == "halves"
    assert control.pvalue is not None
    assert control.pvalue <= 0.01


def test_a_second_session_is_preferred_to_halves(sample: Sample) -> None:
    """Another run of the same endpoint is the control."""
    rng = np.random.default_rng(2)
    again = make_sample(
        make_run(sample.run.suite, drawn_answers(rng, sample.run.suite, peaked(rng, 12, 5), 20), session=1)
    )
    assert repeat_control(sample, [again], all_closed(sample), DESIGN).kind == "second_session"


def test_without_times_there_are_no_halves(sample: Sample) -> None:
    """The order of rows in a file is not time."""
    timeless = replace(sample.run, observations=tuple(replace(o, requested_at=None) for o in sample.run.observations))
    control = repeat_control(replace(sample, run=timeless), [], all_closed(sample), DESIGN)
    assert control.pvalue is None
    assert control.reason is not None


def test_three_answers_are_too_few_to_halve() -> None:
    """Two a side are needed."""
    suite = make_suite(2)
    short = make_sample(make_run(suite, {p.id: ["x", "y", "x"] for p in suite.probes}))
    control = repeat_control(short, [], all_closed(short), DESIGN)
    assert (control.pvalue, "too few to halve" in str(control.reason)) == (None, True)
