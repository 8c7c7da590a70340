"""Kinship scores and ranks among references."""

from __future__ import annotations

import numpy as np
import pytest

from blackbox import registry
from blackbox.core import FeatureMatrix
from blackbox.evidence.related import averaged, kinship, s_norm


def grams(answers: dict[str, list[int]]) -> FeatureMatrix:
    """Return a gram matrix with one row a probe."""
    values = [np.unique(np.array(v, dtype=np.uint64)) for v in answers.values()]
    return FeatureMatrix(
        feature="word3",
        version=1,
        values=np.concatenate(values) if values else np.zeros(0, dtype=np.uint64),
        probe_ids=tuple(answers),
        keys=tuple(f"{p}#0" for p in answers),
        offsets=np.concatenate([[0], np.cumsum([len(v) for v in values])]).astype(np.int64),
    )


def population(
    rng: np.random.Generator, n_runs: int, n_probes: int, kin: tuple[int, int] | None
) -> list[FeatureMatrix]:
    """Return runs that share common grams; the kin share a few rare ones too."""
    runs = []
    for r in range(n_runs):
        answers = {}
        for p in range(n_probes):
            common = rng.choice(60, size=25, replace=False)
            own = 1000 * (r + 1) + rng.choice(300, size=15, replace=False)
            rare = 10**6 + np.arange(4) if kin and r in kin else []
            answers[f"p{p:02d}"] = [int(g) + 10**7 * p for g in (*common, *own, *rare)]
        runs.append(grams(answers))
    return runs


def naive_overlap(runs: list[FeatureMatrix], i: int, j: int) -> float:
    """S(i, j) at the first probe by the formula, document frequencies without both runs."""
    sets = [set(run.values[: run.offsets[1]].tolist()) for run in runs]
    others = [s for k, s in enumerate(sets) if k not in (i, j)]

    def weight(g: int) -> float:
        return max(0.02, np.log((len(others) + 1) / (sum(g in s for s in others) + 0.5)))

    shared = sum(weight(g) for g in sets[i] & sets[j])
    return shared / np.sqrt(sum(map(weight, sets[i])) * sum(map(weight, sets[j])))


@pytest.mark.parametrize("pair", [(0, 1), (2, 5)])
def test_overlap_agrees_with_the_formula(pair: tuple[int, int]) -> None:
    """Sparse products give the leave-both-out weighted overlap of the definition."""
    from blackbox.signals._overlap import _grams_by_probe, _incidence, similarities

    runs = population(np.random.default_rng(0), 8, 1, (0, 1))
    incidence = _incidence([_grams_by_probe(run)["p00"] for run in runs], np.arange(8))
    assert similarities(incidence)[pair] == pytest.approx(naive_overlap(runs, *pair), abs=1e-12)


def test_families_are_left_out_together() -> None:
    """With a twin of run 0 in its family, the pair (0, 1) is weighed as if the twin were not there."""
    from blackbox.signals._overlap import _grams_by_probe, _incidence, similarities

    runs = population(np.random.default_rng(0), 8, 1, (0, 1))
    with_twin = _incidence([_grams_by_probe(r)["p00"] for r in [*runs, runs[0]]], np.array([*range(8), 0]))
    assert similarities(with_twin)[0, 1] == pytest.approx(naive_overlap(runs, 0, 1), abs=1e-12)


@pytest.mark.parametrize("signal", ["w3", "c5"])
def test_kin_rank_first_among_references(signal: str) -> None:
    """Four rare shared grams a probe over 12 probes put the kin on top, at the smallest reachable p."""
    runs = population(np.random.default_rng(1), 14, 12, (3, 9))
    scores = averaged([registry.signal(signal).scores(runs, list(range(14)))])
    found = kinship({signal: scores}, list(range(14)))
    assert found.rank_pvalue[3, 9] == pytest.approx(1 / 13)
    assert found.quantile[signal][3, 9] == 1.0
    others = [found.combined[i, j] for i in range(14) for j in range(i) if {i, j} != {3, 9}]
    assert found.combined[3, 9] > max(others) + 2


def test_unrelated_ranks_are_calibrated() -> None:
    """Among unrelated runs the two-sided rank p is at most nominal: ≤ .25 in no more than a quarter."""
    rng = np.random.default_rng(2)
    small = []
    for _ in range(40):
        runs = population(rng, 13, 3, None)
        scores = averaged([registry.signal("w3").scores(runs, list(range(13)))])
        small.append(kinship({"w3": scores}, list(range(13))).rank_pvalue[0, 1] <= 0.25)
    assert sum(small) <= 18


def test_the_order_of_runs_changes_no_score() -> None:
    """Permuting runs permutes the matrix."""
    runs = population(np.random.default_rng(3), 12, 4, (0, 1))
    order = np.random.default_rng(0).permutation(12)
    first = averaged([registry.signal("w3").scores(runs, list(range(12)))])
    second = averaged([registry.signal("w3").scores([runs[i] for i in order], list(range(12)))])
    assert second == pytest.approx(first[np.ix_(order, order)], nan_ok=True)


def test_chunks_of_probes_add_up() -> None:
    """Averaging over chunks equals averaging over all probes."""
    runs = population(np.random.default_rng(4), 11, 4, None)
    whole = registry.signal("w3").scores(runs, list(range(11)))
    assert averaged([whole[:1], whole[1:]]) == pytest.approx(averaged([whole]), nan_ok=True)


def test_a_silent_run_has_no_score() -> None:
    """A run without answers scores NaN with everybody, and disturbs nobody."""
    runs = population(np.random.default_rng(5), 11, 3, None)
    alone = averaged([registry.signal("w3").scores(runs, list(range(11)))])
    with_silent = averaged([registry.signal("w3").scores([*runs, grams({})], list(range(12)))])
    assert np.isnan(with_silent[11]).all()
    assert with_silent[:11, :11] == pytest.approx(alone, nan_ok=True)


def test_the_scale_is_shrunk_toward_the_population() -> None:
    """A run whose few references happen to agree keeps a scale near the population's median."""
    rng = np.random.default_rng(6)
    scores = rng.normal(size=(12, 12))
    scores = (scores + scores.T) / 2
    scores[0, :] = scores[:, 0] = 0.001 * rng.normal(size=12)
    scores[0, 1] = scores[1, 0] = 0.5
    z = s_norm(scores, np.arange(12))
    assert abs(z[0, 1]) < 2
