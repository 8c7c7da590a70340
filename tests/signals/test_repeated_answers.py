"""Answers that repeat are compared once: the numbers are those of comparing each two answers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from support.features import CODED, endpoint_rows, matrix
from support.runs import make_run, make_suite

from blackbox import registry
from blackbox.evidence import engine
from blackbox.evidence.engine import Part, draw
from blackbox.evidence.same import Design, compare_pair
from blackbox.evidence.samples import Sample, pool
from blackbox.signals._kernels import Distinct, KernelSignal
from blackbox.stats import distances, divergence, kernels
from blackbox.stats.distances import chi2, counted_mmd2, counts_by_label, exact_mmd2, gram_mmd2, rbf_gram
from blackbox.stats.divergence import jsd_bits
from blackbox.stats.kernels import spectrum_gram
from blackbox.stats.permutation import label_chunk

if TYPE_CHECKING:
    from collections.abc import Callable

    from blackbox.core import AnyArray, FloatArray, PooledProbe

SIGNALS = {name: registry.signal(name) for name in registry.names("signals")}
KERNELS = [name for name, signal in SIGNALS.items() if isinstance(signal, KernelSignal)]


def repeating(feature: str, sizes: tuple[int, int] = (9, 14)) -> tuple[PooledProbe, ...]:
    """Return two probes at which both sides draw from six answers, some of them more than once."""
    rng = np.random.default_rng(4)
    sides = []
    for n in sizes:
        base = endpoint_rows(np.random.default_rng(1), feature, (6, 6), model=2)
        picked = np.concatenate([rng.choice(6, size=n, p=[0.4, 0.3, 0.1, 0.1, 0.05, 0.05]) + 6 * p for p in (0, 1)])
        rows = [_row(base.values, base.offsets, int(i)) for i in picked]
        ids = tuple(f"p{p}" for p in (0, 1) for _ in range(n))
        sides.append(matrix(feature, rows, probe_ids=ids, keys=tuple(map(str, range(2 * n)))))
    return pool(sides[0], sides[1], {"p0", "p1"})


def _row(values: AnyArray, offsets: AnyArray | None, i: int) -> AnyArray:
    return values[i] if offsets is None else values[offsets[i] : offsets[i + 1]]


def one_by_one(name: str, probes: tuple[PooledProbe, ...]) -> list[FloatArray]:
    """Return each probe's Gram matrix of all its answers, equal ones too."""
    every = [
        Distinct(
            values=p.values, bounds=p.offsets, codes=np.arange(p.n_x + p.n_y), times=np.ones(p.n_x + p.n_y, dtype=int)
        )
        for p in probes
    ]
    return list(SIGNALS[name].grams(every))


def labels_of(probes: tuple[PooledProbe, ...], n: int = 50) -> list[AnyArray]:
    """Return labellings of each probe."""
    return [label_chunk(1, p.probe_id, (p.n_x, p.n_y), 0)[:n] for p in probes]


@pytest.mark.parametrize("name", KERNELS)
def test_repeats_change_no_number(name: str) -> None:
    """The Gram matrix has a row a distinct answer, and every draw is that of all answers one by one."""
    probes = repeating(SIGNALS[name].info.feature)
    labels = labels_of(probes)
    prepared = list(SIGNALS[name].prepared(probes))
    assert [len(p.base) < p.n_x + p.n_y for p in prepared] == [True, True]
    expected = [gram_mmd2(gram, deal) for gram, deal in zip(one_by_one(name, probes), labels, strict=True)]
    np.testing.assert_allclose(SIGNALS[name].draws(prepared, labels).T, expected, rtol=0, atol=1e-9)


def test_without_the_pairs_of_equal_answers_the_check_fails() -> None:
    """The mutant: equal answers of a side add nothing. It is off by far more than the tolerance."""
    [probe, _] = repeating("embedding")
    [prepared, _] = SIGNALS["embedding_mmd"].prepared((probe, probe))
    [labels] = labels_of((probe,))
    counts, total = counts_by_label(prepared.codes, labels), np.bincount(prepared.codes).astype(float)
    right = counted_mmd2(prepared.base, counts, total)
    wrong = counted_mmd2(prepared.base - np.eye(len(prepared.base)), counts, total)
    assert np.abs(right - wrong).max() > 1e-2


def test_the_bandwidth_is_the_median_over_all_pairs_of_answers() -> None:
    """An answer that was given often weighs as often; counted once, the bandwidth would be another."""
    values = np.array([[0.0], [1.0], [3.0], [7.0]])
    times = np.array([5, 1, 2, 1])
    every = rbf_gram(np.repeat(values, times, axis=0))
    first = np.concatenate([[0], np.cumsum(times)[:-1]])
    np.testing.assert_allclose(rbf_gram(values, times), every[np.ix_(first, first)], rtol=0, atol=1e-12)
    assert np.abs(rbf_gram(values) - rbf_gram(values, times)).max() > 1e-2


def test_whole_numbers_stay_whole() -> None:
    """With the one-hot kernel the counted statistic is the exact-match one, to the last bit."""
    codes = np.random.default_rng(0).integers(0, 7, size=40)
    labels = label_chunk(0, "p", (20, 20), 0)
    counts, total = counts_by_label(codes, labels), np.bincount(codes).astype(float)
    assert np.array_equal(counted_mmd2(np.eye(len(total)), counts, total), exact_mmd2(counts, total))


@pytest.mark.parametrize("n_codes", [3, 90])
def test_both_ways_to_count_agree(n_codes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few codes by a product, many by runs of equal ones; a code nobody gave counts 0."""
    codes = np.random.default_rng(0).integers(0, n_codes, size=60)
    codes = np.where(codes == 1, 2, codes)
    labels = label_chunk(0, "p", (20, 40), 0)[:30]
    found = []
    for few in (0, 1_000):
        monkeypatch.setattr(distances, "FEW_CODES", few)
        found.append(counts_by_label(codes, labels))
    assert np.array_equal(*found)
    assert found[0].shape == (30, codes.max() + 1)
    assert not found[0][:, 1].any()


@pytest.mark.parametrize("statistic", [exact_mmd2, chi2, jsd_bits])
def test_answers_given_once_may_be_taken_together(
    statistic: Callable[[FloatArray, FloatArray], FloatArray], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three hundred answers, most of them given once: the sums are those over all answers, whichever way they are made.

    The mutant leaves the single answers of side y out.
    """
    codes = np.sort(np.unique(np.random.default_rng(0).integers(0, 600, size=400), return_inverse=True)[1])
    counts, total = counts_by_label(codes, label_chunk(0, "p", (150, 250), 0)[:40]), np.bincount(codes).astype(float)
    assert (total == 1).sum() > 150
    listed = statistic(counts, total)
    monkeypatch.setattr(distances, "MANY_ONCE", 100)
    np.testing.assert_allclose(statistic(counts, total), listed, rtol=0, atol=1e-9)
    if statistic is not exact_mmd2:
        forgetful = replace(distances.folded(counts, total), once_y=np.zeros(len(counts)))
        for module in (distances, divergence):
            monkeypatch.setattr(module, "folded", lambda *_: forgetful)
        assert np.abs(statistic(counts, total) - listed).min() > 1e-3


@pytest.mark.parametrize("name", [n for n, s in SIGNALS.items() if s.info.question == "same" and not s.info.single])
def test_labels_read_in_small_parts_give_the_same_draws(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded by reading fewer labellings at a time, which changes no number."""
    probes = repeating(SIGNALS[name].info.feature)
    part = Part(name=name, signal=SIGNALS[name], probes=probes)
    [whole] = draw([part], seed=0, n_permutations=99)
    monkeypatch.setattr(engine, "AT_ONCE", 7 * sum(p.n_x + p.n_y for p in probes))
    [parts] = draw([part], seed=0, n_permutations=99)
    np.testing.assert_allclose(parts.mean, whole.mean, rtol=0, atol=1e-12)
    assert parts.per_probe == pytest.approx(whole.per_probe, abs=1e-12)


def test_answers_left_out_are_named_in_the_reason() -> None:
    """Of 600 answers a side 500 are compared two by two; the result says so, and without any it has no reason."""
    suite = make_suite(1)
    found = []
    for n in (600, 20):
        sides = []
        for name in "ab":
            run = make_run(suite, {"p000": ["x"] * n}, endpoint=name)
            rows = list(np.random.default_rng(n).integers(1, 99, size=(n, 1)))
            keys = tuple(o.key for o in run.observations)
            lengths = matrix("length", rows, probe_ids=("p000",) * n, keys=keys)
            sides.append(replace(Sample.of(run, {}), features={"length": lengths}))
        design = Design(signals={"length": SIGNALS["length"]}, seed=0, n_permutations=19)
        [result] = compare_pair(*sides, {"p000": "closed"}, design).signals
        found.append((result.n_x, result.n_y, result.reason))
    said = "it compares each two answers: at 1 of 1 probes 500 a side were drawn, 200 left out"
    assert found == [(500, 500, said), (20, 20, None)]


@pytest.mark.parametrize("small", [0, 1 << 18])
def test_sparse_and_filled_tables_of_grams_agree(small: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """By hand: of 'ab' and 'abc' the grams a, b, ab are shared: 3 / √(3 · 6); an empty row is like an empty one."""
    monkeypatch.setattr(kernels, "SMALL", small)
    found = spectrum_gram(np.array([1, 2, 1, 2, 3]), np.array([0, 2, 5, 5, 5]))
    assert found[0, 1] == pytest.approx(3 / 18**0.5)
    assert found[2].tolist() == found[3].tolist() == [0, 0, 1, 1]


def test_progress_is_told_by_probe() -> None:
    """Whoever draws is told after each probe; the numbers do not depend on it."""
    part = Part(name="exact_mmd", signal=SIGNALS["exact_mmd"], probes=repeating("answer"))
    told: list[tuple[int, int]] = []
    [heard] = draw([part], seed=0, n_permutations=99, on_probe=lambda done, total: told.append((done, total)))
    [alone] = draw([part], seed=0, n_permutations=99)
    assert told == [(1, 2), (2, 2)]
    assert np.array_equal(heard.mean, alone.mean)


def test_kernel_signals_read_no_codes() -> None:
    """The tests above cover every signal that compares answers two by two."""
    assert not {SIGNALS[name].info.feature for name in KERNELS} & CODED
