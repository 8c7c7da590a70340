"""B is large enough for every level that is asked of it, as far as it may grow."""

from __future__ import annotations

import pytest

from blackbox.workflow._compare_same import CAP, Rules


def rules(*, alpha: float, n_pairs: int) -> Rules:
    """Return rules with the usual B."""
    return Rules(alpha=alpha, margin=0.2, seed=0, n_permutations=9_999, n_pairs=n_pairs)


@pytest.mark.parametrize("n_pairs", [1, 3, 45, 1_000])
@pytest.mark.parametrize("alpha", [0.01, 0.01 / 2**7])
def test_a_difference_can_be_found_at_every_level(alpha: float, n_pairs: int) -> None:
    """A pair looked at seven times is judged at α/128: the smallest p must lie below it, if the cap allows."""
    found = rules(alpha=alpha, n_pairs=n_pairs)
    assert found.smallest_pvalue_adjusted <= alpha or found.full_permutations == CAP
    assert found.full_permutations >= 9_999 or found.screened


def test_the_usual_b_would_not_reach_a_late_look() -> None:
    """What the rule is for: with 9,999 labellings p can't be below 1/10,000."""
    assert 1 / 10_000 > 0.01 / 2**7 >= rules(alpha=0.01 / 2**7, n_pairs=1).smallest_pvalue_adjusted
