"""Whole passes are dealt only where that can reach the level."""

from __future__ import annotations

import pytest

from blackbox.evidence.blocks import Homogeneity
from blackbox.evidence.same import Design
from blackbox.workflow._compare_blocks import _dealable, _dealt_as_often_as_needed, changed
from blackbox.workflow._compare_same import Rules


def rules(n_pairs: int) -> Rules:
    """α = .01 over so many pairs."""
    return Rules(alpha=0.01, margin=0.2, seed=0, n_permutations=9_999, n_pairs=n_pairs)


@pytest.mark.parametrize(
    ("n_blocks", "n_pairs", "expected"), [(6, 1, False), (7, 1, True), (7, 10, False), (15, 45, True)]
)
def test_few_passes_are_not_dealt_whole(n_blocks: int, n_pairs: int, expected: bool) -> None:  # noqa: FBT001 - a case
    """Six against six passes can be dealt in 924 ways, which can't show p = .01 ten times over."""
    own = Homogeneity(pvalue=0.5, n_blocks=n_blocks)
    assert _dealable((own, own), rules(n_pairs)) == expected


@pytest.mark.parametrize(
    ("n_pairs", "factor", "expected"), [(3, 1.0, 50_000), (100, 1.2, 1_199), (100, 1e-3, 999), (100, 100.0, 50_000)]
)
def test_passes_are_dealt_as_often_as_the_adjusted_p_needs(n_pairs: int, factor: float, expected: int) -> None:
    """Of many pairs, so often that the smallest p, raised as this pair's was, is a tenth of α."""
    design = Design(signals={}, seed=0, n_permutations=50_000)
    found = _dealt_as_often_as_needed(design, rules(n_pairs), factor)
    assert found.n_permutations == expected


def test_changes_are_judged_over_all_runs() -> None:
    """Holm: .004 is small among two runs and not among five; untested runs don't count."""
    found = {0: Homogeneity(pvalue=0.004, n_blocks=9), 1: Homogeneity(pvalue=0.5, n_blocks=9)}
    assert changed(found, 0.01) == {0}
    more = {i: Homogeneity(pvalue=0.5, n_blocks=9) for i in range(2, 5)}
    assert changed(found | more, 0.01) == frozenset()
    assert changed({0: found[0], 1: Homogeneity(pvalue=None, n_blocks=0)}, 0.01) == {0}
