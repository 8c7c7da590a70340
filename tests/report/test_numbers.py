"""Numbers in a report read as a person writes them."""

from __future__ import annotations

import pytest

from blackbox.report.sections import _numbers


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.00001, "0.00001"),
        (0.0001, "0.0001"),
        (0.00034, "0.00034"),
        (0.0104, "0.0104"),
        (0.01, "0.01"),
        (0.0512, "0.0512"),
        (0.5, "0.50"),
        (1.0, "1.00"),
        (None, "not available"),
    ],
)
def test_a_pvalue_has_no_exponent_and_can_be_told_from_its_level(value: float | None, expected: str) -> None:
    """Small values are written out, 0.0104 is not 0.01, a missing one is said to be missing."""
    assert _numbers.pvalue(value) == expected


def test_an_effect_is_printed_with_its_interval() -> None:
    """One number of decimals for all three, a true minus sign, the unit behind."""
    effect = {"value": 0.01234, "ci_low": -0.0021, "ci_high": 0.0301, "unit": "mmd2"}

    assert _numbers.with_interval(effect) == "0.0123 [\u22120.0021, 0.0301] MMD²"


def test_an_effect_without_interval_says_so() -> None:
    """A missing interval is not left to be noticed."""
    effect = {"value": 0.5, "ci_low": None, "ci_high": None, "unit": "mmd2"}

    assert _numbers.with_interval(effect) == "0.500 MMD² (no interval)"
    assert _numbers.with_interval({"value": None}) == "not available"


@pytest.mark.parametrize(
    ("value", "expected"),
    [(412.66, "412.7"), (41.266, "41.27"), (0.1423, "0.142"), (0.00142, "0.00142"), (0.0, "0.000")],
)
def test_decimals_follow_the_size(value: float, expected: str) -> None:
    """About three significant digits, whatever the size."""
    assert _numbers.decimal(value, digits=_numbers.digits_for((value, None))) == expected


def test_times_are_short_and_everything_else_is_left_alone() -> None:
    """Only a UTC time is shortened."""
    assert _numbers.moment("2026-03-01T09:30:12.000000Z") == "2026-03-01 09:30 UTC"
    assert _numbers.moment("yesterday") == "yesterday"


def test_counts_agree_in_number() -> None:
    """One pair, two pairs."""
    assert [_numbers.plural(n, "pair") for n in (0, 1, 2000)] == ["0 pairs", "1 pair", "2,000 pairs"]
