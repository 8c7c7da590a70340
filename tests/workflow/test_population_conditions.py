"""Conditions of a population held against a pair: met, unmet (no ratio), unknown (an untested condition)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from support.runs import make_run

from blackbox import suites
from blackbox.workflow._population_conditions import applicability, stated_conditions

if TYPE_CHECKING:
    from blackbox.core import Run


@pytest.fixture(scope="module")
def run() -> Run:
    """Return a collected run of the shipped one-token suite."""
    suite = suites.find("one-token")
    return make_run(suite, {p.id: ["word"] * 2 for p in suite.probes})


def states(population: list[Run], pair: list[Run], n_answered: int = 10) -> dict[str, str]:
    """Return the state of each condition."""
    document: dict[str, Any] = {"conditions": stated_conditions(population), "probes": [{}] * 10}
    return {c.name: c.state for c in applicability(document, pair, n_answered)}


def with_manifest(run: Run, **changed: Any) -> Run:
    """Return the run with other facts in its manifest."""
    return replace(run, manifest=replace(run.manifest, **changed))


def later(run: Run, days: int) -> Run:
    """Return the run with every request that many days later."""
    moved = tuple(
        replace(o, requested_at=o.requested_at + timedelta(days=days)) if o.requested_at else o
        for o in run.observations
    )
    return replace(run, observations=moved)


def test_what_the_population_was_collected_under_is_met(run: Run) -> None:
    """Same settings, same period, no reasoning shown; the size class is never known."""
    found = states([run], [run, run])
    assert found.pop("size class") == "unknown"
    assert set(found.values()) == {"met"}


def test_four_of_five_probes_must_be_answered(run: Run) -> None:
    """Eight of ten are enough, seven are not."""
    assert [states([run], [run, run], n)["suite and language"] for n in (8, 7)] == ["met", "unmet"]


def test_other_sampling_is_outside_and_unknown_sampling_untested(run: Run) -> None:
    """Known and different: no ratio."""
    hot = with_manifest(run, sent_decoding={**(run.manifest.sent_decoding or {}), "temperature": 1.7})
    unknown = with_manifest(run, sent_decoding=None)
    assert states([run], [run, hot])["decoding"] == "unmet"
    assert states([run, hot], [run, hot])["decoding"] == "met"
    assert states([run], [run, unknown])["decoding"] == "unknown"
    assert states([unknown], [run, run])["decoding"] == "unknown"


def test_half_a_year_beyond_the_population_is_outside(run: Run) -> None:
    """179 days after it still counts as its period, 200 do not."""
    assert [states([run], [run, later(run, days)])["period"] for days in (170, 200)] == ["met", "unmet"]


def test_reasoning_that_the_population_does_not_hold_is_outside(run: Run) -> None:
    """Shown by a side, by none of the population; imported answers don't tell."""
    thinking = replace(run, observations=tuple(replace(o, reasoning="hm") for o in run.observations))
    imported = with_manifest(run, origin="imported")
    assert states([run], [run, thinking])["reasoning mode"] == "unmet"
    assert states([run, thinking], [run, thinking])["reasoning mode"] == "met"
    assert states([imported], [imported, imported])["reasoning mode"] == "unknown"
    assert states([imported], [imported, thinking])["reasoning mode"] == "unmet"
