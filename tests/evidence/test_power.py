"""What a design can detect: agreement with the engine, the worse of two suspects, and named alternatives."""

from __future__ import annotations

import numpy as np
import pytest
from support.runs import drawn_answers, make_run, make_sample, make_suite, peaked

from blackbox import registry
from blackbox.evidence.power import Reference, detectable, power, reference, tilted
from blackbox.evidence.same import Design, compare_pair

N_PROBES = 12


def known(n: int, m: int) -> tuple[np.ndarray, np.ndarray, Reference]:
    """Known distributions of a reference and another model, at the given counts."""
    rng = np.random.default_rng(1)
    own, other = peaked(rng, N_PROBES, 6), peaked(rng, N_PROBES, 6)
    sizes = ((n,) * N_PROBES, (m,) * N_PROBES)
    return own, other, Reference(shares=tuple(own), other=tuple(other), n_x=sizes[0], n_y=sizes[1])


def test_simulated_power_is_the_engines() -> None:
    """At half a mixture and 15 answers a probe the permutation test finds as many within .15 (100 audits)."""
    own, other, found = known(15, 15)
    [simulated] = power(found, tuple(other), [0.4], alpha=0.05, seed=0)
    rng = np.random.default_rng(2)
    suite = make_suite(N_PROBES)
    signals = {name: registry.signal(name) for name in ("exact_mmd", "chi2")}
    forms = {p.id: "closed" for p in suite.probes}
    hits = 0
    for seed in range(100):
        a, b = (
            make_sample(make_run(suite, drawn_answers(rng, suite, table, 15), endpoint=name))
            for name, table in (("a", own), ("b", 0.6 * own + 0.4 * other))
        )
        hits += compare_pair(a, b, forms, Design(signals=signals, seed=seed, n_permutations=199)).pvalue <= 0.05
    assert simulated == pytest.approx(hits / 100, abs=0.15)
    assert 0.3 < simulated < 0.99


def test_without_a_difference_power_is_the_level() -> None:
    """A share of zero is found at α."""
    _, other, found = known(15, 15)
    assert power(found, tuple(other), [0.0], alpha=0.05, seed=0)[0] == pytest.approx(0.05, abs=0.035)


def test_with_unequal_counts_the_worse_suspect_counts() -> None:
    """Naming the sides the other way round changes nothing."""
    _, other, found = known(6, 30)
    swapped = Reference(shares=found.shares, other=found.other, n_x=found.n_y, n_y=found.n_x)
    assert power(found, tuple(other), [0.3], alpha=0.05, seed=0) == power(
        swapped, tuple(other), [0.3], alpha=0.05, seed=0
    )


def test_the_smallest_share_is_found_for_each_named_alternative() -> None:
    """Another model is found at a share; a temperature of 1.3 is not with so few answers, and says how often."""
    _, _, found = known(15, 15)
    mixture, hotter, colder = detectable(found, alpha=0.05, other_name="c", seed=0)
    assert 0.2 <= mixture.value <= 0.6
    assert (hotter.value, colder.value) == (None, None)
    assert hotter.power_of_all < 0.8
    assert [d.alternative for d in (mixture, hotter, colder)] == [
        "mixture with c",
        "temperature 1.3",
        "temperature 0.77",
    ]


def test_a_tilt_by_hand() -> None:
    """Shares .8 and .2 squared are .64 and .04 of .68."""
    assert tilted(np.array([0.8, 0.2]), 2.0) == pytest.approx([0.64 / 0.68, 0.04 / 0.68])


def test_shares_are_smoothed_by_half_a_count() -> None:
    """Three x, one y, and a z only the other model gives: (3½, 1½, ½) of 5½."""
    suite = make_suite(1)
    a = make_sample(make_run(suite, {"p000": ["x", "x", "x", "y"]}))
    c = make_sample(make_run(suite, {"p000": ["z", "z"]}, endpoint="c"))
    found = reference([a], c, ["p000"])
    assert sorted(found.shares[0]) == pytest.approx([0.5 / 5.5, 1.5 / 5.5, 3.5 / 5.5])
    assert reference([a], c, []) is None
