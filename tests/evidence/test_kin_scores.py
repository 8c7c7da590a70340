"""Scores against a reference cohort: the formula, what they are free of, and their behaviour without kinship."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.kin import gram_rows, groups_of, labelled

from blackbox import registry
from blackbox.evidence.cohort import centred, normed
from blackbox.evidence.kin_scores import Wanted, contexts_of, scored
from blackbox.evidence.lineage import lineage
from blackbox.signals._gram_probe import GramProbe
from blackbox.signals._prefix_probe import PrefixProbe

N_PROBES = 6


def probes_of(rows: list[dict[str, list[np.ndarray]]], signal: str = "w3") -> list[Any]:
    """Return what the runs share at each probe."""
    ids = sorted({p for own in rows for p in own})
    return [registry.signal(signal).at_probe([own.get(p, []) for own in rows]) for p in ids]


def all_scores(rows: list[dict[str, list[np.ndarray]]], group: dict[str, str], *, leave_out: bool = True) -> np.ndarray:
    """Return the w3 scores of all labelled pairs."""
    found = lineage(group, labelled(group), dict.fromkeys(group, 1))
    place = {m: i for i, m in enumerate(sorted(group))}
    wanted = [Wanted(a=place[p.a], b=place[p.b], left=found.folds(p) if leave_out else ()) for p in found.pairs]
    if not leave_out:  # the broken way: one cohort for all, own groups in it
        references = [place[m] + len(place) for m in found.references]
        rows = [*rows, *rows]
    else:
        references = [place[m] for m in found.references]
    contexts = contexts_of(wanted, references, [found.fold_of(m) for m in found.references])
    return np.array([s.z["w3"] for s in scored({"w3": probes_of(rows)}, contexts, wanted)], dtype=float)


def naive_overlap(sets: list[set[int]], references: set[int], i: int, j: int) -> float:
    """S(i, j) by the formula, neither side among the references it is weighed by."""

    def weight(g: int, without: set[int]) -> float:
        others = references - without
        return max(0.02, np.log((len(others) + 1) / (sum(g in sets[k] for k in others) + 0.5)))

    shared = sum(weight(g, {i, j}) for g in sets[i] & sets[j])
    norms = [sum(weight(g, {k}) for g in sets[k]) for k in (i, j)]
    return float(shared / np.sqrt(norms[0] * norms[1]))


def test_overlap_is_the_formula_in_every_block() -> None:
    """Test against test, test against reference, reference against reference: a double loop gives the same."""
    rows = gram_rows(np.random.default_rng(0), groups_of(6, 1), 1)
    found = GramProbe([own["p00"] for own in rows]).among(np.arange(8), np.arange(8) >= 3)
    sets = [set(own["p00"][0].tolist()) for own in rows]
    naive = [[naive_overlap(sets, {3, 4, 5, 6, 7}, i, j) for j in range(8)] for i in range(8)]
    off_diagonal = ~np.eye(8, dtype=bool)
    assert found[off_diagonal] == pytest.approx(np.array(naive)[off_diagonal], rel=1e-5)


def test_prefix_counts_references_that_begin_alike() -> None:
    """ln((R + 1)/(n + .5)): of four references two begin with the two words that both tests share."""
    openings = [[1, 2, 3], [1, 2, 4], [1, 2, 5], [1, 2], [1, 9], [7]]
    rows = [[np.array(tokens, dtype=np.uint32) * 2] for tokens in openings]
    found = PrefixProbe(rows).among(np.arange(6), np.arange(6) >= 2)
    assert found[0, 1] == pytest.approx(np.log(5 / 2.5))
    assert found[0, 4] == pytest.approx(np.log(4 / 2.5))
    assert found[0, 5] == pytest.approx(np.log(4 / 3.5))


def test_centring_and_norming_are_the_formulas() -> None:
    """A double loop over references gives d and Z."""
    rng = np.random.default_rng(1)
    raw = rng.random((9, 9))
    raw = (raw + raw.T) / 2
    references = np.arange(9) >= 2
    cohort = [c for c in range(9) if references[c]]
    among = [raw[c, e] for c in cohort for e in cohort if c != e]
    own = [np.mean([raw[i, c] for c in cohort if c != i]) for i in range(9)]
    d = [[(raw[i, j] - own[i] - own[j] + np.mean(among)) / np.std(among) for j in range(9)] for i in range(9)]
    assert centred(raw, references)[0, 1] == pytest.approx(d[0][1])
    scores = centred(raw, references)
    variance = [np.var([d[i][c] for c in cohort if c != i], ddof=1) for i in range(9)]
    typical = np.median([variance[c] for c in cohort])
    sides = []
    for i, j in ((0, 1), (1, 0)):
        n = len(cohort)
        scale = np.sqrt(((n - 1) * variance[i] + 20 * typical) / (n - 1 + 20))
        sides.append((d[i][j] - np.mean([d[i][c] for c in cohort])) / scale)
    assert normed(scores, references)[0, 1] == pytest.approx(np.mean(sides))


def test_a_probe_that_three_references_answered_says_nothing() -> None:
    """Four references are the least to be centred by: of four one falls silent, and no score is left."""
    rng = np.random.default_rng(3)
    raw = rng.random((6, 6))
    raw = (raw + raw.T) / 2
    references = np.arange(6) >= 2
    assert np.isfinite(centred(raw.copy(), references)).all()
    raw[5], raw[:, 5] = np.nan, np.nan
    assert np.isnan(centred(raw, references)).all()


def test_kin_stand_out_and_others_do_not() -> None:
    """Four rare shared grams a probe put every twin above all unrelated pairs; those keep to the scale."""
    group = groups_of(16, 6)
    z = all_scores(gram_rows(np.random.default_rng(2), group, N_PROBES), group)
    kin = np.array([p.side == "same" for p in lineage(group, labelled(group), dict.fromkeys(group, 1)).pairs])
    assert z[kin].min() > z[~kin].max()
    assert 0.005 < (np.abs(z[~kin]) > 1.96 * z[~kin].std()).mean() < 0.1
    assert z[~kin].mean() == pytest.approx(0.0, abs=0.25)


def test_without_kinship_high_scores_are_as_rare_as_the_scale_says() -> None:
    """Groups that share nothing: Z ≥ 2.326 in no more than 2 % of 1,000 pairs, and never far beyond."""
    z = []
    for seed in range(4):
        group = groups_of(17, 3)
        rows = gram_rows(np.random.default_rng(seed), group, N_PROBES, n_rare=0)
        z.append(all_scores(rows, group))
    every = np.concatenate(z)
    assert len(every) == 4 * 253
    assert (every >= 2.326).mean() <= 0.02
    assert every.max() < 6


def garbled(rows: list[dict[str, list[np.ndarray]]], members: list[int]) -> list[dict[str, list[np.ndarray]]]:
    """Return the rows with other runs' answers replaced by ones that share everything with everybody."""
    flood = np.unique(np.concatenate([a for own in rows for answers in own.values() for a in answers]))
    return [{p: [flood] for p in own} if i in members else own for i, own in enumerate(rows)]


@pytest.mark.parametrize("leave_out", [True, False])
def test_a_pair_is_free_of_its_own_groups(*, leave_out: bool) -> None:
    """Whatever the relatives of a pair answered, its score stays; with a cohort that keeps them, it moves."""
    group = groups_of(18, 3)
    models = sorted(group)
    pairs = [(p.a, p.b) for p in lineage(group, labelled(group), dict.fromkeys(group, 1)).pairs]
    rows = gram_rows(np.random.default_rng(3), group, 3)
    pair = pairs.index(("twin00b", "twin01b"))
    relatives = [models.index("twin00a"), models.index("twin01a")]
    before, after = (all_scores(r, group, leave_out=leave_out)[pair] for r in (rows, garbled(rows, relatives)))
    moved = float(abs(before - after))
    assert moved < 1e-5 if leave_out else moved > 0.01


def test_who_else_is_compared_changes_nothing() -> None:
    """A pair alone and the same pair among twenty compared runs score alike."""
    rows = gram_rows(np.random.default_rng(4), groups_of(40, 0), 4)
    alone, many = ([Wanted(a=0, b=1, left=())], [Wanted(a=i, b=i + 1, left=()) for i in range(19)])
    references = list(range(20, 40))
    found = [
        scored({"w3": probes_of(rows)}, contexts_of(wanted, references, [0] * 20), wanted)[0].score
        for wanted in (alone, many)
    ]
    assert found[0] == pytest.approx(found[1], abs=1e-5)


def test_sides_can_be_swapped_and_silence_is_no_score() -> None:
    """s(a, b) = s(b, a); a run without answers has none, and disturbs nobody."""
    rows = gram_rows(np.random.default_rng(5), groups_of(30, 0), 4)
    wanted = [Wanted(a=0, b=1, left=()), Wanted(a=1, b=0, left=()), Wanted(a=0, b=2, left=())]
    silent = [{} if i == 2 else own for i, own in enumerate(rows)]
    first, swapped, none = scored({"w3": probes_of(silent)}, contexts_of(wanted, list(range(10, 30)), [0] * 20), wanted)
    assert first == swapped
    assert (none.score, none.rank_pvalue, none.n_probes["w3"]) == (None, None, 0)


def test_the_rank_counts_families_and_takes_the_worse_side() -> None:
    """Of twenty references none is as close: p = 1/21; the floor is one over the families plus one."""
    group = groups_of(22, 1)
    rows = gram_rows(np.random.default_rng(6), group, N_PROBES)
    models = sorted(group)
    pair = Wanted(a=models.index("twin00a"), b=models.index("twin00b"), left=())
    references = [i for i, m in enumerate(models) if m.startswith("solo")][:20]
    [found] = scored({"w3": probes_of(rows)}, contexts_of([pair], references, [0] * 20), [pair])
    assert (found.rank_pvalue, found.n_references) == (pytest.approx(1 / 21), 20)
    assert found.quantile["w3"] == 1.0
