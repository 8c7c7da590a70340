"""Many pairs drawn together give the engine's numbers."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pytest
from support.runs import drawn_answers, make_run, make_sample, make_suite, peaked

from blackbox import registry
from blackbox.evidence.engine import Part, draw, omnibus
from blackbox.evidence.same import Design, coded_probes, compare_pair
from blackbox.evidence.screening import screened

if TYPE_CHECKING:
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


def test_the_draws_and_p_are_the_engines(samples: list[Sample]) -> None:
    """Every pair of equal and of unequal counts: draws to 1e-9, p-values equal."""
    pairs = list(combinations(samples, 2))
    probes = [coded_probes(a, b, FORMS) for a, b in pairs]
    found = screened(probes, SIGNALS, seed=3, n_permutations=B)
    n_together = 0
    for own, together in zip(probes, found, strict=True):
        parts = [Part(name=n, signal=SIGNALS[n], probes=own) for n in ("exact_mmd", "chi2")]
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
    found = screened([coded_probes(a, b, FORMS) for a, b in pairs], SIGNALS, seed=0, n_permutations=B)
    assert all(found)
    for (a, b), before in zip(pairs, found, strict=True):
        assert [(s.signal, s.pvalue, s.pvalue_adjusted) for s in compare_pair(a, b, FORMS, design, before).signals] == [
            (s.signal, s.pvalue, s.pvalue_adjusted) for s in compare_pair(a, b, FORMS, design).signals
        ]


def test_few_pairs_of_a_layout_are_left_to_the_engine(samples: list[Sample]) -> None:
    """Three pairs, no signal that can be had so, or more labellings than a chunk: nothing is drawn here."""
    probes = [coded_probes(a, b, FORMS) for a, b in combinations(samples[:3], 2)]
    assert screened(probes, SIGNALS, seed=0, n_permutations=B) == [()] * 3
    assert screened(probes * 2, {"jsd": SIGNALS["jsd"]}, seed=0, n_permutations=B) == [()] * 6
    assert screened(probes * 2, SIGNALS, seed=0, n_permutations=1_000) == [()] * 6
    assert screened([()] * 5, SIGNALS, seed=0, n_permutations=B) == [()] * 5
