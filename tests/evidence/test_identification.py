"""Rejection and the prompt test: calibrated under their nulls, powerful, and against double loops."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from blackbox.core import FeatureMatrix
from blackbox.evidence.agreement import Said, items_by_probe
from blackbox.evidence.identification import (
    Dependence,
    Findings,
    Rejection,
    conclude,
    normed_scores,
    prompt_dependence,
    rejection_by_library,
    rejection_by_population,
)


def symmetric(rng: np.random.Generator, n: int, *, effects: float = 1.0) -> np.ndarray:
    """Return scores of n unrelated runs with a row effect of each."""
    x = np.triu(rng.normal(size=(n, n)), 1)
    own = effects * rng.normal(size=n)
    return x + x.T + own[:, None] + own[None, :]


def test_strangers_are_attributed_at_the_nominal_rate() -> None:
    """400 suspects without kin among 45 groups: p ≤ .05 in at most 1.5 × 5 %, and not never; p ≤ .5 near half."""
    rng = np.random.default_rng(20260301)
    pvalues = []
    for _ in range(400):
        z = normed_scores([symmetric(rng, 46)], range(46))
        pvalues.append(rejection_by_library(z, range(46), float(z[0, 1:].max())).pvalue)
    assert 7 <= sum(p <= 0.05 for p in pvalues) <= 30
    assert 160 <= sum(p <= 0.5 for p in pvalues) <= 240


def test_a_suspect_that_is_no_candidate_itself_would_be_seen() -> None:
    """Broken on purpose: without the suspect among the candidates of left-out groups, 5 % become nearly 10 %."""
    rng = np.random.default_rng(20260302)
    n_false = 0
    for _ in range(400):
        z = normed_scores([symmetric(rng, 26)], range(26))
        broken = z.copy()
        broken[1:, 0] = -np.inf
        n_false += rejection_by_library(broken, range(26), float(z[0, 1:].max())).pvalue <= 1 / 26 + 1e-9
    assert n_false > 1.5 * 400 / 26


def test_kin_are_found() -> None:
    """A candidate ten scales closer than the others is rare among left-out groups."""
    rng = np.random.default_rng(7)
    for _ in range(20):
        s = symmetric(rng, 46)
        s[0, 9] = s[9, 0] = s[0, 9] + 10
        z = normed_scores([s], range(46))
        assert 9 == int(np.argmax(z[0, 1:])) + 1
        assert 2 / 46 == pytest.approx(rejection_by_library(z, range(46), float(z[0, 9])).pvalue)


def test_leaving_nothing_out_would_be_seen() -> None:
    """Broken on purpose: kin left among the candidates of left-out groups hide a match; leaving them out doesn't."""
    rng = np.random.default_rng(3)
    s = symmetric(rng, 91)
    for a, b in [(0, 1), *((i, i + 1) for i in range(1, 90, 2))]:
        s[a, b] = s[b, a] = 10
    groups = [-1, *((i - 1) // 2 for i in range(1, 91))]
    z = normed_scores([s], groups)
    best = float(z[0, 1])
    assert rejection_by_library(z, groups, best).pvalue <= 0.05
    assert rejection_by_library(z, range(91), best).pvalue > 0.05


def test_groups_weigh_equally() -> None:
    """One group of many close models counts as one group."""
    scores = np.full((13, 13), 0.0)
    scores[1:9, 9:] = scores[9:, 1:9] = 5.0
    groups = [-1] + [0] * 8 + [1, 2, 3, 4]
    found = rejection_by_library(scores, groups, 5.0)
    assert (1 + 1 + 4) / 6 == pytest.approx(found.pvalue)
    assert 5 == found.n_groups


def test_population_rejection_is_the_chance_of_a_draw(rng: np.random.Generator) -> None:
    """Against all draws of three of seven, listed."""
    values = {"a": rng.normal(size=7).tolist(), "b": rng.normal(size=7).tolist()}
    best = 0.8
    share = [np.mean([max(drawn) >= best for drawn in combinations(own, 3)]) for own in (values["a"], values["b"])]
    found = rejection_by_population(values, {"a": "g", "b": "h"}, best=best, n_candidates=3)
    assert (1 + sum(share)) / 3 == pytest.approx(found.pvalue)
    more = rejection_by_population(values, {"a": "g", "b": "h"}, best=best, n_candidates=6)
    assert more.pvalue >= found.pvalue


def test_prompt_dependence_is_uniform_for_generators() -> None:
    """Answers that are exchangeable over prompts: 400 nulls, 7–36 at .05 and 167–233 at .5 (B = 199)."""
    rng = np.random.default_rng(11)
    from blackbox.evidence import identification

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(identification, "N_SHUFFLES", 199)
        pvalues = [prompt_dependence(rng.random((12, 12)) + rng.random((1, 12)), rng) for _ in range(400)]
    assert 7 <= sum(p <= 0.05 for p in pvalues) <= 36
    assert 167 <= sum(p <= 0.5 for p in pvalues) <= 233


def test_prompt_dependence_sees_answers_and_constants(rng: np.random.Generator) -> None:
    """Answers to their own prompts give the smallest p; a constant gives 1."""
    assert prompt_dependence(np.eye(12) + 0.1 * rng.random((12, 12)), rng) <= 0.001
    assert 1.0 == prompt_dependence(np.tile(rng.random(12), (12, 1)), rng)


def test_cross_agreement_agrees_with_a_double_loop(rng: np.random.Generator) -> None:
    """The mean share of others that hold an item, over the items of an answer."""
    probes = ["p", "q", "r"]
    sides = [{p: np.unique(rng.integers(8, size=5)).astype(np.uint64) for p in probes} for _ in range(4)]
    own, others = sides[0], sides[1:]
    expected = [
        [np.mean([[item in other[p].tolist() for other in others] for item in own[q].tolist()]) for p in probes]
        for q in probes
    ]
    said = Said.of(sides, probes)
    assert [0, 1, 2] == said.answered(0).tolist()
    assert np.array(expected) == pytest.approx(said.cross_agreement(0, np.arange(3)))


def test_unanswered_probes_are_left_out() -> None:
    """A probe counts where the run and somebody else answered it."""
    one = np.array([1], dtype=np.uint64)
    assert [1] == Said.of([{"p": one, "q": one}, {"q": one}], ["p", "q"]).answered(0).tolist()


def found(**more: object) -> Findings:
    """Return findings of an attribution, with changes."""
    fields: dict[str, object] = {
        "n_probes": 50,
        "n_candidates": 30,
        "dependence": Dependence(pvalue=0.0005, library_share=1.0, n_probes=50),
        "rejection": Rejection(pvalue=0.02, n_groups=60, source="library"),
        "rival": None,
    }
    return Findings(**(fields | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("more", "verdict"),
    [
        ({}, "attributed"),
        ({"dependence": Dependence(pvalue=0.4, library_share=1.0, n_probes=50)}, "none of these"),
        ({"dependence": Dependence(pvalue=0.4, library_share=0.5, n_probes=50)}, "attributed"),
        ({"dependence": None}, "attributed"),
        ({"n_probes": 9}, "inconclusive"),
        ({"rejection": Rejection(pvalue=0.051, n_groups=60, source="library")}, "none of these"),
        ({"rejection": Rejection(pvalue=0.05, n_groups=38, source="library")}, "inconclusive"),
        ({"rejection": Rejection(pvalue=0.05, n_groups=19, source="population")}, "attributed"),
        ({"rejection": None}, "inconclusive"),
        ({"n_candidates": 0}, "inconclusive"),
        ({"rival": "x"}, "none of these"),
        ({"log10_lr": -0.5}, "none of these"),
        ({"log10_lr": 1.5}, "attributed"),
        ({"no_ratio": "the population does not apply"}, "inconclusive"),
    ],
)
def test_conclusions(more: dict[str, object], verdict: str) -> None:
    """Every way to be none of them, and every way to know nothing."""
    assert verdict == conclude(found(**more)).verdict


def test_items_are_codes_or_the_grams_of_all_answers_to_a_probe() -> None:
    """By hand: a code once however often it was given; of ragged rows every gram of a probe's rows."""
    ids, keys = ("p", "q", "p", "p"), tuple("wxyz")
    coded = FeatureMatrix(feature="answer", version=1, values=np.array([7, 1, 5, 7]), probe_ids=ids, keys=keys)
    ragged = FeatureMatrix(
        feature="grams",
        version=1,
        values=np.array([3, 4, 9, 4, 8]),
        probe_ids=ids,
        keys=keys,
        offsets=np.array([0, 2, 3, 3, 5]),
    )
    assert {probe: found.tolist() for probe, found in items_by_probe(coded).items()} == {"p": [5, 7], "q": [1]}
    assert {probe: found.tolist() for probe, found in items_by_probe(ragged).items()} == {"p": [3, 4, 8], "q": [9]}
