"""*Changed*: few false alarms whatever the null, a swap suspected at once and confirmed by the next run, and guards."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from evidence.histories import RULES, history, names

from blackbox.evidence import drift, drift_counts
from blackbox.evidence.drift import read_history, reference_of
from blackbox.evidence.drift_counts import AnswerCounts
from blackbox.evidence.drift_loss import pvalue_with_losses
from blackbox.evidence.drift_onset import estimate_onset
from blackbox.evidence.drift_power import LARGE, detectable
from blackbox.evidence.drift_ranks import Ranks
from blackbox.evidence.drift_reference import dispersion, pooled_pvalue, pooled_statistic, test_run, upper_limit
from blackbox.evidence.drift_verdict import judge

test_run.__test__ = False


def verdict(counts: AnswerCounts, rules: drift.Rules = RULES) -> str:
    """Return the verdict of a history."""
    return judge(counts, read_history(counts, rules), rules, names=names(counts)).verdict


def test_pvalues_of_runs_keep_their_level_under_the_null() -> None:
    """400 null runs: at most 36 at .05, at most 233 at .50 (discrete, upper limits)."""
    rng = np.random.default_rng(10)
    found = []
    for _ in range(400):
        counts = history(rng, n_runs=5, n_probes=4)
        found.append(test_run(counts, 4, range(4), seed=0, most=500).pvalue)
    assert sum(p <= 0.05 for p in found) <= 36
    assert sum(p <= 0.5 for p in found) <= 233


def test_a_swap_is_suspected_by_the_next_run_and_confirmed_by_the_one_after() -> None:
    """No alarm and no lasting suspicion before it; since when is estimated to the run."""
    rng = np.random.default_rng(11)
    for swap in (5, 12):
        counts = history(rng, n_runs=18, swap=swap, n_probes=15)
        reading = read_history(counts, RULES)
        assert reading.points[swap].suspected
        assert not reading.points[swap].alarm
        assert swap + 1 == reading.detected
        assert reading.onset is not None
        assert (swap, swap, swap) == (reading.onset.run, reading.onset.low, reading.onset.high)
        found = judge(counts, reading, RULES, names=names(counts))
        assert ("changed", swap, swap + 1) == (found.verdict, found.onset, found.detected)


@pytest.mark.parametrize("concentration", [None, 15.0])
def test_null_histories_do_not_alarm(concentration: float | None) -> None:
    """6 stable and 6 over-dispersed histories of 25 runs: none alarms; the benchmark counts many more."""
    rng = np.random.default_rng(12)
    readings = [read_history(history(rng, n_runs=25, concentration=concentration), RULES) for _ in range(6)]
    assert [] == [r.detected for r in readings if r.detected is not None]


def test_without_its_guards_an_over_dispersed_endpoint_is_accused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Permutation p alone, unspent and unconfirmed by direction, calls benign variation a change: the test can fail."""
    monkeypatch.setattr(drift, "upper_limit", lambda *_, **__: -np.inf)
    monkeypatch.setattr(drift, "ONE_PLACE", -np.inf)
    rng = np.random.default_rng(12)
    readings = [read_history(history(rng, n_runs=25, concentration=2.0), RULES) for _ in range(4)]
    assert sum(r.detected is not None for r in readings) >= 3


def test_an_endpoint_that_varies_anyway_is_unstable_not_changed() -> None:
    """Run-to-run variation, and coming and going between two models, are not a change."""
    rng = np.random.default_rng(13)
    found = [verdict(history(rng, concentration=4.0)) for _ in range(3)]
    assert "changed" not in found
    assert found.count("unstable") >= 2
    flips = np.concatenate([history(rng, n_runs=10).counts[:10], np.zeros((0, 12, 6))])
    other = history(rng, n_runs=10).counts
    mixed = np.array([flips[k] if k % 2 else other[k] for k in range(10)])
    assert "unstable" == verdict(AnswerCounts.of(np.concatenate([flips[:7], mixed])))


def test_a_change_that_goes_away_again_is_unstable() -> None:
    """Three runs of another model between runs of the first are no lasting change."""
    rng = np.random.default_rng(14)
    counts = history(rng, n_runs=24, swap=9, n_probes=15).counts.copy()
    counts[13:] = counts[:7].sum(0)[None] // 2
    assert "unstable" == verdict(AnswerCounts.of(counts))


def test_over_dispersed_endpoint_that_really_changes_is_found() -> None:
    """A swap far beyond the variation between runs is a change."""
    rng = np.random.default_rng(15)
    counts = history(rng, n_runs=30, swap=18, concentration=12.0, n_probes=15)
    reading = read_history(counts, RULES)
    found = judge(counts, reading, RULES, names=names(counts))
    assert ("changed", 18) == (found.verdict, found.onset)


def test_too_little_is_inconclusive_and_says_how_much_is_needed() -> None:
    """Too few runs, too few answers and an unconfirmed last run are not 'no change seen'."""
    rng = np.random.default_rng(16)
    few = history(rng, n_runs=4)
    said = judge(few, read_history(few, RULES), RULES, names=names(few))
    assert "inconclusive" == said.verdict
    assert "4 of at least 5 runs" in said.reason
    thin = history(rng, n_runs=12, n_probes=1, n=2)
    said = judge(thin, read_history(thin, RULES), RULES, names=names(thin))
    assert "inconclusive" == said.verdict
    assert "too few answers" in said.reason
    last = history(rng, n_runs=13, swap=12, n_probes=15)
    said = judge(last, read_history(last, RULES), RULES, names=names(last))
    assert "inconclusive" == said.verdict
    assert "run-12 is suspected" in said.reason


def test_unequal_loss_does_not_accuse() -> None:
    """A filter that takes one answer away makes no change; without filling in, the same run would be suspected."""
    rng = np.random.default_rng(17)
    counts = history(rng, n_runs=14, n_probes=12, n=10)
    filtered = counts.counts.copy()
    lost = np.zeros(filtered.shape[:2])
    for run in (12, 13):
        for p in range(12):
            k = int(filtered[:, p].sum(0).argmax())
            lost[run, p] = filtered[run, p, k]
            filtered[run, p, k] = 0
    reading = read_history(AnswerCounts.of(filtered, lost=lost), RULES)
    assert reading.detected is None
    assert 12 in reading.blocked_by_loss
    assert read_history(AnswerCounts.of(filtered), RULES).detected == 13
    said = judge(AnswerCounts.of(filtered, lost=lost), reading, RULES, names=names(counts))
    assert "inconclusive" == said.verdict


def test_filling_in_agrees_with_no_loss() -> None:
    """Nothing lost, nothing filled in: the p is the same."""
    counts = history(np.random.default_rng(18), n_runs=6)
    plain = test_run(counts, 5, range(5), seed=0, most=500).pvalue
    assert plain == pvalue_with_losses(counts, 5, range(5), seed=0, most=500)


def test_repeats_are_judged_by_whole_runs_only() -> None:
    """Deterministic answers: no permutation within probes; a few flipped near-ties are no change, a swap is."""
    rules = replace(RULES, basis="runs")
    same = np.zeros((14, 30, 3))
    same[:, :, 0] = 3
    flipped, swapped = same.copy(), same.copy()
    flipped[9:, :2] = [0, 3, 0]
    swapped[9:, :25] = [0, 3, 0]
    reading = read_history(AnswerCounts.of(flipped), rules)
    said = judge(AnswerCounts.of(flipped), reading, rules, names=names(AnswerCounts.of(flipped)))
    assert (None, "inconclusive") == (reading.detected, said.verdict)
    assert "none differs enough to confirm" in said.reason
    reading = read_history(AnswerCounts.of(swapped), rules)
    assert 10 == reading.detected
    assert reading.points[9].pvalue == pytest.approx(1 / 10)


def test_reference_never_holds_a_suspected_predecessor() -> None:
    """The test that can alarm at a place is one and the same whatever was seen before."""
    assert (0, 1, 2, 3) == reference_of(4, RULES, after_suspected=False)
    assert (0, 1, 2) == reference_of(4, RULES, after_suspected=True)
    assert tuple(range(7)) == reference_of(20, RULES, after_suspected=True)


def test_spending_adds_up_to_alpha() -> None:
    """H confirmations at α/(2H) and a wealth of 2/α spend α between them; the draws can resolve the level."""
    assert RULES.alpha == pytest.approx(RULES.horizon * RULES.spending + 1 / RULES.wealth_needed)
    assert 120_000 == RULES.most_draws


def test_a_reading_depends_on_no_later_run() -> None:
    """What was said of a run stays when more runs come."""
    counts = history(np.random.default_rng(19), n_runs=16, swap=11)
    whole, early = read_history(counts, RULES), read_history(counts.chosen(range(12)), RULES)
    assert whole.points[:12] == early.points


def test_pvalue_of_a_run_agrees_with_dealing_cards() -> None:
    """The sampler's p is that of shuffling answers between run and reference in plain loops."""
    rng = np.random.default_rng(20)
    own = np.array([[2.0, 1, 0], [0, 2, 1]])
    pooled = np.array([[1.0, 4, 3], [5, 1, 2]])
    observed = pooled_statistic(own, pooled)
    found = pooled_pvalue(own, pooled, observed, probe_ids=("a", "b"), seed=0, most=20_000).pvalue
    decks = [np.repeat(np.arange(3), (own + pooled)[p].astype(int)) for p in range(2)]
    dealt = []
    for _ in range(2_000):
        hands = np.array([np.bincount(rng.permutation(deck)[:3], minlength=3) for deck in decks]) * 1.0
        dealt.append(pooled_statistic(hands, own + pooled - hands))
    assert np.mean(np.array(dealt) >= observed - 1e-9) == pytest.approx(found, abs=0.05)


def test_dispersion_has_its_level_and_its_power() -> None:
    """Runs of one distribution pass at their level; runs that vary do not, even with one answer a probe."""
    rng = np.random.default_rng(21)
    null = [dispersion(history(rng, n_runs=7, n_probes=8), range(7), seed=0).pvalue for _ in range(60)]
    assert sum(p <= 0.1 for p in null) <= 14
    varied = [dispersion(history(rng, n_runs=7, concentration=4.0), range(7), seed=0).pvalue for _ in range(4)]
    assert sum(p <= 0.01 for p in varied) >= 3
    base = history(rng, n_runs=7, n=1, n_probes=30).counts.copy()
    base[6] = np.roll(base[6], 3, axis=1)
    assert dispersion(AnswerCounts.of(base), range(7), seed=0).pvalue <= 0.05


def test_upper_limit_is_a_prediction_limit() -> None:
    """One further normal score lies above it about as often as said; a small spread is not believed."""
    rng = np.random.default_rng(22)
    beyond = [rng.normal() > upper_limit(rng.normal(size=7), floor=1.0, level=0.05) for _ in range(2_000)]
    assert 0.01 <= np.mean(beyond) <= 0.06
    assert upper_limit(np.zeros(7), floor=1.0, level=0.01) > 2


def test_onset_interval_covers_and_widens_with_smaller_changes() -> None:
    """A small change's onset is uncertain, and the interval says so; it holds the truth nearly always."""
    rng = np.random.default_rng(23)
    found = [
        estimate_onset(history(rng, n_runs=24, swap=12, share=0.5, n_probes=15), latest=23, seed=0) for _ in range(10)
    ]
    assert sum(each.low <= 12 <= each.high for each in found) >= 8
    assert max(each.high - each.low for each in found) >= 1


def test_ranks_of_runs_agree_with_computing_them_anew() -> None:
    """Scores kept from run to run are those of each run against all others so far, in plain loops over runs."""
    counts = history(np.random.default_rng(24), n_runs=7, n_probes=5)
    ranks = Ranks(history=counts, horizon=60, seed=0)
    for run in range(7):
        ranks.after(run)
    for run in (3, 6):
        fresh = Ranks(history=counts, horizon=60, seed=0)
        found = [fresh._scores(k) for k in range(run + 1)][-1]
        alone = [run_distance(counts.counts[: run + 1], k) for k in range(run + 1)]
        assert list(found) == pytest.approx(alone)


def run_distance(counts: np.ndarray, run: int) -> float:
    """Return a run's mean over probes of the MMD² to all the others, answer by answer."""
    own, others = counts[run], np.delete(counts, run, axis=0).sum(0)
    return float(np.mean([answer_distance(own[p], others[p]) for p in range(counts.shape[1])]))


def answer_distance(x: np.ndarray, y: np.ndarray) -> float:
    """Return the unbiased exact-match MMD² of two tallies by looking at every pair of answers."""
    a, b = (np.repeat(np.arange(len(t)), t.astype(int)) for t in (x, y))
    pairs = [np.mean([u == v for i, u in enumerate(s) for j, v in enumerate(s) if i != j]) for s in (a, b)]
    return float(sum(pairs) - 2 * np.mean([u == v for u in a for v in b]))


def larger_last(concentration: float | None, seed: int, *, times: int = 20) -> AnswerCounts:
    """Return a calm history whose last run has many times the answers."""
    rng = np.random.default_rng(seed)
    base = rng.dirichlet(np.full(6, 0.5), 10)
    counts = np.zeros((12, 10, 6))
    for run in range(12):
        shares = base
        if concentration is not None:
            shares = np.stack([rng.dirichlet(s * concentration + 1e-6) for s in base])
        counts[run] = [rng.multinomial(4 * (times if run == 11 else 1), s) for s in shares]
    return AnswerCounts.of(counts)


def test_a_larger_confirmation_run_is_no_longer_arm_against_harmless_variation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is held to the band of usual runs; measured by its own chance alone, harmless variation would lie above it."""
    cases = [larger_last(12.0, seed) for seed in range(6)]
    held = [read_history(counts, RULES).points[-1] for counts in cases]
    monkeypatch.setattr(drift_counts, "LARGER", np.inf)
    loose = [read_history(counts, RULES).points[-1] for counts in cases]
    assert sum(point.suspected for point in loose) >= 4
    assert sum(point.suspected for point in held) <= 1
    assert min(point.pvalue or 1.0 for point in held) <= 0.01


def test_a_larger_run_is_not_ranked_among_usual_ones() -> None:
    """Rule 2's wealth does not move at a run that is steadier than the others by its size alone."""
    points = read_history(larger_last(None, 3), RULES).points
    assert points[-2].wealth == points[-1].wealth


def test_after_a_suspected_larger_run_only_another_larger_run_can_alarm() -> None:
    """No place has tests of two sizes that could alarm: the usual run in between is suspected and no more."""
    rng = np.random.default_rng(28)
    counts = history(rng, n_runs=14, swap=10, n_probes=12).counts.copy()
    counts[10] *= 3
    usual = read_history(AnswerCounts.of(counts.copy()), RULES)
    assert usual.points[11].suspected
    assert not usual.points[11].alarm
    counts[11] *= 3
    assert 11 == read_history(AnswerCounts.of(counts), RULES).detected


def test_detectable_change_grows_with_answers_and_shrinks_with_the_horizon() -> None:
    """One answer to ten questions can't show a whole swap in a year; 15 × 4 answers show a part of one in 60 runs."""
    found = {}
    for n_probes, n, horizon in ((10, 1, 365), (15, 4, 365), (15, 4, 20)):
        counts, rules = (
            history(np.random.default_rng(25), n_runs=10, n_probes=n_probes, n=n),
            replace(RULES, horizon=horizon),
        )
        found[n, horizon] = detectable(counts, read_history(counts, rules), rules)
    assert None not in found.values()
    assert found[1, 365].too_little
    assert not found[4, 20].too_little
    assert found[4, 20].share <= found[4, 365].share <= LARGE
    assert 0.8 <= found[4, 20].power <= 1


def test_simulated_changes_are_found_as_often_as_said() -> None:
    """Histories changed by the detectable share are suspected at once and confirmed by the next run, mostly."""
    rng = np.random.default_rng(26)
    base = rng.dirichlet(np.full(6, 0.5), 15)
    calm = np.array([[rng.multinomial(4, s) for s in base] for _ in range(9)], dtype=np.float64)
    first = AnswerCounts.of(calm)
    share = detectable(first, read_history(first, RULES), RULES).share
    hits = []
    for _ in range(4):
        changed = np.zeros((2, 15, 12))
        for run, p in np.ndindex(2, 15):
            n_new = rng.binomial(4, share)
            changed[run, p, :6], changed[run, p, 6:] = (rng.multinomial(k, base[p]) for k in (4 - n_new, n_new))
        whole = np.concatenate([np.pad(calm, ((0, 0), (0, 0), (0, 6))), changed])
        hits.append(read_history(AnswerCounts.of(whole), RULES).detected == 10)
    assert sum(hits) >= 3


def test_a_design_that_misses_a_swap_never_says_no_change_seen() -> None:
    """One sampled answer × 10 probes a day misses whole swaps, so calm histories of it are inconclusive, with why."""
    rng = np.random.default_rng(27)
    swapped = [history(rng, n_runs=16, swap=10, n_probes=10, n=1) for _ in range(3)]
    assert None in [read_history(counts, RULES).detected for counts in swapped]
    assert "no change seen" not in [verdict(counts) for counts in swapped]
    calm = history(rng, n_runs=12, n_probes=10, n=1)
    said = judge(calm, read_history(calm, RULES), RULES, names=names(calm))
    assert "inconclusive" == said.verdict
    assert "too few answers a run" in said.reason
