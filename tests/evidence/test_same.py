"""The two-sample test of one pair: loss that depends on the probe, power, and what changes nothing.

The level is tested in `test_null_pairs` and `tests/signals/test_properties.py`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.runs import coded, drawn_answers, make_run, make_sample, make_suite, peaked

from blackbox import registry
from blackbox.core import FeatureMatrix, PooledProbe
from blackbox.evidence.engine import Part, draw, omnibus
from blackbox.evidence.same import Design, PairTest, compare_pair
from blackbox.evidence.samples import Sample, pool
from blackbox.evidence.screening import screened
from blackbox.stats.distances import counts_by_label, exact_mmd2
from blackbox.stats.permutation import label_chunk

SIGNALS = {name: registry.signal(name) for name in ("exact_mmd", "chi2", "embedding_mmd")}


def design(b: int = 199) -> Design:
    """The shipped signals with a small B."""
    return Design(signals=SIGNALS, seed=0, n_permutations=b)


def forms(sample: Sample) -> dict[str, str]:
    """Every probe of the suite with its form."""
    return {p.id: p.form for p in sample.run.suite.probes}


def test_pooled_permutation_would_be_caught_under_probe_dependent_loss() -> None:
    """Permuting over all probes at once rejects true nulls when one side loses answers at easy probes; ours doesn't."""
    rng = np.random.default_rng(3)
    audits = [lossy_audit(rng) for _ in range(200)]
    drawn = screened([*map(coded, audits)], {n: SIGNALS[n] for n in ("exact_mmd", "chi2")}, seed=0, n_permutations=199)
    ours = np.array([omnibus(pair).pvalue for pair in drawn])
    pooled = np.array([pooled_pvalue(audit, rng) for audit in audits])
    assert (ours <= 0.05).sum() <= 22
    assert (pooled <= 0.05).sum() > 22


def lossy_audit(rng: np.random.Generator) -> tuple[PooledProbe, ...]:
    """Two sessions of one model at ten easy and ten hard probes; the second lost seven of ten answers at easy ones."""
    shares = np.vstack([peaked(rng, 10, 6, 0.05), peaked(rng, 10, 6, 5.0)])
    sizes = [(10, 3 if i < 10 else 10) for i in range(20)]
    return tuple(
        PooledProbe(probe_id=f"p{i:02d}", values=rng.choice(6, size=sum(n), p=p), n_x=n[0], n_y=n[1])
        for i, (p, n) in enumerate(zip(shares, sizes, strict=True))
    )


def pooled_pvalue(audit: tuple[PooledProbe, ...], rng: np.random.Generator) -> float:
    """The published mistake: labels permuted over the pooled list, statistic averaged over the list."""
    codes = np.concatenate([6 * i + probe.values for i, probe in enumerate(audit)])
    observed = np.concatenate([np.repeat([1, 0], [probe.n_x, probe.n_y]) for probe in audit]).astype(np.int8)
    labels = np.vstack([observed, rng.permuted(np.tile(observed, (99, 1)), axis=1)])
    draws = exact_mmd2(counts_by_label(codes, labels), np.bincount(codes).astype(float))
    return float((draws >= draws[0] - 1e-12).mean())


def test_power_for_a_mixture_of_two_fifths() -> None:
    """A 40 % mixture of peaked answers over 20 probes × 20 repeats is found at α = .01 (20 of 20)."""
    rng = np.random.default_rng(5)
    suite = make_suite(20)
    for _ in range(20):
        own, other = peaked(rng, 20, 6), peaked(rng, 20, 6)
        a = make_sample(make_run(suite, drawn_answers(rng, suite, own, 20)))
        b = make_sample(make_run(suite, drawn_answers(rng, suite, 0.6 * own + 0.4 * other, 20), endpoint="b"))
        assert compare_pair(a, b, forms(a), design(999)).pvalue <= 0.01


@pytest.fixture
def pair() -> tuple[Sample, Sample]:
    """Two runs that differ a little, with unequal counts."""
    rng = np.random.default_rng(11)
    suite = make_suite(8)
    own, other = peaked(rng, 8, 5), peaked(rng, 8, 5)
    x = make_run(suite, drawn_answers(rng, suite, own, 9))
    y = make_run(suite, drawn_answers(rng, suite, 0.8 * own + 0.2 * other, 6), endpoint="b")
    return make_sample(x), make_sample(y)


def numbers(test: PairTest) -> tuple[object, ...]:
    """Everything a test says in numbers."""
    return test.pvalue, test.effect, [(s.signal, s.statistic, s.pvalue, s.pvalue_adjusted) for s in test.signals]


def test_swapping_the_sides_changes_no_number(pair: tuple[Sample, Sample]) -> None:
    """Sides are ordered by digest first."""
    a, b = pair
    assert numbers(compare_pair(a, b, forms(a), design())) == numbers(compare_pair(b, a, forms(a), design()))


def test_the_order_of_answers_changes_no_number(pair: tuple[Sample, Sample]) -> None:
    """Answers within a probe have no order for the test."""
    a, b = pair
    matrix = a.features["answer"]
    order = np.argsort(np.random.default_rng(0).random(len(matrix.keys)))
    shuffled = replace(
        matrix,
        values=matrix.values[order],
        probe_ids=tuple(matrix.probe_ids[i] for i in order),
        keys=tuple(matrix.keys[i] for i in order),
    )
    again = replace(a, features={"answer": shuffled})
    assert numbers(compare_pair(a, b, forms(a), design())) == numbers(compare_pair(again, b, forms(a), design()))


def test_adding_a_signal_changes_no_unadjusted_number(pair: tuple[Sample, Sample]) -> None:
    """A signal's statistic and p do not depend on which others are computed."""
    a, b = pair
    alone = compare_pair(a, b, forms(a), replace(design(), signals={"exact_mmd": SIGNALS["exact_mmd"]}))
    both = compare_pair(a, b, forms(a), design())
    [mmd] = [s for s in both.signals if s.signal == "exact_mmd"]
    assert (alone.signals[0].statistic, alone.signals[0].pvalue) == (mmd.statistic, mmd.pvalue)


def test_raising_b_keeps_the_labellings_drawn_before(pair: tuple[Sample, Sample]) -> None:
    """The first 200 draws of B = 2,999 are those of B = 199."""
    a, b = pair
    probes = pool(a.features["answer"], b.features["answer"], list(forms(a)))
    part = [Part(name="chi2", signal=SIGNALS["chi2"], probes=probes)]
    few, many = (draw(part, seed=0, n_permutations=n)[0].mean for n in (199, 2_999))
    assert np.array_equal(few, many[:200])


def test_inputs_stay_as_they_were(pair: tuple[Sample, Sample]) -> None:
    """Nothing is modified."""
    a, b = pair
    before = a.features["answer"].values.copy()
    compare_pair(a, b, forms(a), design())
    assert np.array_equal(before, a.features["answer"].values)


def test_signals_without_shared_counts_agree_with_the_engine(pair: tuple[Sample, Sample]) -> None:
    """A signal called on its own computes the counts itself and gives the same draws."""
    a, b = pair
    probes = pool(a.features["answer"], b.features["answer"], list(forms(a)))
    labels = [label_chunk(0, p.probe_id, (p.n_x, p.n_y), 0) for p in probes]
    for name in ("exact_mmd", "chi2"):
        shared = draw([Part(name=name, signal=SIGNALS[name], probes=probes)], seed=0, n_permutations=999)[0]
        np.testing.assert_allclose(SIGNALS[name].draws(probes, labels).mean(1), shared.mean, rtol=0, atol=1e-14)


@pytest.mark.parametrize(
    ("answers_a", "answers_b"),
    [
        ({"p000": ["x"], "p001": ["y"]}, {"p000": ["x"], "p001": ["y"]}),
        ({"p000": [None, None, "x"]}, {"p000": ["x", "y", "x"]}),
        ({"p000": ["x", "y"]}, {"p001": ["x", "y"]}),
    ],
    ids=["one answer a probe", "all but one missing", "no common probe"],
)
def test_without_two_answers_a_side_there_is_no_pvalue(
    answers_a: dict[str, list[str | None]], answers_b: dict[str, list[str | None]]
) -> None:
    """Too few answers give a typed result with its reason, never NaN."""
    suite = make_suite(2)
    a, b = make_sample(make_run(suite, answers_a)), make_sample(make_run(suite, answers_b, endpoint="b"))
    test = compare_pair(a, b, forms(a), design())
    assert (test.pvalue, test.effect.value) == (None, None)
    assert {s.status for s in test.signals} == {"not_applicable"}
    assert all(s.reason for s in test.signals)


def test_constant_answers_give_p_one() -> None:
    """A statistic that never varies drops out; with all out p = 1."""
    suite = make_suite(3)
    answers = {p.id: ["x"] * 4 for p in suite.probes}
    a, b = make_sample(make_run(suite, answers)), make_sample(make_run(suite, answers, endpoint="b"))
    assert compare_pair(a, b, forms(a), design()).pvalue == 1.0


def test_embeddings_carry_a_difference_of_open_answers() -> None:
    """Open probes are tested through their embeddings, and the effect is read from them."""
    rng = np.random.default_rng(0)
    suite = make_suite(6, form="open")
    runs = [make_run(suite, {p.id: ["text"] * 6 for p in suite.probes}, endpoint=e) for e in "ab"]
    samples = [
        replace(Sample.of(run, {}), features={"embedding": embeddings(rng, run, shift)})
        for run, shift in zip(runs, (0.0, 2.0), strict=True)
    ]
    test = compare_pair(*samples, {p.id: "open" for p in suite.probes}, design(999))
    assert test.primary == "embedding_mmd"
    assert test.pvalue <= 0.01


def embeddings(rng: np.random.Generator, run: object, shift: float) -> FeatureMatrix:
    """Gaussian rows around a mean, as an embedding would give."""
    rows = run.observations
    return FeatureMatrix(
        feature="embedding",
        version=1,
        values=rng.normal(loc=shift, size=(len(rows), 4)),
        probe_ids=tuple(o.probe_id for o in rows),
        keys=tuple(o.key for o in rows),
    )
