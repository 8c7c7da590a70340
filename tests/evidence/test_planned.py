"""Power of a plan: where it is taken from, that it grows with repeats, and that it is what audits find."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.runs import drawn_answers, make_run, make_sample, make_suite, peaked

from blackbox import registry
from blackbox.evidence.planned import BASE_LAWS, planned_power, power_line
from blackbox.evidence.power import tilted
from blackbox.evidence.same import Design, compare_pair

SUITE = make_suite(12, repeats=15)


def test_without_a_run_the_base_laws_are_stated() -> None:
    """The basis says so, and more repeats find more."""
    few, many = (planned_power(make_suite(12, repeats=n), None, None) for n in (5, 40))
    assert few.basis == BASE_LAWS
    assert many.n_calls == 12 * 40
    assert all(more >= less for (_, less), (_, more) in zip(few.effects, many.effects, strict=True))
    assert dict(many.effects)["100% of calls answered by another model"] > 0.99
    assert "stated base laws" in power_line(few, "s")


def test_open_suites_have_a_reason() -> None:
    """Open answers can't be simulated; the line says why there is no figure."""
    found = planned_power(make_suite(4, form="open"), None, None)
    assert (found.basis, found.effects) == (None, ())
    assert "no closed probe" in power_line(found, "s")


def test_probes_asked_once_have_a_reason() -> None:
    """A count of tokens, or a choice with a key, is asked once: there is no draw to compare."""
    assert "asked once each" in power_line(planned_power(make_suite(4, repeats=1), None, None), "s")


def test_repeats_at_temperature_0_have_no_power_of_a_permutation_test() -> None:
    """A copy is no draw: the line names the comparison that applies instead, and gives no figure."""
    suite = make_suite(12, repeats=15)
    found = planned_power(replace(suite, decoding=replace(suite.decoding, temperature=0.0)), None, None)
    assert (found.basis, found.effects, found.n_calls) == (None, (), 0)
    assert "repeats at temperature 0" in power_line(found, "s")
    assert "--benign" in power_line(found, "s")


def test_the_planned_power_is_what_audits_find() -> None:
    """From a long earlier run: power for a hotter suspect agrees with simulated audits within .12."""
    own = peaked(np.random.default_rng(0), 12, 6, 0.5)
    suite = replace(SUITE, decision=replace(SUITE.decision, alpha=0.05))
    long = make_sample(make_run(suite, drawn_answers(np.random.default_rng(1), suite, own, 400)))
    said = dict(planned_power(suite, long, None).effects)["hotter suspect (temperature 1.3)"]
    hot = np.array([tilted(p, 1 / 1.3) for p in own])
    design = Design(signals={n: registry.signal(n) for n in ("exact_mmd", "chi2")}, seed=0, n_permutations=99)
    rng = np.random.default_rng(2)
    forms = {p.id: "closed" for p in suite.probes}
    n = sum(
        compare_pair(*(_sample(rng, table) for table in (own, hot)), forms, design).pvalue <= 0.05 for _ in range(120)
    )
    assert n / 120 == pytest.approx(said, abs=0.12)


def _sample(rng: np.random.Generator, table: np.ndarray) -> object:
    return make_sample(make_run(SUITE, drawn_answers(rng, SUITE, table, 15), endpoint=str(rng.integers(1 << 30))))


def test_another_run_is_what_is_mixed_in() -> None:
    """Its name is part of the basis, and a model that answers the same way can't be found."""
    own = peaked(np.random.default_rng(0), 12, 6, 0.5)
    one, two = (
        make_sample(make_run(SUITE, drawn_answers(np.random.default_rng(s), SUITE, own, 300), endpoint=f"e{s}"))
        for s in (1, 2)
    )
    found = planned_power(SUITE, one, two)
    assert two.run.id in found.basis
    assert dict(found.effects)["100% of calls answered by another model"] < 0.1
