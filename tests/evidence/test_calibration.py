"""From scores to bounded ratios: fits, weights, bounds, labels."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pytest
from support.kin import groups_of, labelled

from blackbox.errors import InsufficientData, UsageError
from blackbox.evidence.calibration import calibrated
from blackbox.evidence.fusion import _damped, fitted, tempered
from blackbox.evidence.lineage import LabelledPair, PairIndex, lineage
from blackbox.evidence.performance import auc, performance
from blackbox.evidence.population import Ratio, headline
from blackbox.evidence.ratio_words import chosen_sentence, siblings_sentence, verbal
from blackbox.stats.likelihood_ratios import Independent, cllr, elub, isotonic_log10_lr
from blackbox.stats.nodes import Nodes, n_effective, rate

if TYPE_CHECKING:
    from blackbox.evidence.lineage import Side


def test_a_fit_finds_the_ratio_of_two_normals() -> None:
    """Unit normals one apart: ln LR = x − ½; the fit comes within .1 with 4,000 a side, whatever their proportion."""
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(1, 1, 4000), rng.normal(0, 1, 8000)])[:, None]
    same = np.arange(12000) < 4000
    line = fitted(x, same, np.where(same, 1 / 4000, 1 / 8000), n_independent=4000)
    assert np.array(line.slopes) * np.log(10) == pytest.approx([1.0], abs=0.1)
    assert line.intercept * np.log(10) == pytest.approx(-0.5, abs=0.1)


def test_a_fit_stays_finite_where_the_sides_do_not_overlap() -> None:
    """Fewer independent pairs give a flatter line: the prior holds the slope."""
    x, same = np.array([[3.0], [4.0], [0.0], [0.5]]), np.array([True, True, False, False])
    slopes = [fitted(x, same, np.full(4, 0.5), n_independent=n).slopes[0] for n in (3, 300)]
    assert 0 < slopes[0] < slopes[1] < 10


def test_a_fit_of_huge_scores_ends_and_is_the_same_line() -> None:
    """Scores 10⁸ times as large never reach the tolerance for rounding: the steps are counted, the ratios the same."""
    rng = np.random.default_rng(2)
    x, same = np.concatenate([rng.normal(1, 1, 40), rng.normal(0, 1, 40)])[:, None], np.arange(80) < 40
    lines = [fitted(x * scale, same, np.full(80, 1 / 40), n_independent=40) for scale in (1e6, 1e8)]
    slopes = [line.slopes[0] * scale for line, scale in zip(lines, (1e6, 1e8), strict=True)]
    assert slopes[0] == pytest.approx(slopes[1])
    assert lines[0].intercept == pytest.approx(lines[1].intercept)


def test_a_step_that_raises_the_loss_at_every_length_is_not_taken() -> None:
    """By hand: the loss of one pair of one source falls with its slope, so a step down the slope is no step."""
    one, none = np.ones(1), np.zeros(1)
    damped = [_damped(np.array([s]), none, np.ones((1, 1)), sign=one, w=one, ridge=none)[0] for s in (-4.0, 4e6)]
    assert damped == [-4.0, 0.0]


def test_long_tails_are_tempered() -> None:
    """sign(Z)·ln(1 + |Z|), odd and monotone."""
    assert tempered(np.array([-np.e + 1, 0.0, np.e - 1])) == pytest.approx([-1.0, 0.0, 1.0])


def test_cllr_of_no_information_is_one_and_of_perfect_ratios_nearly_zero() -> None:
    """LR = 1 throughout costs one bit; the hand value of LR = 10 and 1/10 is log2(1.1)."""
    same, weight = np.array([True, True, False]), np.ones(3)
    assert cllr(np.zeros(3), same, weight).total == pytest.approx(1.0)
    assert cllr(np.array([1.0, 1.0, -1.0]), same, weight).total == pytest.approx(np.log2(1.1))


def test_cllr_splits_into_discrimination_and_calibration() -> None:
    """Ratios of two normals stated right have next to no calibration loss; the same ratios doubled have."""
    rng = np.random.default_rng(1)
    x = np.concatenate([rng.normal(1, 1, 3000), rng.normal(-1, 1, 3000)])
    same, weight = np.arange(6000) < 3000, np.ones(6000)
    right, doubled = (cllr(k * 2 * x / np.log(10), same, weight) for k in (1, 2))
    assert right.calibration < 0.01
    assert doubled.calibration > 0.05
    assert right.minimum == pytest.approx(doubled.minimum)
    assert right.total == pytest.approx(right.minimum + right.calibration)


def test_pooling_adjacent_violators_by_hand() -> None:
    """Scores 1, 2, 3, 4 of different, same, different, same: the middle two are pooled to even odds."""
    found = isotonic_log10_lr(np.array([1.0, 2.0, 3.0, 4.0]), np.array([False, True, False, True]), np.ones(4))
    assert found[1:3] == pytest.approx([0.0, 0.0])
    assert found[0] < -8
    assert found[3] > 8


def test_elub_stops_extrapolation() -> None:
    """Perfectly separated ratios: one more misleading pair among n supports n + 1 at most, less what is missed."""
    log10_lr = np.concatenate([np.full(20, 6.0), np.full(200, -6.0)])
    found = elub(log10_lr, np.arange(220) < 20, np.ones(220), Independent(same=20, different=99))
    assert found.upper == pytest.approx(np.log10(100 * (1 - 1 / 21)), abs=0.011)
    assert found.lower == pytest.approx(-np.log10(21 * (1 - 1 / 100)), abs=0.011)


def network(n_models: int) -> Nodes:
    """Every pair of models."""
    a, b = np.array(list(combinations(range(n_models), 2))).T
    return Nodes(a=a, b=b)


def test_pairs_of_one_model_are_not_independent() -> None:
    """Where one model is close to all, 780 pairs of 40 models count for fewer than where hits are scattered."""
    nodes, rng = network(40), np.random.default_rng(2)
    weights = nodes.multiplicities(rng)
    scattered = rng.random(780) < 0.05
    hub = nodes.a == 0
    few, many = n_effective(hub, weights), n_effective(scattered, weights)
    assert few is not None
    assert many is not None
    assert few < 40 < many < 780


def test_no_hit_has_no_effective_number_but_an_upper_limit() -> None:
    """Zero of 100 independent comparisons: at most 2.95 % (the rule of three, exactly)."""
    nodes = network(20)
    found = rate(np.zeros(190, dtype=bool), nodes.multiplicities(np.random.default_rng(0)), 100)
    assert n_effective(np.zeros(190, dtype=bool), nodes.multiplicities(np.random.default_rng(0))) is None
    assert (found.value, found.ci_low) == (0.0, None)
    assert found.upper_95 == pytest.approx(1 - 0.05 ** (1 / 100), rel=0.02)


def test_the_node_bootstrap_covers_where_pairs_as_units_do_not() -> None:
    """Hits that depend on a model's own effect: 95 % node intervals cover in most of 60 draws, binomial ones in few."""
    nodes, covered, binomial = network(24), 0, 0
    truth = 0.1587
    for seed in range(60):
        rng = np.random.default_rng(seed)
        effect = rng.normal(size=24)
        score = (effect[nodes.a] + effect[nodes.b]) / np.sqrt(2)
        found = rate(score > 1, nodes.multiplicities(rng, 300), 1e9)
        assert found.ci_low is not None
        assert found.ci_high is not None
        covered += found.ci_low <= truth <= found.ci_high
        error = 1.96 * np.sqrt(found.value * (1 - found.value) / 276)
        binomial += abs(found.value - truth) <= error
    assert covered >= 51
    assert binomial < covered - 15


def test_relations_and_groups_weigh_alike() -> None:
    """One group with three pairs and one with one: half each; two relations: half each."""
    group = {"a1": "a", "a2": "a", "a3": "a", "b1": "b", "b2": "b"} | {f"s{i}": f"g{i}" for i in range(20)}
    group |= {"c1": "c", "c2": "c"}
    kin = [("a1", "a2"), ("a1", "a3"), ("a2", "a3"), ("b1", "b2")]
    pairs = [LabelledPair(a=a, b=b, relation="close", side="same") for a, b in kin]
    pairs.append(LabelledPair(a="c1", b="c2", relation="weights", side="same"))
    pairs += [LabelledPair(a=f"s{i}", b=f"s{i + 1}", relation="none", side="different") for i in range(19)]
    found = lineage(group, pairs, dict.fromkeys(group, 1))
    index, rows = PairIndex.of(found), np.arange(len(found.pairs))
    weight = {(p.a, p.b): w for p, w in zip(found.pairs, index.weights(rows), strict=True)}
    assert weight["a1", "a2"] == pytest.approx(1 / 12)
    assert weight["b1", "b2"] == pytest.approx(1 / 4)
    assert weight["c1", "c2"] == pytest.approx(1 / 2)
    assert sum(w for pair, w in weight.items() if pair[0].startswith("s")) == pytest.approx(1.0)


def simulated(seed: int, *, effect: float = 5.0) -> tuple[np.ndarray, list[LabelledPair], dict[str, str]]:
    """Return two scores of every pair: standard normal without kinship, exponential above `effect` with it."""
    group = groups_of(20, 8)
    pairs = sorted(labelled(group), key=lambda p: (p.a, p.b))
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(len(pairs), 2))
    kin = np.array([p.side == "same" for p in pairs])
    z[kin] = effect + rng.exponential(2, size=(int(kin.sum()), 1)) + rng.normal(size=(int(kin.sum()), 2))
    return z, pairs, group


def test_ratios_without_kinship_mislead_no_more_than_they_may() -> None:
    """LR ≥ 10 in at most a tenth of unrelated pairs, LR ≥ 100 in at most a hundredth, over six populations."""
    counts = np.zeros(3)
    for seed in range(6):
        z, pairs, group = simulated(seed, effect=1.0)
        found = calibrated(lineage(group, pairs, dict.fromkeys(group, 1)), z, seed=0).unrelated
        other = found.log10_lr[~found.same]
        counts += [len(other), (other >= 1).sum(), (other >= 2).sum()]
    assert counts[1] / counts[0] <= 0.1
    assert counts[2] / counts[0] <= 0.01


def test_a_pair_is_calibrated_without_both_of_its_groups() -> None:
    """Moving the other pairs of both groups anywhere leaves a pair's ratio as it is; moving others does not."""
    z, pairs, group = simulated(1)
    found = lineage(group, pairs, dict.fromkeys(group, 1))
    place = next(i for i, p in enumerate(found.pairs) if (p.a, p.b) == ("twin00a", "twin00b"))
    own = np.array([found.folds(found.pairs[place])[0] in found.folds(p) for p in found.pairs])
    own[place] = False
    ratios = []
    for moved in (np.zeros(len(pairs), dtype=bool), own, ~own & (np.arange(len(pairs)) != place)):
        changed = np.where(moved[:, None], z * 0.3 - 2, z)
        ratios.append(calibrated(found, changed, seed=0).unrelated.log10_lr)
    rows = [i for i, p in enumerate(found.pairs) if p.side in ("same", "different")]
    at = rows.index(place)
    assert ratios[0][at] == ratios[1][at]
    assert ratios[0][at] != ratios[2][at]


def test_bounds_hold_and_never_exceed_the_population() -> None:
    """Eight related groups support no less than 1/8, and the upper bound is at most the number of group pairs."""
    z, pairs, group = simulated(2)
    found = calibrated(lineage(group, pairs, dict.fromkeys(group, 1)), z, seed=0).unrelated
    limits = found.limits
    assert -np.log10(8) <= limits.lower <= 0 <= limits.upper <= np.log10(limits.n_group_pairs)
    assert found.capped.min() >= limits.lower
    assert found.capped.max() <= limits.upper
    assert found.log10_lr.max() > limits.upper


def test_too_few_siblings_give_no_ratio_against_them() -> None:
    """Without sibling pairs the second alternative is absent; the headline is then the first."""
    z, pairs, group = simulated(3)
    assert calibrated(lineage(group, pairs, dict.fromkeys(group, 1)), z, seed=0).sibling is None


def test_siblings_lower_the_headline() -> None:
    """Sibling pairs that score between the sides give a smaller ratio than unrelated ones do."""
    z, pairs, group = simulated(4)
    rng = np.random.default_rng(0)
    sibling = np.array([p.side == "different" and p.a.startswith("solo") and p.b.startswith("solo") for p in pairs])
    chosen = sibling & (rng.random(len(pairs)) < 0.3)
    named = [
        LabelledPair(a=p.a, b=p.b, relation="vendor", side="sibling") if c else p
        for p, c in zip(pairs, chosen.tolist(), strict=True)
    ]
    z = np.where(chosen[:, None], z + 3, z)
    found = calibrated(lineage(group, named, dict.fromkeys(group, 1)), z, seed=0)
    assert found.sibling is not None
    fit, x = found.fits[()], tempered(np.array([[6.0, 6.0]]))
    assert fit.sibling is not None
    assert fit.sibling.log10_lr(x)[0] < fit.unrelated.log10_lr(x)[0]


def test_the_headline_is_the_smaller_ratio() -> None:
    """Against siblings 4, against unrelated pairs 300: the first."""
    ratios = [
        Ratio(against="unrelated", log10_lr=2.0, uncapped=2.5, lower=-1, upper=2),
        Ratio(against="sibling", log10_lr=0.6, uncapped=0.6, lower=-1, upper=2),
    ]
    assert headline(ratios).against == "sibling"


def test_performance_tells_the_whole_story() -> None:
    """Rates with limits for both sides, capped and uncapped; both plots' data; discrimination."""
    z, pairs, group = simulated(5)
    found = calibrated(lineage(group, pairs, dict.fromkeys(group, 1)), z, seed=0).unrelated
    told = performance(found, seed=0)
    assert told["auc"] == pytest.approx(auc(found.log10_lr[found.same], found.log10_lr[~found.same]))
    assert told["auc"] > 0.99
    for side, n in (("different_source", told["n_other_pairs"]), ("same_source", told["n_same_pairs"])):
        for entry in told["misleading"][side]:
            for rates in (entry["capped"], entry["uncapped"]):
                assert rates["n_pairs"] == n
                assert rates["value"] <= rates["upper_95"]
    for side in ("same_source", "different_source"):
        curve = told["tippett"][side]
        assert curve == sorted(curve, reverse=True)


def test_auc_by_hand() -> None:
    """Of six comparisons four are won and one is tied."""
    assert auc(np.array([3.0, 1.0]), np.array([0.0, 1.0, 2.0])) == pytest.approx(4.5 / 6)


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        (LabelledPair(a="solo00", b="solo01", relation="kin", side="same"), "lie in two groups"),
        (LabelledPair(a="twin00a", b="twin00b", relation="unrelated", side="different"), "lie in one lineage group"),
    ],
)
def test_labels_against_their_groups_are_refused(pair: LabelledPair, message: str) -> None:
    """Leaving out groups would not remove relatives."""
    group = groups_of(20, 4)
    kept = [p for p in labelled(group) if (p.a, p.b) != (pair.a, pair.b)]
    with pytest.raises(UsageError, match=message):
        lineage(group, [*kept, pair], dict.fromkeys(group, 1))


@pytest.mark.parametrize(("n_alone", "n_twins", "needed"), [(10, 4, 20), (30, 2, 3), (0, 1, 20)])
def test_too_few_groups_are_refused_with_the_reason(n_alone: int, n_twins: int, needed: int) -> None:
    """The message says how many there are, how many are needed, and that ranks remain."""
    group = groups_of(n_alone, n_twins)
    with pytest.raises(InsufficientData, match="ranks") as caught:
        lineage(group, labelled(group), dict.fromkeys(group, 1))
    assert caught.value.needed == needed


def test_references_are_one_a_group_and_at_most_the_limit() -> None:
    """The member with most answers; the order of models and pairs does not matter."""
    group = groups_of(30, 4)
    answers = {m: 10 + m.endswith("b") for m in group}
    found = lineage(group, labelled(group), answers, max_references=32)
    assert len(found.references) == 32
    assert [m for m in found.references if m.startswith("twin") and m.endswith("a")] == []
    turned = dict(reversed(group.items()))
    assert lineage(turned, labelled(group)[::-1], answers, max_references=32) == found


@pytest.mark.parametrize(
    ("log10_lr", "words"),
    [
        (0.2, "no support either way"),
        (0.5, "weak support for shared ancestry"),
        (-1.0, "moderate support for the alternative"),
        (2.5, "moderately strong support for shared ancestry"),
        (7.0, "extremely strong support for shared ancestry"),
    ],
)
def test_the_verbal_scale(log10_lr: float, words: str) -> None:
    """ENFSI's bands, the same for both sides."""
    assert verbal(log10_lr) == words


def test_what_stands_beside_a_ratio() -> None:
    """Siblings of the claims, how the pair was chosen, how many were scored."""
    assert "2 other members of the lineage group of 'm'" in siblings_sentence(["m", "n"], {"m": 2})
    assert "nobody known to be of the lineage of 'n'" in siblings_sentence(["m", "n"], {"m": 2})
    assert chosen_sentence(None, 1).startswith("How this pair came to be chosen was not stated")
    assert "one of 60 pairs" in chosen_sentence("by a newspaper", 60)


def test_labels_without_an_unrelated_pair_are_refused() -> None:
    """Kin and siblings alone say nothing about how alike strangers are."""
    group = groups_of(0, 20)
    pairs = [p if p.side == "same" else replace(p, relation="vendor", side="sibling") for p in labelled(group)]
    with pytest.raises(InsufficientData, match="no different-source pair"):
        lineage(group, pairs, dict.fromkeys(group, 1))


def hub(side: Side, z: np.ndarray, pairs: list[LabelledPair]) -> tuple[np.ndarray, list[LabelledPair]]:
    """Return what is left where every pair of a side has solo00 in it; other pairs are dropped or siblings."""
    kept = [p.side == "same" or "solo00" in (p.a, p.b) or side == "sibling" for p in pairs]
    named = [
        replace(p, relation="vendor", side="sibling") if side == "sibling" and "solo00" in (p.a, p.b) else p
        for p, keep in zip(pairs, kept, strict=True) if keep
    ]  # fmt: skip
    return z[np.array(kept)], named


def test_unrelated_pairs_that_all_share_a_model_are_refused() -> None:
    """Without that model's group nothing is left to calibrate its pairs by: an error, no ratio from the pair itself."""
    z, pairs, group = simulated(6)
    scores, named = hub("different", z, pairs)
    with pytest.raises(InsufficientData, match="more groups are needed"):
        calibrated(lineage(group, named, dict.fromkeys(group, 1)), scores, seed=0)


def test_siblings_that_all_share_a_model_have_no_fit_without_it() -> None:
    """Where its group is left out, the second alternative is absent; elsewhere it is there."""
    z, pairs, group = simulated(7)
    scores, named = hub("sibling", z, pairs)
    population = lineage(group, named, dict.fromkeys(group, 1))
    fold = next(population.folds(p)["solo00" == p.b] for p in population.pairs if "solo00" in (p.a, p.b))
    fits = calibrated(population, scores, seed=0).fits
    assert {left: fold not in left for left in fits} == {left: fit.sibling is not None for left, fit in fits.items()}
