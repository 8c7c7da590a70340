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
from blackbox.evidence.benign import BenignBand, Disagreement
from blackbox.evidence.blocks import Blocks, Homogeneity
from blackbox.evidence.control import Control, repeat_control, time_halves
from blackbox.evidence.document import SameEvidence, same_entry
from blackbox.evidence.equivalence import Equivalence
from blackbox.evidence.explanations import Explanation
from blackbox.evidence.independence import Independence
from blackbox.evidence.loss import Loss
from blackbox.evidence.positive import PositiveControl
from blackbox.evidence.same import Design, PairTest
from blackbox.evidence.similarity import Band
from blackbox.evidence.verdict import Circumstances, Judged, explained, judge

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
    """Without a control run equivalence is not claimed, and the reason says so."""
    found = verdict(pair_test_of(0.6), 0.6)
    assert found.verdict == "inconclusive"
    assert "equivalence is not claimed" in found.reason


def bounds(status: str = "shown") -> Equivalence:
    """An equivalence result of the given status."""
    reason = None if status == "shown" else "a difference as large as the margin is not excluded"
    return Equivalence(status=status, reason=reason, margin=0.2, level=0.01, n_probes=20)


def positive(*, passed: bool = True) -> PositiveControl:
    """A positive control that passed or did not."""
    return PositiveControl(
        run_id="c",
        endpoint="c",
        share=0.2,
        n_draws=20,
        n_detected=20 * passed,
        pvalue=0.001,
        passed=passed,
        reason=None if passed else "only 0 of 20 tests saw it",
    )


@pytest.mark.parametrize(
    ("p", "status", "passed", "expected"),
    [
        (0.001, "shown", True, "equivalent"),
        (0.001, "shown", False, "different"),
        (0.001, "not_shown", True, "different"),
        (0.001, "not_available", True, "different"),
        (0.6, "shown", True, "equivalent"),
        (0.6, "shown", False, "inconclusive"),
        (0.6, "not_shown", True, "inconclusive"),
        (0.6, "not_available", True, "inconclusive"),
    ],
)
def test_the_verdict_table(p: float, status: str, expected: str, *, passed: bool) -> None:
    """Every cell of METHODS §2: U below the margin and a passed positive control decide before p does."""
    around = replace(CALM, equivalence=bounds(status), positive=positive(passed=passed))
    assert verdict(pair_test_of(p), p, around).verdict == expected


def test_a_detected_difference_below_the_margin_says_so() -> None:
    """Equivalent with p ≤ α has its own reason; with p > α another."""
    around = replace(CALM, equivalence=bounds(), positive=positive())
    assert verdict(pair_test_of(0.001), 0.001, around).reason == "difference detected, smaller than the margin"
    assert verdict(pair_test_of(0.6), 0.6, around).reason != "difference detected, smaller than the margin"


def test_an_endpoint_that_is_not_like_itself_is_not_equivalent_to_anything() -> None:
    """A failed repeat control hinders both verdicts."""
    around = replace(CALM, equivalence=bounds(), positive=positive(), failed=frozenset({"a"}))
    assert [verdict(pair_test_of(p), p, around).verdict for p in (0.001, 0.6)] == ["inconclusive", "inconclusive"]


@pytest.mark.parametrize(("status", "passed"), [("not_shown", True), ("shown", False)])
def test_what_keeps_a_pair_from_being_equivalent_is_named(status: str, *, passed: bool) -> None:
    """The bound's reason, or the positive control's."""
    around = replace(CALM, equivalence=bounds(status), positive=positive(passed=passed))
    reason = verdict(pair_test_of(0.6), 0.6, around).reason
    assert ("not excluded" in reason, "tests saw it" in reason) == (status == "not_shown", status == "shown")


def test_the_equivalent_sentence_names_what_further_probes_could_do() -> None:
    """1 − α^(1/P) is printed with the verdict."""
    found = verdict(pair_test_of(0.6), 0.6, replace(CALM, equivalence=bounds(), positive=positive()))
    sentence = wording.same_sentence(found, pvalue_adjusted=0.6, alpha=0.01, claims_differ=False, further_probes=0.2057)
    assert "Up to 21% of further probes" in sentence
    assert "Equivalent within the margin" in sentence


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


def test_a_side_of_thought_alone_can_not_be_judged() -> None:
    """Answers cut off before they began are neither draws nor repeats: nothing is said of the other side."""
    spent = Independence(state="over_budget", reason="all of the budget went to thought")
    judged = verdict(None, None, replace(CALM, independence_b=spent))
    assert (judged.verdict, judged.reason) == ("not_applicable", "B: all of the budget went to thought")


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


HOSTS = BenignBand(pairs=(("h", "i"),) * 3, effect=Band(low=0.0, high=0.25, n_pairs=3), similarity=None)


def test_the_wording_follows_the_same_weights_band() -> None:
    """Inside: not evidence of another model. Beyond: larger than between any hosts, which still names no model."""
    around = replace(CALM, benign=HOSTS)
    inside, beyond = (verdict(pair_test_of(0.001, effect=e), around=around) for e in (0.25, 0.3))
    assert (inside.band, beyond.band) == ("benign", "unknown")
    said = [
        wording.same_sentence(j, pvalue_adjusted=0.001, alpha=0.01, claims_differ=False, n_benign=3)
        for j in (inside, beyond)
    ]
    assert "this is not evidence of another model" in said[0]
    assert "larger than between any of 3 pairs of hosts" in said[1]


@pytest.mark.parametrize(("value", "band"), [(0.05, "benign"), (0.5, "unknown")])
def test_repeats_are_read_against_the_same_weights_band_and_never_different(value: float, band: str) -> None:
    """The T = 0 rule: however far apart, the verdict is inconclusive, with both disagreements."""
    hosts = Band(low=0.0, high=0.05, n_pairs=3)
    far = Disagreement(value=value, n_probes=20, pvalue=0.25, band=hosts)
    broken = Independence(state="deterministic", reason="repeats")
    found = verdict(None, None, replace(CALM, independence_a=broken, disagreement=far))
    assert (found.verdict, found.band) == ("inconclusive", band)
    assert "3 pairs of hosts of the same weights differ at 0% to 5%" in found.reason


def test_a_harmless_explanation_is_said_and_the_verdict_stays() -> None:
    """Residual null: 'explained by sampling settings', beside 'different'."""
    tilt = Explanation(name="sampling temperature", status="explains", pvalue=0.4, estimate="b: temperature 1.3")
    not_it = Explanation(name="top_p", status="does_not_explain", pvalue=0.001)
    found = explained(verdict(pair_test_of(0.001)), [not_it, tilt])
    assert found.verdict == "different"
    assert "explained by sampling settings (b: temperature 1.3)" in found.reason
    sentence = wording.same_sentence(found, pvalue_adjusted=0.001, alpha=0.01, claims_differ=False)
    assert "explained by sampling settings" in sentence
    assert explained(found, [not_it]) == found


def test_what_cannot_be_told_apart_is_no_explanation() -> None:
    """A temperature change that fits as well as another model is said to be that, and is no explanation."""
    either = Explanation(name="sampling temperature", status="cannot_tell", pvalue=0.4, estimate="b: temperature 1.3")
    found = explained(verdict(pair_test_of(0.001)), [either])
    assert (found.verdict, found.explanation) == ("different", None)
    assert "explained by" not in found.reason
    assert "can't tell from another sampling temperature" in found.reason


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


def blocks(**more: object) -> Blocks:
    """Blocks of a pair whose side a changed at pass 9 of 15."""
    changed = Homogeneity(pvalue=0.0005, n_blocks=15, split=9)
    return Blocks(**({"a": changed, "b": Homogeneity(pvalue=0.6, n_blocks=15), "split": frozenset("a")} | more))


def test_a_run_that_changed_midway_is_different_only_if_every_part_is() -> None:
    """The largest p over parts decides; the pass is named; a failed control by halves says the same thing again."""
    halves = Control(pvalue=0.0001, kind="halves", reason=None)
    around = replace(CALM, control_a=halves, failed=frozenset("a"), blocks=blocks(parts_pvalue=0.3))
    found = verdict(pair_test_of(0.0001), 0.0001, around)
    assert found.verdict == "inconclusive"
    assert "A did not answer alike throughout (from pass 9 of 15 on" in found.reason
    assert "not every part of it differs" in found.reason
    both = replace(around, blocks=blocks(parts_pvalue=0.001))
    assert verdict(pair_test_of(0.0001), 0.0001, both).verdict == "different"
    session = replace(both, control_a=replace(halves, kind="second_session"))
    assert "repeat control failed" in verdict(pair_test_of(0.0001), 0.0001, session).reason


def test_a_run_that_changed_is_never_equivalent() -> None:
    """Neither with a passed control nor without a difference."""
    found = verdict(pair_test_of(0.5), 0.5, replace(CALM, blocks=blocks()))
    assert found.verdict == "inconclusive"
    assert "did not answer alike throughout" in found.reason


def test_a_difference_that_whole_passes_explain_is_none() -> None:
    """P is small within probes and not with whole passes: inconclusive, and said; adjusted as p was."""
    calm = Homogeneity(pvalue=0.5, n_blocks=15)
    moody = Blocks(a=calm, b=calm, pvalue=0.004)
    assert verdict(pair_test_of(0.001), 0.001, replace(CALM, blocks=moody)).verdict == "different"
    found = verdict(pair_test_of(0.001), 0.003, replace(CALM, blocks=moody))
    assert (found.verdict, "hang together" in found.reason) == ("inconclusive", True)


def test_a_second_session_without_answers_controls_nothing(sample: Sample) -> None:
    """No test is no passed control: null with the reason."""
    unanswered: dict[str, list[str | None]] = {p.id: [None] * 4 for p in sample.run.suite.probes}
    again = make_sample(make_run(sample.run.suite, unanswered, session=1))
    control = repeat_control(sample, [again], all_closed(sample), DESIGN)
    assert (control.pvalue, control.kind) == (None, "second_session")
    assert control.reason == "no probe has two usable answers a side"


def test_what_was_not_controlled_is_null_in_the_document() -> None:
    """No repeat control and no blocks are nulls, not passes; what was measured stands with its reason."""
    halves = Control(pvalue=None, kind="halves", reason="too few to halve")
    said = same_entry(
        SameEvidence(
            judged=verdict(None, None), test=None, pvalue_adjusted=None, alpha=0.01, margin=0.01, control_a=halves,
            control_b=None, similarity=None, repeat_band=None,
        )
    )  # fmt: skip
    assert {"a": {"pvalue": None, "kind": "halves", "reason": "too few to halve"}, "b": None} == said["repeat_control"]
    assert (said["blocks"], said["pvalue"], said["minimum_detectable_effect"]) == (None, None, None)
    assert said["verdict"] == "not_applicable"
