"""What every two-sample signal keeps to: level, power, and what changes no number."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest
from support.features import CODED, endpoint_rows, matrix

from blackbox import registry
from blackbox.core import PreparingSignal
from blackbox.evidence.engine import Drawn, Part, draw, omnibus
from blackbox.evidence.samples import MAX_ROWS, pool
from blackbox.stats.permutation import label_chunk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.core import FeatureMatrix, TwoSampleSignal

SAME = [n for n in registry.names("signals") if registry.signal(n).info.question == "same"]
NAMES = [n for n in SAME if not registry.signal(n).info.single]
SIGNALS: dict[str, TwoSampleSignal] = {name: registry.signal(name) for name in NAMES}
FEATURES = sorted({signal.info.feature for signal in SIGNALS.values()})
N_PAIRS, B, N_PROBES = 400, 199, 6
EQUAL, UNEQUAL = ((6,) * N_PROBES, (6,) * N_PROBES), ((4, 5, 6, 4, 5, 6), (9, 8, 7, 9, 8, 7))
DISCRETE = {n for n, s in SIGNALS.items() if s.info.feature in CODED} | {"classifier"}


def drawn(
    rng: np.random.Generator, counts: tuple[Sequence[int], Sequence[int]], seed: int, shift: float = 0.0
) -> tuple[Drawn, ...]:
    """Return each signal's draws of one pair of endpoints, of one model where `shift` is 0."""
    model = int(rng.integers(2**31))
    pools = {}
    for feature in FEATURES:
        x = endpoint_rows(rng, feature, counts[0], model=model)
        y = endpoint_rows(rng, feature, counts[1], model=model, shift=shift)
        pools[feature] = pool(x, y, set(x.probe_ids))
    parts = [Part(name=n, signal=s, probes=pools[s.info.feature]) for n, s in SIGNALS.items()]
    return draw(parts, seed=seed, n_permutations=B)


@cache
def null_pairs() -> Sequence[tuple[Drawn, ...]]:
    """Draws of 400 pairs of one model each, with equal and unequal counts in turn, under labels of their own seed."""
    rng = np.random.default_rng(5)
    return [drawn(rng, (EQUAL, UNEQUAL)[seed % 2], seed) for seed in range(N_PAIRS)]


def pvalues(pairs: Sequence[tuple[Drawn, ...]], name: str) -> np.ndarray:
    """Return one signal's p in each pair."""
    return np.array([omnibus(pair).signal_pvalues[name] for pair in pairs])


@pytest.mark.parametrize("name", NAMES)
def test_null_calibration(name: str) -> None:
    """Of 400 null pairs 7–36 are rejected at .05 and 167–233 at .50 (99.9 % binomial ranges).

    A discrete statistic has ties, which count against rejection: the upper limits only.
    """
    found = pvalues(own_draws(name), name)
    at_05, at_50 = (found <= 0.05).sum(), (found <= 0.50).sum()
    assert (at_05 <= 36, at_50 <= 233) == (True, True)
    if name not in DISCRETE:
        assert (at_05 >= 7, at_50 >= 167) == (True, True)


def own_draws(name: str) -> list[tuple[Drawn, ...]]:
    """Return the draws of one signal in each null pair."""
    return [tuple(d for d in pair if d.name == name) for pair in null_pairs()]


@pytest.mark.parametrize("name", NAMES)
def test_a_mutated_statistic_fails_the_calibration(name: str) -> None:
    """The calibration test can fail, for every signal: its observed value six tenths of a deviation too large."""
    mutated = [tuple(replace(d, mean=inflated(d.mean)) for d in pair) for pair in own_draws(name)]
    assert (pvalues(mutated, name) <= 0.05).sum() > 36


def inflated(mean: np.ndarray) -> np.ndarray:
    """Return draws whose first is too large."""
    return np.concatenate([mean[:1] + 0.6 * mean.std(), mean[1:]])


@pytest.mark.parametrize("name", NAMES)
def test_power(name: str) -> None:
    """A large difference at six probes with ten answers a side is found at α = .05 in most of 20 pairs."""
    assert (pvalues(strong_pairs(), name) <= 0.05).sum() >= 14


@cache
def strong_pairs() -> Sequence[tuple[Drawn, ...]]:
    """Draws of 20 pairs that differ clearly."""
    rng = np.random.default_rng(8)
    counts = ((10,) * N_PROBES, (10,) * N_PROBES)
    return [drawn(rng, counts, seed, shift=1.0) for seed in range(20)]


@pytest.fixture
def sides() -> dict[str, tuple[FeatureMatrix, FeatureMatrix]]:
    """Two endpoints that differ a little, with unequal counts, in every feature."""
    rng = np.random.default_rng(2)
    return {
        feature: (
            endpoint_rows(rng, feature, UNEQUAL[0], model=5),
            endpoint_rows(rng, feature, UNEQUAL[1], model=5, shift=0.3),
        )
        for feature in FEATURES
    }


@pytest.mark.parametrize("name", NAMES)
def test_swapping_the_sides_changes_no_statistic(
    name: str, sides: dict[str, tuple[FeatureMatrix, FeatureMatrix]]
) -> None:
    """At every labelling the statistic of (x, y) is that of (y, x)."""
    x, y = sides[SIGNALS[name].info.feature]
    there, back = pool(x, y, set(x.probe_ids)), pool(y, x, set(x.probe_ids))
    labels = [label_chunk(0, p.probe_id, (p.n_x, p.n_y), 0)[:20] for p in there]
    swapped = [
        1 - np.concatenate([deal[:, p.n_x :], deal[:, : p.n_x]], axis=1) for p, deal in zip(there, labels, strict=True)
    ]
    expected = SIGNALS[name].draws(there, labels)
    assert SIGNALS[name].draws(back, swapped) == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_answers_changes_no_number(
    name: str, sides: dict[str, tuple[FeatureMatrix, FeatureMatrix]]
) -> None:
    """Answers of a probe have no order."""
    x, y = sides[SIGNALS[name].info.feature]
    order = np.random.default_rng(1).permutation(len(x.keys))
    bounds = x.offsets
    rows = [x.values[i] if bounds is None else x.values[bounds[i] : bounds[i + 1]] for i in order]
    ids, keys = (tuple(names[i] for i in order) for names in (x.probe_ids, x.keys))
    shuffled = matrix(x.feature, rows, probe_ids=ids, keys=keys)
    means = [
        draw([Part(name=name, signal=SIGNALS[name], probes=pool(a, y, set(x.probe_ids)))], seed=0, n_permutations=B)
        for a in (x, shuffled)
    ]
    assert np.array_equal(means[0][0].mean, means[1][0].mean)


@pytest.mark.parametrize("name", [n for n in NAMES if isinstance(SIGNALS[n], PreparingSignal)])
def test_what_is_computed_once_gives_the_same_draws(
    name: str, sides: dict[str, tuple[FeatureMatrix, FeatureMatrix]]
) -> None:
    """The engine's way, Gram first, and the direct way are one."""
    x, y = sides[SIGNALS[name].info.feature]
    probes = pool(x, y, set(x.probe_ids))
    labels = [label_chunk(0, p.probe_id, (p.n_x, p.n_y), 0) for p in probes]
    prepared = list(SIGNALS[name].prepared(probes))
    assert all(p.base is not None for p in prepared)
    assert np.array_equal(SIGNALS[name].draws(prepared, labels), SIGNALS[name].draws(probes, labels))


@pytest.mark.parametrize("name", NAMES)
def test_equal_answers_everywhere_give_p_one(name: str) -> None:
    """A statistic that never varies drops out, and never gives NaN."""
    feature = SIGNALS[name].info.feature
    rng = np.random.default_rng(0)
    one = endpoint_rows(rng, feature, [1], model=3)
    rows = [one.values if one.offsets is not None else one.values[0]] * 6
    same = matrix(feature, rows, probe_ids=("p0",) * 3 + ("p1",) * 3, keys=tuple("abcdef"))
    part = Part(name=name, signal=SIGNALS[name], probes=pool(same, same, {"p0", "p1"}))
    assert omnibus(draw([part], seed=0, n_permutations=B)).signal_pvalues[name] == 1.0


@pytest.mark.parametrize("feature", [f for f in FEATURES if f not in CODED])
def test_a_hundred_thousand_answers_stay_within_bounds(feature: str) -> None:
    """Of a probe asked 50,000 times a side a thousand rows a side are compared; codes are all counted."""
    rng = np.random.default_rng(0)
    few = endpoint_rows(rng, feature, [50], model=3)
    bounds = few.offsets
    rows = [few.values[i] if bounds is None else few.values[bounds[i] : bounds[i + 1]] for i in range(50)] * 1_000
    many = matrix(feature, rows, probe_ids=("p",) * 50_000, keys=tuple(map(str, range(50_000))))
    [probe] = pool(many, many, {"p"})
    assert (probe.n_x, probe.n_y) == (MAX_ROWS, MAX_ROWS)


def test_a_classifier_needs_two_probes() -> None:
    """With one probe there is nothing to learn from: the signal is left out, not guessed."""
    rng = np.random.default_rng(0)
    x, y = (endpoint_rows(rng, "embedding", [5], model=1) for _ in "xy")
    part = Part(name="classifier", signal=SIGNALS["classifier"], probes=pool(x, y, {"p00"}))
    assert draw([part], seed=0, n_permutations=B) == ()


def test_signals_outside_the_omnibus_change_no_pvalue_of_it(
    sides: dict[str, tuple[FeatureMatrix, FeatureMatrix]],
) -> None:
    """They have their own p, and are counted in the adjustment over signals."""
    x, y = sides["answer"]
    probes = pool(x, y, set(x.probe_ids))
    parts = [Part(name=n, signal=SIGNALS[n], probes=probes) for n in ("exact_mmd", "chi2", "jsd")]
    found = draw(parts, seed=0, n_permutations=B)
    alone, both = omnibus(found[:2]), omnibus(found)
    assert alone.pvalue == both.pvalue
    assert set(both.signal_pvalues) == set(both.signal_adjusted) == {"exact_mmd", "chi2", "jsd"}
    assert all(both.signal_adjusted[n] >= both.signal_pvalues[n] for n in both.signal_pvalues)
    only = [found[2]]
    assert omnibus(only).pvalue == 1.0
    assert omnibus(only).signal_pvalues["jsd"] == both.signal_pvalues["jsd"]
