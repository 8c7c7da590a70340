"""How many more answers are advised."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from blackbox.evidence.power import Detectable
from blackbox.evidence.settling import MORE, more_answers


def evidence(value: float | None, *, n: int = 240) -> Any:
    """Evidence whose smallest visible share is `value`."""
    seen = Detectable(value=value, alternative="mixture with c", power=0.8, power_of_all=0.9)
    signals = (
        SimpleNamespace(status="computed", n_x=n, n_y=2 * n),
        SimpleNamespace(status="none", n_x=9_999, n_y=9_999),
    )
    return SimpleNamespace(detectable=(seen,), margin=0.2, test=SimpleNamespace(signals=signals))


def test_twice_the_share_needs_four_times_the_answers() -> None:
    """Seen 40 %, wanted 20 %: four times the 240 answers of the smaller side."""
    said = more_answers(evidence(0.4), suite="one-token")
    assert ("4.0 times" in said, "960 a side of one-token" in said, "not only 40%" in said) == (True, True, True)


@pytest.mark.parametrize("value", [None, 0.1, 0.2])
def test_nothing_is_counted_where_the_margin_is_seen_or_nothing_is(value: float | None) -> None:
    """A share below the margin was visible already; one that never is gives no scale."""
    assert more_answers(evidence(value), suite="s") == MORE


def test_a_hundred_times_as_many_is_no_advice() -> None:
    """Another suite has to show it then."""
    found = evidence(1.0)
    found.margin = 0.05
    assert "another suite" in more_answers(found, suite="one-token")
