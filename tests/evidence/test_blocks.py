"""Blocks: a run that changed midway is found and split, and blocks that hang together make no difference."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from support.runs import drawn_answers, make_run, make_sample, make_suite, peaked

from blackbox import registry
from blackbox.core import FeatureMatrix, PooledProbe
from blackbox.evidence.blocks import Homogeneity, block_pvalue, homogeneity, parts_pvalue
from blackbox.evidence.engine import Part, draw, omnibus
from blackbox.evidence.same import Design, compare_pair
from blackbox.evidence.samples import Sample, pool
from blackbox.stats.distances import exact_mmd2

if TYPE_CHECKING:
    from blackbox.core import Run

N_PROBES, N_BLOCKS = 16, 12
SUITE = make_suite(N_PROBES)
FORMS = {p.id: "closed" for p in SUITE.probes}
DESIGN = Design(signals={n: registry.signal(n) for n in ("exact_mmd", "chi2")}, seed=0, n_permutations=99)


def sample(rng: np.random.Generator, tables: list[np.ndarray], name: str = "a") -> Sample:
    """A run whose block k answers by `tables[k]`."""
    answers = {p.id: [f"w{rng.choice(len(t[i]), p=t[i])}" for t in tables] for i, p in enumerate(SUITE.probes)}
    return make_sample(make_run(SUITE, answers, endpoint=name))


def judged(own: Sample) -> Homogeneity:
    """Homogeneity at B = 99."""
    return homogeneity(own, FORMS, seed=0, n_permutations=99)


@pytest.fixture
def own() -> np.ndarray:
    """Answer shares of one model."""
    return peaked(np.random.default_rng(0), N_PROBES, 6, 0.25)


@pytest.fixture
def other() -> np.ndarray:
    """Answer shares of another model."""
    return peaked(np.random.default_rng(5), N_PROBES, 6, 0.25)


def test_a_model_updated_midway_is_found_and_where(own: np.ndarray, other: np.ndarray) -> None:
    """Power: of twelve runs that change at block 5 nearly all are found, most of them there."""
    rng = np.random.default_rng(1)
    found = [judged(sample(rng, [own] * 5 + [other] * 7)) for _ in range(12)]
    assert sum(f.pvalue <= 0.02 for f in found) >= 10
    assert sum(abs(f.split - 5) <= 1 for f in found) >= 9


def test_a_run_that_does_not_change_is_rarely_split() -> None:
    """Null calibration: 80 runs whose moods vary from block to block, p ≤ .05 in at most 10."""
    rng = np.random.default_rng(2)
    n = sum(judged(sample(rng, dispersed(rng))).pvalue <= 0.05 for _ in range(80))
    assert n <= 10


def dispersed(rng: np.random.Generator) -> list[np.ndarray]:
    """Laws of a run whose blocks lean together: each to one of two moods, the same at every probe."""
    calm, wild = (peaked(np.random.default_rng(seed), N_PROBES, 6, 0.1) for seed in (7, 8))
    return [calm if rng.random() < 0.5 else wild for _ in range(N_BLOCKS)]


def test_blocks_that_hang_together_are_dealt_whole() -> None:
    """Null: with moods by block, dealing whole blocks rejects no more than it may at .05."""
    rng = np.random.default_rng(3)
    pairs = [(sample(rng, dispersed(rng)), sample(rng, dispersed(rng), "b")) for _ in range(40)]
    assert sum(block_pvalue(a, b, FORMS, DESIGN) <= 0.05 for a, b in pairs) <= 7


def test_dealing_within_probes_would_not_see_moods() -> None:
    """The broken version: of 150 null audits with moods it rejects at least 14 at .05, where 8 are due."""
    rng = np.random.default_rng(11)
    rejected = 0
    for i in range(150):
        sides = [np.array(dispersed(rng)) for _ in range(2)]
        probes = []
        for p in range(N_PROBES):
            said = [rng.choice(6, p=law) for tables in sides for law in tables[:, p]]
            codes = np.unique(said, return_inverse=True)[1]
            probes.append(PooledProbe(probe_id=f"p{p}", values=codes, n_x=N_BLOCKS, n_y=N_BLOCKS))
        parts = [Part(name=n, signal=s, probes=tuple(probes)) for n, s in DESIGN.signals.items()]
        rejected += omnibus(draw(parts, seed=i % 5, n_permutations=99)).pvalue <= 0.05
    assert rejected >= 14


def test_whole_blocks_see_another_model(own: np.ndarray, other: np.ndarray) -> None:
    """Power: dealing whole blocks costs next to nothing."""
    rng = np.random.default_rng(4)
    pairs = [(sample(rng, [own] * 12), sample(rng, [0.5 * own + 0.5 * other] * 12, "b")) for _ in range(20)]
    whole = sum(block_pvalue(a, b, FORMS, DESIGN) <= 0.05 for a, b in pairs)
    within = sum(compare_pair(a, b, FORMS, DESIGN).pvalue <= 0.05 for a, b in pairs)
    assert whole >= max(12, within - 3)


def test_swapping_the_sides_changes_nothing(own: np.ndarray) -> None:
    """Sides are ordered by digest; the observed statistic is the engine's."""
    rng = np.random.default_rng(5)
    a, b = sample(rng, [own] * 12), sample(rng, [own] * 12, "b")
    assert block_pvalue(a, b, FORMS, DESIGN) == block_pvalue(b, a, FORMS, DESIGN)


def test_the_statistic_of_a_split_is_mmd2_of_early_and_late(own: np.ndarray, other: np.ndarray) -> None:
    """By hand: for the split that differs most, no other split has a larger mean MMD² by as many deviations."""
    rng = np.random.default_rng(6)
    changed = sample(rng, [own] * 6 + [other] * 6)
    found = judged(changed)
    codes = [np.array([int(o.text[1:]) for o in changed.run.observations if o.probe_id == p]) for p in FORMS]
    means = {}
    for split in range(2, 11):
        counts = [(np.bincount(c[:split], minlength=6), np.bincount(c, minlength=6)) for c in codes]
        means[split] = np.mean([exact_mmd2(x.astype(float), total.astype(float)) for x, total in counts])
    assert means[found.split] >= 0.8 * max(means.values())


def test_both_parts_must_differ(own: np.ndarray, other: np.ndarray) -> None:
    """A run that was the other side's model at first: one part does not differ, so the largest p is not small."""
    rng = np.random.default_rng(7)
    third = peaked(np.random.default_rng(9), N_PROBES, 6, 0.25)
    a = sample(rng, [own] * 6 + [other] * 6)
    found = (Homogeneity(pvalue=0.001, n_blocks=12, split=6), Homogeneity(pvalue=0.5, n_blocks=12))
    assert parts_pvalue((a, sample(rng, [own] * 12, "b")), found, FORMS, DESIGN) > 0.01
    assert parts_pvalue((a, sample(rng, [third] * 12, "b")), found, FORMS, DESIGN) <= 0.01


def test_what_can_not_be_tested_has_a_reason(own: np.ndarray) -> None:
    """Five blocks, or no times: no p, the reason said, and whole blocks are not dealt."""
    rng = np.random.default_rng(8)
    few, enough = sample(rng, [own] * 5), sample(rng, [own] * 12, "b")
    assert "only 5 blocks" in judged(few).reason
    assert block_pvalue(few, enough, FORMS, DESIGN) is None
    timeless = timeless_of(enough.run)
    assert "times" in judged(timeless).reason
    assert block_pvalue(timeless, enough, FORMS, DESIGN) is None


def timeless_of(run: Run) -> Sample:
    """The same run without times."""
    return make_sample(replace(run, observations=tuple(replace(o, requested_at=None) for o in run.observations)))


def test_answers_that_never_vary_and_gaps_are_no_error(own: np.ndarray) -> None:
    """Constant answers: p = 1; a probe that lost most of a side is left out of dealing whole blocks."""
    constant = make_sample(make_run(SUITE, {p.id: ["x"] * 12 for p in SUITE.probes}))
    assert judged(constant).pvalue == 1.0
    rng = np.random.default_rng(9)
    answers = drawn_answers(rng, SUITE, own, 12)
    gappy = make_sample(make_run(SUITE, {**answers, "p000": [*answers["p000"][:2], *[None] * 10]}))
    found = block_pvalue(gappy, sample(rng, [own] * 12, "b"), FORMS, DESIGN)
    assert found is not None
    assert 0 < found <= 1


def test_a_custom_dealing_is_used_by_the_engine(own: np.ndarray) -> None:
    """A dealing that never moves a label gives p = 1: every draw equals the observed one."""
    rng = np.random.default_rng(10)
    a, b = sample(rng, [own] * 12), sample(rng, [own] * 12, "b")

    part = Part(
        name="exact_mmd",
        signal=registry.signal("exact_mmd"),
        probes=pool(a.features["answer"], b.features["answer"], FORMS),
    )
    still = draw(
        [part],
        seed=0,
        n_permutations=19,
        deal=lambda p, _: np.tile(np.r_[[1] * p.n_x, [0] * p.n_y], (20, 1)).astype(np.int8),
    )
    assert omnibus(still).pvalue == 1.0


def test_three_answers_a_probe_are_too_few_to_split() -> None:
    """Six blocks and not one probe with four answers: no p, and why."""
    lost = [None] * 3
    found = judged(make_sample(make_run(SUITE, {"p000": ["x"] * 3 + lost, "p001": [*lost, "x", "y", "x"]})))
    assert (found.pvalue, found.n_blocks, found.reason) == (None, 6, "no probe has four usable answers")


def test_blocks_of_sides_without_a_common_probe_are_not_dealt() -> None:
    """Each side answered other questions: there is nothing to compare, and no p."""
    a, b = (make_sample(make_run(SUITE, {p: ["x", "y"] * 6}, endpoint=p)) for p in ("p000", "p001"))
    assert block_pvalue(a, b, FORMS, DESIGN) is None
    assert block_pvalue(a, a, FORMS, DESIGN) == 1.0


def test_a_change_at_probes_that_are_not_read_is_no_change(own: np.ndarray, other: np.ndarray) -> None:
    """Only the probes with a form are looked at: one that changed, or one that did not."""
    rng = np.random.default_rng(12)
    half = np.concatenate([own[:8], other[8:]])
    changed = sample(rng, [own] * 6 + [half] * 6)
    calm, moved = (
        homogeneity(changed, dict.fromkeys(ids, "closed"), seed=0, n_permutations=99).pvalue
        for ids in (sorted(FORMS)[:8], sorted(FORMS)[8:])
    )
    assert moved <= 0.02
    assert calm > 0.05


def test_a_change_of_open_answers_is_found_by_their_embeddings() -> None:
    """Rows that move by five deviations after the fifth of twelve blocks: split there; rows that stay are not."""
    rng = np.random.default_rng(13)
    run = make_run(make_suite(4, form="open"), {f"p{i:03d}": ["text"] * N_BLOCKS for i in range(4)})

    def judged_with(shift: float) -> Homogeneity:
        values = rng.normal(size=(4 * N_BLOCKS, 3)) + shift * np.array([[o.block_id >= 5] for o in run.observations])
        ids, keys = zip(*((o.probe_id, o.key) for o in run.observations), strict=True)
        rows = FeatureMatrix(feature="embedding", version=1, values=values, probe_ids=ids, keys=keys)
        moved = replace(Sample.of(run, {}), features={"embedding": rows})
        return homogeneity(moved, dict.fromkeys(ids, "open"), seed=0, n_permutations=99)

    calm, changed = judged_with(0.0), judged_with(5.0)
    assert calm.pvalue > 0.05
    assert (changed.pvalue, changed.split) == (0.01, 5)
