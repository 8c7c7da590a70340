"""Power of a plan: where it is taken from, that it grows with repeats, and that it is what audits find."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.runs import drawn_answers, make_run, make_sample, make_suite, peaked

from blackbox import registry
from blackbox.evidence.conclusive import REPEATS, Laws, shown
from blackbox.evidence.distances import Distances
from blackbox.evidence.equivalence import Margin, Missing, equivalence
from blackbox.evidence.planned import BASE_LAWS, planned_power, power_line
from blackbox.evidence.power import tilted
from blackbox.evidence.same import Design, compare_pair
from blackbox.stats.distances import exact_mmd2
from blackbox.stats.loss import worst_missing_mmd2

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


def test_a_plan_says_when_a_same_pair_would_be_called_so() -> None:
    """Few calls conclude little; the size it names does, by the bounds that decide; few probes never do."""
    suite = make_suite(16, repeats=15)
    suite = replace(suite, decision=replace(suite.decision, alpha=0.05))
    said = planned_power(suite, None, None)
    assert said.same is not None
    assert said.same.share < 0.3
    assert said.same.repeats in REPEATS
    assert f"for 70% {said.same.repeats} calls a probe would do" in power_line(said, "s")
    few = planned_power(make_suite(15), None, None)
    assert few.same is None
    assert "needs 16 such probes" in power_line(few, "s")


def test_the_planned_conclusions_are_what_equivalence_concludes() -> None:
    """Student's bounds in the plan and the bootstrap's in the verdict agree on how many of 60 pairs are equivalent."""
    rng = np.random.default_rng(4)
    own, other = peaked(rng, 16, 6, 0.3), peaked(rng, 16, 6, 0.3)
    laws = Laws(own=tuple(own), control=tuple(other), alpha=0.05, margin=0.2, seed=0)
    planned = shown(laws, (60,) * 16)
    assert 0.1 < planned < 0.95
    assert abs(np.mean([is_equivalent(rng, own, other, 60, i) for i in range(60)]) - planned) <= 0.2


def is_equivalent(rng: np.random.Generator, own: np.ndarray, other: np.ndarray, n: int, seed: int) -> bool:
    """Return the verdict's own judgement of one simulated pair that lost 5 % of its answers."""
    lost = rng.binomial(n, 0.05, size=(2, len(own)))
    x, y, z = (rng.multinomial(k, law).astype(float) for k, law in ((n - lost[0], own), (n - lost[1], own), (n, other)))
    between = exact_mmd2(x, x + y)
    worst = [worst_missing_mmd2((a, b), (int(i), int(j))) for a, b, i, j in zip(x, y, *lost, strict=True)]
    found = Distances(
        probe_ids=tuple(f"p{i}" for i in range(len(own))),
        between=between,
        to_a=exact_mmd2(x, x + z),
        to_b=exact_mmd2(y, y + z),
        n_draws=(n - lost.max(0)).astype(float),
        agreement=np.ones(len(own)),
    )
    missing = Missing(radius=1.0, n_silent=0, added=float(np.mean(worst - between)), rest=0.0)
    return equivalence(found, missing, Margin(share=0.2, level=0.05, seed=seed), digests=["a", "b"]).status == "shown"
