"""Rank uniformity: level, power, and what it equals, where one side has one answer a probe."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import cramervonmises
from support.runs import drawn_answers, make_run, make_sample, make_suite, peaked

from blackbox import registry
from blackbox.core import FeatureMatrix, PooledProbe
from blackbox.evidence.engine import Part, draw, omnibus
from blackbox.evidence.same import Design, compare_pair
from blackbox.evidence.samples import pool, pool_single
from blackbox.signals._rank import lots
from blackbox.stats.permutation import label_chunk
from blackbox.stats.uniformity import cramer_von_mises_parts

NAMES = ("rank_answer", "rank_embedding")
N_PROBES, B = 12, 199


def rows(rng: np.random.Generator, name: str, n: int, *, shift: float = 0.0) -> FeatureMatrix:
    """`n` rows a probe of one endpoint; `shift` makes it another."""
    at = [f"p{i:02d}" for i in range(N_PROBES) for _ in range(n)]
    if name == "rank_answer":
        usual = rng.geometric(0.6, len(at))
        values = np.where(rng.random(len(at)) < shift, usual + 50 + rng.integers(0, 9, len(at)), usual)
    else:
        values = rng.normal(0, 0.4, (len(at), 6)) + np.r_[1.0 - 2 * shift, [0.0] * 5]
        values /= np.linalg.norm(values, axis=1, keepdims=True)
    keys = tuple(map(str, range(len(at))))
    return FeatureMatrix(feature="x", version=1, values=values, probe_ids=tuple(at), keys=keys)


def pvalue(rng: np.random.Generator, name: str, seed: int, *, shift: float = 0.0, inflate: float = 0.0) -> float:
    """P of one answer a probe against eight."""
    probes = pool_single(rows(rng, name, 1, shift=shift), rows(rng, name, 8), {f"p{i:02d}" for i in range(N_PROBES)})
    signal = registry.signal(name)
    [found] = draw([Part(name=name, signal=signal, probes=probes)], seed=seed, n_permutations=B)
    if inflate:
        found.mean[0] += inflate * found.mean.std()
    return omnibus([found]).signal_pvalues[name]


@pytest.mark.parametrize("name", NAMES)
def test_null_calibration_and_a_mutated_statistic_that_fails_it(name: str) -> None:
    """Of 400 null pairs at most 36 are rejected at .05 and 233 at .50; with an inflated statistic too many are."""
    rng = np.random.default_rng(1)
    found = np.array([pvalue(rng, name, seed) for seed in range(400)])
    assert ((found <= 0.05).sum() <= 36, (found <= 0.50).sum() <= 233) == (True, True)
    assert (found <= 0.05).sum() >= 5
    mutated = np.array([pvalue(rng, name, seed, inflate=0.9) for seed in range(400)])
    assert (mutated <= 0.05).sum() > 36


@pytest.mark.parametrize("name", NAMES)
def test_power(name: str) -> None:
    """Answers the other side never gives are found from one a probe."""
    rng = np.random.default_rng(2)
    assert sum(pvalue(rng, name, seed, shift=0.9) <= 0.05 for seed in range(20)) >= 16


@pytest.mark.parametrize("name", NAMES)
def test_naive_loop_and_either_side_single(name: str) -> None:
    """The mean over probes is the textbook statistic, ties by lot, whichever side is single; inputs unchanged."""
    rng = np.random.default_rng(3)
    one, many = rows(rng, name, 1, shift=0.3), rows(rng, name, 8)
    ids = {f"p{i:02d}" for i in range(N_PROBES)}
    signal = registry.signal(name)
    for x, y in ((one, many), (many, one)):
        z = pool_single(x, y, ids)
        before = [p.values.copy() for p in z]
        labels = [label_chunk(0, p.probe_id, (p.n_x, p.n_y), 0)[:5] for p in z]
        found = signal.draws(z, labels).mean(1) * len(z)
        expected = [
            cramervonmises([_place(signal, p, deal[b]) for p, deal in zip(z, labels, strict=True)], "uniform").statistic
            for b in range(5)
        ]
        assert found == pytest.approx(expected)
        assert all((p.values == old).all() for p, old in zip(z, before, strict=True))


def _place(signal: object, probe: PooledProbe, label: np.ndarray) -> float:
    scores = signal.typical(probe.values).round(9)
    drawn = lots(probe.probe_id, scores)
    own = int(np.argmax(label if probe.n_x == 1 else 1 - label))
    below = sum((scores[i], drawn[i]) < (scores[own], drawn[own]) for i in range(len(scores)))
    return (below + 0.5) / len(scores)


def test_the_parts_sum_to_the_statistic() -> None:
    """Cramér–von Mises as scipy computes it."""
    places = np.random.default_rng(4).random(17)
    assert cramer_von_mises_parts(places).sum() == pytest.approx(cramervonmises(places, "uniform").statistic)


def test_only_probes_with_one_beside_four_are_read() -> None:
    """Two answers a side, or one beside three, are not; swapping the sides of a pair changes no p."""
    rng = np.random.default_rng(5)
    assert pool_single(rows(rng, "rank_answer", 2), rows(rng, "rank_answer", 8), {"p00"}) == ()
    assert pool_single(rows(rng, "rank_answer", 1), rows(rng, "rank_answer", 3), {"p00"}) == ()
    assert len(pool_single(rows(rng, "rank_answer", 1), rows(rng, "rank_answer", 4), {"p00"})) == 1
    assert pool(rows(rng, "rank_answer", 1), rows(rng, "rank_answer", 8), {"p00"}) == ()


def test_one_answer_a_probe_has_a_signal_and_no_omnibus() -> None:
    """`same` has no p there, and the signal has one: the verdict stays not applicable."""
    suite = make_suite(N_PROBES)
    own = peaked(np.random.default_rng(0), N_PROBES, 6, 0.3)
    a = make_sample(make_run(suite, drawn_answers(np.random.default_rng(6), suite, own, 9)))
    b = make_sample(make_run(suite, {p.id: ["never said"] for p in suite.probes}, endpoint="b"))
    signals = {n: registry.signal(n) for n in ("exact_mmd", "chi2", "rank_answer")}
    design = Design(signals=signals, seed=0, n_permutations=199)
    forms = {p.id: "closed" for p in suite.probes}
    found = compare_pair(a, b, forms, design)
    swapped = compare_pair(b, a, forms, design)
    assert found.pvalue is None
    by_name = {s.signal: s for s in found.signals}
    assert by_name["exact_mmd"].status == "not_applicable"
    assert by_name["rank_answer"].pvalue <= 0.05
    assert by_name["rank_answer"].pvalue == {s.signal: s.pvalue for s in swapped.signals}["rank_answer"]
