"""`watch`: asks today's questions, reads each endpoint's history, and asks once more where a run is suspected."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from blackbox import report, store
from blackbox.core import plain
from blackbox.evidence.drift_context import run_context
from blackbox.evidence.drift_document import LIMITS
from blackbox.evidence.drift_document import SCHEMA as DRIFT_SCHEMA
from blackbox.workflow.collecting import run_suites
from blackbox.workflow.drifting import BASELINE, DriftOptions, read_document
from blackbox.workflow.runs import open_run
from blackbox.workflow.scheduling import DAILY, DAILY_CALLS, DAYS, daily_label, scheduled
from blackbox.workflow.sessions import RunRequest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from blackbox.core import Clock, EndpointSpec, OnProgress, Suite
    from blackbox.workflow.collecting import RunEntry, RunReport

SCHEMA = "blackbox.watch/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchRequest:
    """What to watch.

    Args:
        endpoints: Every one has a history a suite.
        suites: Thinned to `most_calls` a day.
        results: Folder of runs.
        most_calls: Calls a suite, endpoint and day.
        horizon: Runs that a history will have in all.
        baseline: First runs that the others are tested against.
        since: First day (UTC, 2026-03-06) of the histories, after a change that was accepted; None: all days.
        seed: Decides the random order of the calls.
        max_requests: Requests to send at most, now.
        max_cost: Money to spend at most, now.
        out: Folder to write the reading to instead of a new one under results.
    """

    endpoints: tuple[EndpointSpec, ...]
    suites: tuple[Suite, ...]
    results: Path
    most_calls: int = DAILY_CALLS
    horizon: int = DAYS
    baseline: int = BASELINE
    since: str | None = None
    seed: int = 0
    max_requests: int | None = None
    max_cost: float | None = None
    out: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchReport:
    """The readings, where they were written, and what became of today's calls."""

    document: Mapping[str, Any]
    path: Path
    exit_code: int
    warnings: tuple[str, ...]


async def watch(
    request: WatchRequest, *, environ: Mapping[str, str], clock: Clock, on_progress: OnProgress
) -> WatchReport:
    """Collect today's run of every endpoint and suite, read the histories, and write one report of them.

    Today's run is one run: asked twice on one day (UTC), it sends nothing twice. Where the last run of a history is
    suspected, its confirmation is collected at once and the history read again.

    Args:
        request: What to watch.
        environ: Holds the keys that the endpoints name.
        clock: Time, injected.
        on_progress: Told how far the work is.

    Raises:
        UsageError: Found before the first call.
        EvidenceDamaged: A run does not agree with its own digests.
    """
    now = clock.now()
    asked = scheduled(DAILY, request.suites, now=now, most_calls=request.most_calls)
    todo = _collection(request, asked.suites, asked.label)
    collected = await run_suites(todo, environ=environ, clock=clock, on_progress=on_progress)
    histories = _read_all(request, collected.entries, now=now, on_progress=on_progress)
    reports = [collected]
    suspected = [place for place, history in enumerate(histories) if _wants_confirmation(history, collected, place)]
    if suspected and not collected.exit_code:
        again = await _confirmed(
            request, collected.entries, suspected, environ=environ, clock=clock, on_progress=on_progress
        )
        reports += again
        histories = _read_all(request, collected.entries, now=now, on_progress=on_progress)
    document = _document(histories, reports, now)
    html = report.render(document, to="html")
    path = store.write_drift(request.results, document, html=html, at=now, out=request.out)
    return WatchReport(
        document=document,
        path=path,
        exit_code=max(each.exit_code for each in reports),
        warnings=tuple(dict.fromkeys(warning for each in reports for warning in each.warnings)),
    )


def _collection(request: WatchRequest, suites: Sequence[Suite], label: str) -> RunRequest:
    return RunRequest(
        endpoints=request.endpoints,
        suites=tuple(suites),
        results=request.results,
        label=label,
        seed=request.seed,
        max_requests=request.max_requests,
        max_cost=request.max_cost,
    )


def _wants_confirmation(history: Mapping[str, Any], collected: RunReport, place: int) -> bool:
    """Return whether the run just collected is suspected and nothing has confirmed a change yet."""
    points = history["points"]
    return bool(
        history["detected"] is None
        and points
        and points[-1]["suspected"]
        and points[-1]["run"] == collected.entries[place].run_id
    )


async def _confirmed(
    request: WatchRequest,
    entries: Sequence[RunEntry],
    suspected: Sequence[int],
    *,
    environ: Mapping[str, str],
    clock: Clock,
    on_progress: OnProgress,
) -> list[RunReport]:
    """Collect the confirmation runs, one suite and endpoint at a time, and return what became of them."""
    specs = {spec.name: spec for spec in request.endpoints}
    label = daily_label(clock.now(), confirming=True)
    asked = scheduled(DAILY, request.suites, now=clock.now(), most_calls=request.most_calls).suites
    suites = {suite.name: suite for suite in asked}
    reports = []
    for place in suspected:
        one = _collection(request, [suites[entries[place].suite]], label)
        one = replace(one, endpoints=(specs[entries[place].endpoint],))
        reports.append(await run_suites(one, environ=environ, clock=clock, on_progress=on_progress))
    return reports


def _read_all(
    request: WatchRequest, entries: Sequence[RunEntry], *, now: datetime, on_progress: OnProgress
) -> list[dict[str, Any]]:
    runs = [run for run in store.find_runs(request.results) if run.manifest.label.startswith(f"{DAILY}-")]
    known = [run for run in runs if run.manifest.label >= f"{DAILY}-{request.since or ''}"]
    options = DriftOptions(created_at=now, horizon=request.horizon, baseline=request.baseline)
    return [_history(request, entry, known, options, on_progress) for entry in entries]


def _history(
    request: WatchRequest,
    entry: RunEntry,
    known: Sequence[store.RunSummary],
    options: DriftOptions,
    on_progress: OnProgress,
) -> dict[str, Any]:
    """Return the reading of the history that today's run of an endpoint and suite belongs to."""
    spec = next(spec for spec in request.endpoints if spec.name == entry.endpoint)
    wanted = {name: plain(spec)[name] for name in ("name", "kind", "base_url", "model", "routing")}
    paths = [
        run.path
        for run in known
        if run.manifest.suite_name == entry.suite
        and run.manifest.suite_version == entry.suite_version
        and {name: run.manifest.endpoint.get(name) for name in wanted} == wanted
        and run.manifest.status == "finished"
    ]
    if len(paths) > 1:
        return read_document(paths, options, on_progress)
    return _begun(entry, paths, options)


def _begun(entry: RunEntry, paths: Sequence[Path], options: DriftOptions) -> dict[str, Any]:
    """Return the document of a history that has one run or none: nothing can be read yet."""
    runs = [open_run(path) for path in paths]
    points = [
        {
            "run": run.id,
            "label": run.manifest.label,
            "endpoint": run.manifest.endpoint_name,
            "statistic": None,
            "pvalue": None,
            "n": sum(not o.missing for o in run.observations),
            "n_missing": sum(o.missing for o in run.observations),
            "suspected": False,
            "alarm": False,
            "reason": "the first run of this history",
            "journal_head": run.manifest.journal_head,
            **run_context(run),
        }
        for run in runs
    ]
    return {
        "schema": DRIFT_SCHEMA,
        "verdict": "inconclusive",
        "reason": f"{len(runs)} of at least 5 runs: 3 to know the endpoint, one to suspect and one to confirm",
        "onset": None,
        "onset_interval": None,
        "detected": None,
        "alpha": runs[0].suite.decision.alpha if runs else None,
        "horizon": options.horizon,
        "endpoint": entry.endpoint,
        "suite": entry.suite,
        "suite_version": entry.suite_version,
        "points": points,
        "probes": [],
        "exhibits": [],
        "context": [],
        "warnings": [],
        "limits": list(LIMITS),
        "provenance": {},
    }


def _document(histories: Sequence[Mapping[str, Any]], reports: Sequence[RunReport], now: datetime) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "histories": list(histories),
        "sessions": plain([_session(entry) for each in reports for entry in each.entries]),
        "provenance": {"blackbox": version("blackbox-similarity"), "created_at": plain(now)},
    }


def _session(entry: RunEntry) -> dict[str, Any]:
    return {
        "endpoint": entry.endpoint,
        "suite": entry.suite,
        "state": entry.state,
        "reason": entry.reason,
        "run": entry.run_id,
        "n_sent": entry.n_sent,
        "cost": entry.cost,
    }
