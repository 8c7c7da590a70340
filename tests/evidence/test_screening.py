"""Many pairs drawn together give the engine's numbers."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pytest
from support.runs import drawn_answers, make_run, make_sample, make_suite, peaked

from blackbox import registry
from blackbox.evidence import screening
from blackbox.evidence.distances import codes_by_probe
from blackbox.evidence.engine import Part, draw, omnibus
from blackbox.evidence.same import Design, compare_pair
from blackbox.evidence.samples import pool
from blackbox.evidence.screening import CodedPair, coded_pair, screened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.core import PooledProbe
    from blackbox.evidence.samples import Sample

SUITE = make_suite(6)
FORMS = {p.id: "closed" for p in SUITE.probes}
SIGNALS = {n: registry.signal(n) for n in ("exact_mmd", "chi2", "jsd")}
B = 199


@pytest.fixture
def samples() -> list[Sample]:
    """Ten runs of three models, half of them with more answers, one with a gap."""
    rng = np.random.default_rng(0)
    models = [peaked(np.random.default_rng(s), 6, 5, 0.5) for s in range(3)]
    answers = [drawn_answers(rng, SUITE, models[i % 3], 9 if i < 5 else 13) for i in range(10)]
    answers[4]["p002"][3] = None
    return [make_sample(make_run(SUITE, said, endpoint=f"e{i}")) for i, said in enumerate(answers)]


def coded(pairs: Sequence[tuple[Sample, Sample]]) -> list[CodedPair]:
    """Return the codes of each pair, the sides ordered as the test orders them."""
    codes = {id(sample): codes_by_probe(sample) for pair in pairs for sample in pair}
    ordered = [sorted(pair, key=lambda sample: sample.digest) for pair in pairs]
    return [coded_pair(codes[id(x)], codes[id(y)], FORMS) for x, y in ordered]


def pooled(a: Sample, b: Sample) -> tuple[PooledProbe, ...]:
    """Return the pooled answers of a pair, as the engine reads them."""
    x, y = sorted((a, b), key=lambda sample: sample.digest)
    return pool(x.features["answer"], y.features["answer"], sorted(FORMS))


@pytest.mark.parametrize("held", [screening.HELD, 3_000])
def test_the_draws_and_p_are_the_engines(samples: list[Sample], held: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every pair of equal and of unequal counts: draws to 1e-9, p-values equal, however many labellings are held."""
    monkeypatch.setattr(screening, "HELD", held)
    pairs = list(combinations(samples, 2))
    found = screened(coded(pairs), SIGNALS, seed=3, n_permutations=B)
    n_together = 0
    for (a, b), together in zip(pairs, found, strict=True):
        parts = [Part(name=n, signal=SIGNALS[n], probes=pooled(a, b)) for n in ("exact_mmd", "chi2")]
        alone = draw(parts, seed=3, n_permutations=B)
        if not together:
            continue
        n_together += 1
        for one, other in zip(alone, together, strict=True):
            assert other.mean == pytest.approx(one.mean, abs=1e-9)
            assert other.per_probe == pytest.approx(one.per_probe, abs=1e-9)
            assert other.unequal == one.unequal
        assert omnibus(together).pvalue == omnibus(alone).pvalue
        assert omnibus(together).signal_pvalues == omnibus(alone).signal_pvalues
    assert n_together >= 30
    assert any(d.unequal for together in found for d in together)


def test_a_pair_takes_what_was_drawn_before(samples: list[Sample]) -> None:
    """With draws made beforehand a pair's result is the same, other signals included."""
    pairs = list(combinations(samples[:4], 2))
    design = Design(signals=SIGNALS, seed=0, n_permutations=B)
    found = screened(coded(pairs), SIGNALS, seed=0, n_permutations=B)
    assert all(found)
    for (a, b), before in zip(pairs, found, strict=True):
        assert [(s.signal, s.pvalue, s.pvalue_adjusted) for s in compare_pair(a, b, FORMS, design, before).signals] == [
            (s.signal, s.pvalue, s.pvalue_adjusted) for s in compare_pair(a, b, FORMS, design).signals
        ]


def test_more_labellings_than_a_chunk_are_drawn_on(samples: list[Sample]) -> None:
    """The pairs followed to the end get the engine's labellings of every chunk."""
    pairs = list(combinations(samples[:4], 2))
    found = screened(coded(pairs), SIGNALS, seed=0, n_permutations=1_200)
    parts = [Part(name=n, signal=SIGNALS[n], probes=pooled(*pairs[0])) for n in ("exact_mmd", "chi2")]
    for one, other in zip(draw(parts, seed=0, n_permutations=1_200), found[0], strict=True):
        assert len(other.mean) == 1_201
        assert other.mean == pytest.approx(one.mean, abs=1e-9)


def test_what_can_not_be_drawn_together_is_left_to_the_engine(
    samples: list[Sample], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three pairs, no signal that can be had so, no probe, or more answers than are held: nothing is drawn here."""
    three = coded(list(combinations(samples[:3], 2)))
    assert screened(three, SIGNALS, seed=0, n_permutations=B) == [()] * 3
    assert screened(three * 2, {"jsd": SIGNALS["jsd"]}, seed=0, n_permutations=B) == [()] * 6
    assert screened([None, *3 * [replace(three[0], probe_ids=())]], SIGNALS, seed=0, n_permutations=B) == [()] * 4
    assert all(screened(three * 2, SIGNALS, seed=0, n_permutations=B))
    monkeypatch.setattr(screening, "MOST_ANSWERS", 6 * 18 - 1)
    assert screened(three * 2, SIGNALS, seed=0, n_permutations=B) == [()] * 6
