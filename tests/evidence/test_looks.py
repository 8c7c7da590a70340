"""Looks: the level of each, and what is said of a run that was extended."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm
from support.runs import make_run, make_suite

from blackbox.core import Decision
from blackbox.evidence.looks import alpha_at, look_of, look_warnings


@pytest.mark.parametrize(("looks", "look", "alpha"), [(1, 1, 0.04), (1, 2, 0.01), (3, 1, 0.02), (3, 2, 0.01)])
def test_the_level_of_a_look(looks: int, look: int, alpha: float) -> None:
    """α for a plan of one look; else α/2^k."""
    assert alpha == alpha_at(Decision(alpha=0.04, looks=looks), look)


def test_ten_looks_keep_the_level_and_ten_at_alpha_do_not() -> None:
    """METHODS §1.15: looking ten times at .05 makes several times that; at α/2^k at most α."""
    rng = np.random.default_rng(0)
    z = rng.normal(size=(20_000, 10)).cumsum(1) / np.sqrt(np.arange(1, 11))
    pvalues = norm.sf(z)
    levels = np.array([alpha_at(Decision(alpha=0.05, looks=10), k) for k in range(1, 11)])
    assert (pvalues <= levels).any(1).mean() <= 0.05
    assert (pvalues <= 0.05).any(1).mean() > 0.15


def test_a_look_is_read_from_the_stored_repeats() -> None:
    """Twice the planned repeats, or one answer more than planned, is look 2; recorded answers have one look."""
    suite = make_suite(2, repeats=3)
    answers = {p.id: ["x"] * 3 for p in suite.probes}
    first, second = make_run(suite, answers), make_run(suite, {**answers, "p001": ["x"] * 4})
    assert (look_of(first), look_of(second)) == (1, 2)
    imported = replace(second, manifest=replace(second.manifest, origin="imported"))
    assert look_of(imported) == 1


def test_what_is_said_of_an_extended_run() -> None:
    """Nothing of a first look; the number, the level and what the plan foresaw of a further one."""
    suite = make_suite(1, repeats=2)
    first, second = make_run(suite, {"p000": ["x"] * 2}), make_run(suite, {"p000": ["x"] * 4})
    assert look_warnings([first], Decision()) == []
    [beyond] = look_warnings([first, second], Decision())
    assert "look 2 of 1 planned, judged at α = 0.0025" in beyond
    assert "at most 1.5 times" in beyond
    [planned] = look_warnings([second], Decision(looks=2))
    assert "foresaw" not in planned
    [further] = look_warnings([make_run(suite, {"p000": ["x"] * 6})], Decision(looks=2))
    assert "the plan foresaw fewer looks" in further
