"""Kinship signals on short answers, errors and refusals, against double loops; and that kin stand out by each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from blackbox import registry
from blackbox.core import FeatureMatrix
from blackbox.evidence.cohort import Context, at_each_probe, averages, normed

REFERENCES = np.arange(12) >= 2


def answers(seed: int = 0) -> list[list[np.ndarray]]:
    """Return ten answers each of twelve runs at one probe, from six codes."""
    rng = np.random.default_rng(seed)
    return [
        [np.array([c], dtype=np.uint32) for c in rng.choice(6, size=10, p=rng.dirichlet(np.ones(6)))] for _ in range(12)
    ]


def naive_profile(rows: list[list[np.ndarray]], a: int, b: int) -> float:
    """Σ w min(p, q)/√(Σ w p · Σ w q), neither side among the references that weigh."""
    shares = [{k: np.mean([r[0] == k for r in own]) for k in range(6)} for own in rows]
    others = [c for c in range(2, 12) if c not in (a, b)]
    w = {k: max(0.02, np.log((len(others) + 1) / (sum(shares[c][k] > 0 for c in others) + 0.5))) for k in range(6)}
    shared = sum(w[k] * min(shares[a][k], shares[b][k]) for k in range(6))
    return float(shared / np.sqrt(np.prod([sum(w[k] * shares[i][k] for k in range(6)) for i in (a, b)])))


@pytest.mark.parametrize("pair", [(0, 1), (0, 5), (4, 9)])
def test_profiles_share_rare_answers(pair: tuple[int, int]) -> None:
    """The formula, for a pair of tests, a test with a reference, and two references."""
    rows = answers()
    found = registry.signal("answer_profile").at_probe(rows).among(np.arange(12), REFERENCES)
    assert found[pair] == pytest.approx(naive_profile(rows, *pair))


def test_agreement_on_wrong_answers_is_the_chance_of_equal_draws() -> None:
    """Σ p q over codes; a run that never errs is silent."""
    rows = [*answers()[:11], []]
    found = registry.signal("wrong_answers").at_probe(rows).among(np.arange(12), REFERENCES)
    equal = np.mean([x[0] == y[0] for x in rows[0] for y in rows[1]])
    assert found[0, 1] == pytest.approx(equal)
    assert np.isnan(found[0, 11])


def test_refusal_rates_are_close_or_not() -> None:
    """Minus the difference of the rates of any code other than 0."""
    rows = [[np.array([int(i < n)], dtype=np.uint32) for i in range(10)] for n in range(12)]
    rows = [own[:10] for own in rows]
    found = registry.signal("refusal_pattern").at_probe(rows).among(np.arange(12), REFERENCES)
    assert found[2, 7] == pytest.approx(-0.5)
    assert found[3, 3] == pytest.approx(0.0)


def kin_probes(signal: str, seed: int) -> list[Any]:
    """Return 40 probes where runs 0 and 1 answer by one habit and all others by their own."""
    rng = np.random.default_rng(seed)
    probes = []
    for _ in range(40):
        tables = rng.dirichlet(np.full(6, 0.4), size=12)
        tables[1] = tables[0]
        if signal == "refusal_pattern":
            draws = [(rng.random(6) < t[0]).astype(np.uint32) for t in tables]
        else:
            draws = [rng.choice(6, size=6, p=t).astype(np.uint32) for t in tables]
        probes.append(registry.signal(signal).at_probe([[np.array([c]) for c in own] for own in draws]))
    return probes


@pytest.mark.parametrize("signal", ["answer_profile", "wrong_answers", "refusal_pattern"])
def test_kin_stand_out(signal: str) -> None:
    """Forty probes of six answers put a pair of one habit beyond four standard deviations."""
    context = Context(members=np.arange(12), references=REFERENCES)
    [found] = averages(kin_probes(signal, 0), [context])
    z = normed(found.score, REFERENCES)
    assert z[0, 1] > 4
    assert np.abs(z[0, 2:]).max() < 4


def test_single_probes_average_to_the_score() -> None:
    """What each probe says of a pair is what its score is made of."""
    context = Context(members=np.arange(12), references=REFERENCES)
    probes = kin_probes("answer_profile", 1)
    each = at_each_probe(probes, context, [(0, 1), (0, 5)])
    [found] = averages(probes, [context])
    assert each.shape == (40, 2)
    assert each.mean(0) == pytest.approx([found.score[0, 1], found.score[0, 5]], abs=1e-6)


@pytest.mark.parametrize("signal", ["prefix", "answer_profile", "wrong_answers", "refusal_pattern"])
def test_ranks_without_a_population_read_them_too(signal: str) -> None:
    """`(P, R, R)`, symmetric, NaN for a silent run."""
    rng = np.random.default_rng(0)

    def run(codes: list[int]) -> FeatureMatrix:
        values = np.array(codes, dtype=np.uint64) << np.uint64(32)
        ids = tuple(f"p{i}" for i in range(len(codes)))
        offsets = np.arange(len(codes) + 1) if signal == "prefix" else None
        return FeatureMatrix(feature="f", version=1, values=values, probe_ids=ids, keys=ids, offsets=offsets)

    runs = [*(run(list(rng.integers(0, 3, size=4))) for _ in range(8)), run([])]
    scores = registry.signal(signal).scores(runs, list(range(9)))
    assert scores.shape == (4, 9, 9)
    assert scores == pytest.approx(scores.transpose(0, 2, 1), nan_ok=True)
    assert np.isnan(scores[:, 8]).all()
