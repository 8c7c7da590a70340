"""The power a plan would have, from the newest finished run of its suite where there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox import registry, store
from blackbox.evidence.planned import PlannedPower, planned_power, power_line
from blackbox.evidence.samples import Sample
from blackbox.workflow.runs import open_run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from blackbox.core import Suite


def planned_powers(results: Path, suites: Sequence[Suite]) -> list[dict[str, Any]]:
    """Return for each suite what its planned repeats would find, as JSON types with a line to read."""
    finished = [run for run in store.find_runs(results) if run.manifest.status == "finished"]
    return [_entry(suite, _power(suite, finished)) for suite in suites]


def _power(suite: Suite, finished: Sequence[store.RunSummary]) -> PlannedPower:
    own = [run for run in reversed(finished) if run.manifest.suite_digest == suite.digest]
    samples: list[Sample] = []
    for run in own:
        if any(run.manifest.endpoint_name == s.run.manifest.endpoint_name for s in samples):
            continue
        sample = _sample(run.path, suite)
        if sample is not None:
            samples.append(sample)
        if len(samples) == 2:  # noqa: PLR2004 - a reference, and what is mixed into it
            break
    return planned_power(suite, *samples, *[None] * (2 - len(samples)))


def _sample(path: Path, suite: Suite) -> Sample | None:
    """Return a run with its answers coded, or None where they are no draws."""
    run = open_run(path)
    closed = frozenset(p.id for p in suite.probes if p.form == "closed")
    sample = Sample.of(run, {"answer": registry.feature("answer").extract(run, closed)})
    return None if sample.independence.broken else sample


def _entry(suite: Suite, found: PlannedPower) -> dict[str, Any]:
    return {
        "suite": suite.name,
        "suite_version": suite.version,
        "alpha": found.alpha,
        "basis": found.basis,
        "n_probes": found.n_probes,
        "n_calls_a_side": found.n_calls,
        "effects": [{"effect": name, "power": value} for name, value in found.effects],
        "reason": found.reason,
        "same": {"equivalent": found.same.share, "repeats_for_70_percent": found.same.repeats} if found.same else None,
        "line": power_line(found, suite.name),
    }
