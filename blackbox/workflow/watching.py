"""`watch`: asks today's questions, reads each endpoint's history, and asks once more where a run is suspected."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from blackbox import report, store
from blackbox.core import plain
from blackbox.workflow._watch_borders import SUITE as BORDERS
from blackbox.workflow._watch_borders import (
    border_lines,
    discovery_label,
    discovery_of,
    is_of,
    newest_discovery,
    selected,
)
from blackbox.workflow._watch_rounds import Rounds
from blackbox.workflow.drifting import BASELINE, DriftOptions, begun_document, read_document
from blackbox.workflow.runs import open_run
from blackbox.workflow.scheduling import DAILY, DAILY_CALLS, DAYS, confirming_runs, daily_label, scheduled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from blackbox.core import Clock, EndpointSpec, OnProgress, Run, Suite
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
        discover: Find the near ties of an endpoint among border inputs: where it has none yet, and after a change.
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
    discover: bool = False
    since: str | None = None
    seed: int = 0
    max_requests: int | None = None
    max_cost: float | None = None
    out: Path | None = None


@dataclass(slots=True, kw_only=True)
class _Asked:
    """What an endpoint is asked today; `candidates` is the suite its near ties are looked for in, if they are."""

    spec: EndpointSpec
    suite: Suite
    candidates: Suite | None = None
    entry: RunEntry | None = None


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
    suspected, its confirmation is collected at once, with three times the calls of a day, and the history read again.

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
    rounds = Rounds(
        results=request.results,
        seed=request.seed,
        max_requests=request.max_requests,
        max_cost=request.max_cost,
        environ=environ,
        clock=clock,
        on_progress=on_progress,
    )
    asked, notes = await _asked(request, rounds, now)
    await _collect_today(asked, rounds, now)
    histories = _read_all(request, asked, now=now, on_progress=on_progress)
    suspected = [each for each, history in zip(asked, histories, strict=True) if _wants_confirmation(history, each)]
    if suspected and not rounds.exit_code:
        for each in suspected:
            label, times = daily_label(clock.now(), confirming=True), confirming_runs(each.suite, each.spec)
            await rounds.several(each.spec, each.suite, label=label, times=times)
        histories = _read_all(request, asked, now=now, on_progress=on_progress)
    if request.discover and not rounds.exit_code:
        notes += await _discovered_anew(request, asked, histories, rounds)
    document = _document(histories, rounds.reports, now)
    html = report.render(document, to="html")
    path = store.write_drift(request.results, document, html=html, at=now, out=request.out)
    said = (warning for each in rounds.reports for warning in each.warnings)
    return WatchReport(
        document=document, path=path, exit_code=rounds.exit_code, warnings=tuple(dict.fromkeys([*said, *notes]))
    )


async def _asked(request: WatchRequest, rounds: Rounds, now: datetime) -> tuple[list[_Asked], list[str]]:
    """Return what is asked today, endpoint by endpoint; near ties are found first where that was asked for."""
    asked, notes = [], []
    for suite in request.suites:
        (thin,) = scheduled(DAILY, [suite], now=now, most_calls=request.most_calls).suites
        for spec in request.endpoints:
            if suite.name != BORDERS:
                asked.append(_Asked(spec=spec, suite=thin))
                continue
            found = newest_discovery(request.results, spec, suite)
            if found is None and request.discover:
                found = await _discovery(spec, suite, rounds)
            ties = selected(found, most_calls=request.most_calls) if found else None
            if found and ties is None:
                notes.append(f"{found.id}: no near tie of {spec.name} was found; it is asked evenly spaced inputs")
            asked.append(_Asked(spec=spec, suite=ties or thin, candidates=suite))
    return asked, notes


async def _discovery(spec: EndpointSpec, suite: Suite, rounds: Rounds) -> Run | None:
    label = discovery_label(rounds.clock.now())
    (entry,) = (await rounds.collect([spec], [suite], label=label)).entries
    return open_run(entry.path) if entry.path is not None and not rounds.exit_code else None


async def _discovered_anew(
    request: WatchRequest, asked: Sequence[_Asked], histories: Sequence[Mapping[str, Any]], rounds: Rounds
) -> list[str]:
    """Find new near ties where the endpoint changed, and return what is said of it."""
    said = []
    for each, history in zip(asked, histories, strict=True):
        if each.candidates is None or history["verdict"] != "changed" or rounds.exit_code:
            continue
        found = await _discovery(each.spec, each.candidates, rounds)
        ties = selected(found, most_calls=request.most_calls) if found else None
        if found and ties:
            said.append(
                f"{each.spec.name}: {len(ties.probes)} new inputs were found in {found.id}; the next watch begins a "
                "new history with them"
            )
    return said


async def _collect_today(asked: Sequence[_Asked], rounds: Rounds, now: datetime) -> None:
    """Ask what is due today; endpoints that are asked one suite are asked it in turns."""
    suites = {each.suite.digest: each.suite for each in asked}
    for digest, suite in suites.items():
        specs = [each.spec for each in asked if each.suite.digest == digest]
        for entry in (await rounds.collect(specs, [suite], label=daily_label(now))).entries:
            for each in asked:
                if each.suite.digest == digest and each.spec.name == entry.endpoint:
                    each.entry = entry


def _wants_confirmation(history: Mapping[str, Any], asked: _Asked) -> bool:
    """Return whether the run just collected is suspected and nothing has confirmed a change yet."""
    points = history["points"]
    return bool(
        history["detected"] is None
        and points
        and points[-1]["suspected"]
        and asked.entry is not None
        and points[-1]["run"] == asked.entry.run_id
    )


def _read_all(
    request: WatchRequest, asked: Sequence[_Asked], *, now: datetime, on_progress: OnProgress
) -> list[dict[str, Any]]:
    runs = [run for run in store.find_runs(request.results) if run.manifest.label.startswith(f"{DAILY}-")]
    known = [run for run in runs if run.manifest.label >= f"{DAILY}-{request.since or ''}"]
    options = DriftOptions(created_at=now, horizon=request.horizon, baseline=request.baseline)
    return [_history(each, known, options, on_progress) for each in asked]


def _history(
    asked: _Asked, known: Sequence[store.RunSummary], options: DriftOptions, on_progress: OnProgress
) -> dict[str, Any]:
    """Return the reading of the history that today's run of an endpoint and suite belongs to."""
    paths = [
        run.path
        for run in known
        if run.manifest.suite_name == asked.suite.name
        and run.manifest.suite_version == asked.suite.version
        and is_of(run, asked.spec)
        and run.manifest.status == "finished"
    ]
    options = replace(options, confirming=confirming_runs(asked.suite, asked.spec))
    document = (
        read_document(paths, options, on_progress)
        if len(paths) > 1
        else begun_document(
            paths,
            options,
            endpoint=asked.spec.name,
            suite=asked.suite.name,
            suite_version=asked.suite.version,
        )
    )
    if asked.candidates is None and discovery_of(asked.suite) is None:
        return document
    return {**document, "warnings": [*document["warnings"], *border_lines(document, asked.suite)]}


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
