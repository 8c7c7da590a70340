"""The rounds of calls that one `watch` makes, under one budget: today's runs, confirmations, discoveries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from blackbox.evidence.looks import look_of
from blackbox.workflow.collecting import RunEntry, RunReport, run_suites
from blackbox.workflow.runs import open_run
from blackbox.workflow.sessions import RunRequest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from blackbox.core import Clock, EndpointSpec, OnProgress, Suite

_SPENT = "the budget of this call is spent"


@dataclass(slots=True, kw_only=True)
class Rounds:
    """Collects round after round and keeps what became of each.

    Args:
        results: Folder of runs.
        seed: Decides the random order of the calls.
        max_requests: Requests to send at most, over all rounds.
        max_cost: Money to spend at most, over all rounds.
        environ: Holds the keys that the endpoints name.
        clock: Time, injected.
        on_progress: Told how far the work is.
    """

    results: Path
    seed: int
    max_requests: int | None
    max_cost: float | None
    environ: Mapping[str, str]
    clock: Clock
    on_progress: OnProgress
    reports: list[RunReport] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """The gravest of all rounds."""
        return max((each.exit_code for each in self.reports), default=0)

    async def collect(
        self, endpoints: Sequence[EndpointSpec], suites: Sequence[Suite], *, label: str, more: bool = False
    ) -> RunReport:
        """Ask the endpoints the suites, and return what became of it.

        Raises:
            UsageError: Found before the first call.
        """
        n_left = None if self.max_requests is None else self.max_requests - self._n_sent()
        cost_left = None if self.max_cost is None else self.max_cost - self._cost()
        if (n_left is not None and n_left <= 0) or (cost_left is not None and cost_left <= 0):
            report = RunReport(entries=tuple(_unsent(suite, spec) for suite in suites for spec in endpoints))
        else:
            request = RunRequest(
                endpoints=tuple(endpoints),
                suites=tuple(suites),
                results=self.results,
                label=label,
                seed=self.seed,
                max_requests=n_left,
                max_cost=cost_left,
                more=more,
            )
            report = await run_suites(request, environ=self.environ, clock=self.clock, on_progress=self.on_progress)
        self.reports.append(report)
        return report

    async def several(self, spec: EndpointSpec, suite: Suite, *, label: str, times: int) -> None:
        """Ask an endpoint a suite so many times over, in one run of the suite's own digest.

        How many is settled beforehand: nothing is read before the last answer. A run that was cut short goes on.
        """
        (entry,) = (await self.collect([spec], [suite], label=label)).entries
        while not self.exit_code and entry.path is not None and look_of(open_run(entry.path)) < times:
            (entry,) = (await self.collect([spec], [suite], label=label, more=True)).entries

    def _n_sent(self) -> int:
        return sum(entry.n_sent for each in self.reports for entry in each.entries)

    def _cost(self) -> float:
        sent = [entry for each in self.reports for entry in each.entries if entry.n_sent]
        return sum({entry.run_id: entry.cost or 0.0 for entry in sent}.values())


def _unsent(suite: Suite, spec: EndpointSpec) -> RunEntry:
    return RunEntry(endpoint=spec.name, suite=suite.name, suite_version=suite.version, state="stopped", reason=_SPENT)
