"""Blocks of the compared runs: which runs changed while they were collected, and what that leaves of a difference."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from blackbox.evidence.blocks import N_PERMUTATIONS, Blocks, Homogeneity, block_pvalue, homogeneity, parts_pvalue
from blackbox.stats.multiplicity import holm
from blackbox.workflow._compare_features import resolved_forms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blackbox.evidence.same import Design
    from blackbox.evidence.samples import Sample
    from blackbox.workflow._compare_groups import Pair
    from blackbox.workflow._compare_same import Material, Rules

FIRST, GOES_ON, MOST_PERMUTATIONS, FEWEST_DEALT = 199, 0.05, 9_999, 999
UNTESTED = Homogeneity(pvalue=None, n_blocks=0, reason="its replies are not independent draws")


def homogeneities(material: Material) -> dict[int, Homogeneity]:
    """Return for each run in a pair whether its blocks answer alike."""
    rules, samples = material.rules, material.samples
    positions = sorted({i for pair in material.group.pairs for i in (pair.a, pair.b)})
    wanted = math.ceil(10 * len(positions) / rules.alpha) - 1
    n = min(MOST_PERMUTATIONS, max(N_PERMUTATIONS, wanted))
    found = {}
    for i in positions:
        run = samples[i].run
        forms = resolved_forms(run, [p.id for p in run.suite.probes], [material.lengths[i]])
        found[i] = UNTESTED if samples[i].independence.broken else _followed(samples[i], forms, rules.seed, n)
    return found


def _followed(sample: Sample, forms: Mapping[str, str], seed: int, n_permutations: int) -> Homogeneity:
    """Return the test at few permutations where these already say that nothing is to be found, else at all."""
    first = homogeneity(sample, forms, seed=seed, n_permutations=FIRST)
    if first.pvalue is None or first.pvalue > GOES_ON:
        return first
    return homogeneity(sample, forms, seed=seed, n_permutations=n_permutations)


def changed(found: Mapping[int, Homogeneity], alpha: float) -> frozenset[int]:
    """Return the runs whose blocks differ, Holm-corrected over all runs."""
    tested = [(i, h.pvalue) for i, h in found.items() if h.pvalue is not None]
    adjusted = holm([p for _, p in tested]) if tested else []
    return frozenset(i for (i, _), p in zip(tested, adjusted, strict=True) if p <= alpha)


def _dealable(own: tuple[Homogeneity, Homogeneity], rules: Rules) -> bool:
    """Return whether whole blocks can be dealt in so many ways that their p can reach the level of one pair."""
    n_a, n_b = own[0].n_blocks, own[1].n_blocks
    return math.comb(n_a + n_b, n_a) >= 10 * max(1, rules.n_pairs) / rules.alpha


def _dealt_as_often_as_needed(design: Design, rules: Rules, factor: float) -> Design:
    """Return the design with as many labellings as a p of this pair needs; of few pairs all get the same."""
    if not rules.screened:
        return design
    wanted = math.ceil(10 * factor / rules.alpha) - 1
    return replace(design, n_permutations=min(design.n_permutations, max(FEWEST_DEALT, wanted)))


def blocks_of(
    pair: Pair, material: Material, found: Mapping[int, Homogeneity], split: frozenset[int], *, factor: float | None
) -> Blocks:
    """Return what the blocks of a pair say; whole blocks are dealt only where a difference was detected.

    Args:
        pair: The pair.
        material: Runs and rules.
        found: Homogeneity of every run.
        split: Runs that changed.
        factor: By how much the adjustment over pairs raises a p of this pair; None where no difference was detected.
    """
    sides = material.samples[pair.a], material.samples[pair.b]
    own = found[pair.a], found[pair.b]
    names = frozenset(name for name, i in (("a", pair.a), ("b", pair.b)) if i in split)
    if factor is None:
        return Blocks(a=own[0], b=own[1], split=names)
    rules = material.rules
    forms, design = material.forms(pair), _dealt_as_often_as_needed(material.design, rules, factor)
    apart = (own[0] if "a" in names else UNTESTED, own[1] if "b" in names else UNTESTED)
    return Blocks(
        a=own[0],
        b=own[1],
        split=names,
        pvalue=block_pvalue(*sides, forms, design) if _dealable(own, rules) else None,
        parts_pvalue=parts_pvalue(sides, apart, forms, design) if names else None,
    )
