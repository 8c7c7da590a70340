"""Conditions of a population held against a pair: met, unmet (no ratio), unknown (an untested condition)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from support.runs import make_run

from blackbox import suites
from blackbox.workflow._population_conditions import applicability, named_size, stated_conditions

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
    """Same settings, same period, no reasoning shown; the size class is unknown where no name gives it."""
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


@pytest.mark.parametrize(
    ("name", "size"),
    [("qwen2.5-14b-instruct", 14), ("Qwen/Qwen2-0.5B", 0.5), ("mixtral-8x7b", 56), ("gpt-4", None), ("b2b-7", None)],
)
def test_sizes_are_read_from_names(name: str, size: float | None) -> None:
    """Billions of parameters, decimal and of experts; nothing where the name gives none."""
    assert named_size(name) == size


def test_a_much_smaller_model_is_outside(run: Run) -> None:
    """Population of 7 and 70 billion: 14 and 2 are inside, half a billion is not, a name without size is unknown."""
    of = {
        size: with_manifest(run, endpoint={**run.manifest.endpoint, "model": f"m-{size}b"})
        for size in (7, 70, 14, 2, 0.5)
    }
    population = [of[7], of[70]]
    found = [states(population, [of[14], other])["size class"] for other in (of[2], of[0.5], run)]
    assert found == ["met", "unmet", "unknown"]
