"""Distances of all runs: against double loops, kin found with support, unrelated runs left without it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from blackbox.core import FeatureMatrix
from blackbox.evidence.landscape import answer_distances, landscape_entry, open_distances
from blackbox.stats.trees import Edge, Tree, edge_splits

SUITE = {"suite": "s", "suite_version": 1}


def grams(rng: np.random.Generator, models: list[int], n_probes: int, *, share: float = 0.3) -> list[FeatureMatrix]:
    """Return gram sets: those of one model share phrases of its own, everybody shares a few common ones."""
    return [_one(rng, model, n_probes, share) for model in models]


def _one(rng: np.random.Generator, model: int, n_probes: int, share: float) -> FeatureMatrix:
    rows = []
    for p in range(n_probes):
        own = np.random.default_rng((model, p)).integers(1 << 60, size=60)
        kept = own[rng.random(60) < share]
        common = rng.choice(np.arange(100 * p, 100 * p + 40), size=15, replace=False)
        rows.append(np.unique(np.concatenate([kept, common, rng.integers(1 << 60, size=40)])).astype(np.uint64))
    offsets = np.concatenate([[0], np.cumsum([len(row) for row in rows])])
    ids = tuple(f"p{p:02d}" for p in range(n_probes))
    return FeatureMatrix(
        feature="word3", version=1, values=np.concatenate(rows), probe_ids=ids, keys=ids, offsets=offsets
    )


def codes(rows: dict[str, list[int]]) -> FeatureMatrix:
    """Return answer codes of a run."""
    ids = [probe for probe, own in rows.items() for _ in own]
    values = np.array([code for own in rows.values() for code in own], dtype=np.uint64)
    return FeatureMatrix(feature="answer", version=1, values=values, probe_ids=tuple(ids), keys=tuple(ids))


def entry(found: object, n: int) -> dict:
    """Return the document's entry of the runs."""
    names = [f"r{i}" for i in range(n)]
    return landscape_entry(found, suite=SUITE, run_ids=names, names=names, seed=0)  # type: ignore[arg-type]


def support_of(found: dict, leaves: set[int]) -> float:
    """Return the support of the split that sets `leaves` apart; 0 where the tree hasn't it."""
    tree = Tree(
        n_leaves=len(found["names"]),
        edges=tuple(Edge(a=e["a"], b=e["b"], length=e["length"]) for e in found["tree"]["edges"]),
    )
    own = sum(1 << leaf for leaf in leaves)
    wanted = ((1 << tree.n_leaves) - 1) ^ own if own & 1 else own
    shares = dict(zip(edge_splits(tree), (e["support"] for e in found["tree"]["edges"]), strict=True))
    return shares.get(wanted) or 0.0


def test_answer_distances_agree_with_a_double_loop() -> None:
    """√mean over probes of the unbiased MMD² with the exact-match kernel, negative means as 0."""
    runs = [codes({"a": [1, 1, 2], "b": [5, 5]}), codes({"a": [1, 2, 2], "b": [6, 6]}), codes({"a": [3], "b": [5, 6]})]
    found = answer_distances(runs).values

    def mmd2(x: list[int], y: list[int]) -> float:
        def within(z: list[int]) -> float:
            return sum(z[i] == z[j] for i in range(len(z)) for j in range(len(z)) if i != j) / (len(z) * (len(z) - 1))

        return within(x) + within(y) - 2 * sum(a == b for a in x for b in y) / (len(x) * len(y))

    assert mmd2([1, 1, 2], [1, 2, 2]) == pytest.approx(found[0, 0, 1])
    assert mmd2([5, 5], [6, 6]) == pytest.approx(found[1, 0, 1])
    assert np.isnan(found[0, 0, 2])  # one answer is no distribution


@pytest.mark.parametrize("n_endpoints", [5, 12])
def test_open_distances_agree_with_a_double_loop(rng: np.random.Generator, n_endpoints: int) -> None:
    """Weighted overlaps, centred and scaled from ten endpoints on."""
    runs = grams(rng, list(range(n_endpoints)), 2)
    found = open_distances(runs, range(n_endpoints)).values
    sets = [set(run.values[: run.offsets[1]].tolist()) for run in runs]
    weight = {g: max(0.02, np.log((n_endpoints + 1) / (sum(g in s for s in sets) + 0.5))) for s in sets for g in s}
    s = np.array(
        [
            [
                sum(weight[g] for g in a & b) / np.sqrt(sum(weight[g] for g in a) * sum(weight[g] for g in b))
                for b in sets
            ]
            for a in sets
        ]
    )
    expected = 1 - s
    if n_endpoints >= 10:
        off = ~np.eye(n_endpoints, dtype=bool)
        m = np.array([s[i][off[i]].mean() for i in range(n_endpoints)])
        d = (s - m[:, None] - m[None, :] + s[off].mean()) / max(s[off].std(), 0.005)
        expected = 1 - np.clip(d, -8, 20) / 20
    assert found[0] == pytest.approx(expected, abs=1e-5)


def test_kin_share_a_stem_and_others_do_not(rng: np.random.Generator) -> None:
    """Two runs of one model are set apart in nearly every resample, strangers are not."""
    found = entry(open_distances(grams(rng, [*range(11), 10], 20), range(12)), 12)
    assert support_of(found, {10, 11}) >= 0.95
    others = [e["support"] for e in found["tree"]["edges"] if e["support"] is not None]
    assert sum(s >= 0.95 for s in others) <= 2
    assert found["distances"][10][11] == min(found["distances"][10][j] for j in range(12) if j != 10)


def test_strangers_get_no_support(rng: np.random.Generator) -> None:
    """Under the null, few of many inner branches reach 95 %: at most 1 in 20 over four trees of twelve strangers."""
    shares = []
    for k in range(4):
        models = list(range(100 + 12 * k, 112 + 12 * k))
        found = entry(open_distances(grams(rng, models, 15), range(12)), 12)
        shares += [e["support"] for e in found["tree"]["edges"] if e["support"] is not None]
    assert 36 == len(shares)
    assert sum(s >= 0.95 for s in shares) <= 36 / 20


def test_a_broken_bootstrap_would_be_seen(rng: np.random.Generator) -> None:
    """Support that never resamples is 100 % everywhere: the guard above would fail on it."""
    found = open_distances(grams(rng, list(range(200, 212)), 15), range(12))
    from blackbox.evidence import landscape

    with pytest.MonkeyPatch.context() as patched:
        same = type(rng)  # a generator whose multinomial is all ones: no resampling
        fake = type("Fake", (same,), {"multinomial": lambda _self, n, _p, size: np.ones((size, n))})
        patched.setattr(landscape, "generator", lambda *_: fake(rng.bit_generator))
        broken = [e["support"] for e in entry(found, 12)["tree"]["edges"] if e["support"] is not None]
    assert [1.0] * 9 == broken


def test_reasons_and_strict_json(rng: np.random.Generator) -> None:
    """Too few runs, or two without a common probe, are said; the entry is strict JSON."""
    three = entry(open_distances(grams(rng, [0, 1, 2], 2), range(3)), 3)
    assert "3 runs" in three["reason"]
    assert three["distances"] is three["tree"] is three["map"] is None
    apart = [codes({"a": [1, 1]}), codes({"a": [1, 2]}), codes({"a": [2, 2]}), codes({"b": [1, 1]})]
    assert "r0 and r3" in entry(answer_distances(apart), 4)["reason"]
    whole = entry(answer_distances([codes({"a": [i, i], "b": [1, i]}) for i in range(4)]), 4)
    assert whole["reason"] is None
    json.dumps(whole, allow_nan=False)


def test_the_order_of_runs_changes_no_distance_and_no_support(rng: np.random.Generator) -> None:
    """Swapping runs renames, nothing else."""
    runs = grams(rng, [*range(11), 10], 8)
    names = [f"r{i}" for i in range(12)]
    order = list(reversed(range(12)))
    there = landscape_entry(open_distances(runs, range(12)), suite=SUITE, run_ids=names, names=names, seed=3)
    swapped = [names[i] for i in order]
    back = landscape_entry(
        open_distances([runs[i] for i in order], order), suite=SUITE, run_ids=swapped, names=swapped, seed=3
    )
    assert np.array(there["distances"]) == pytest.approx(np.array(back["distances"])[np.ix_(order, order)], abs=1e-6)
    assert support_of(there, {10, 11}) == support_of(back, {0, 1})


def test_without_a_common_probe_there_is_no_landscape() -> None:
    """Runs without any answer, and runs that share no probe, each have a reason of their own and no tree."""
    silent = entry(answer_distances([codes({})] * 4), 4)
    apart = entry(answer_distances([codes({name: [1, 1]}) for name in "abcd"]), 4)
    assert "no probe has answers that can be compared" == silent["reason"]
    assert "no probe in common" in apart["reason"]
    assert [None] * 2 == [silent["tree"], apart["tree"]]
