"""`drift` and `watch`."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from blackbox.cli.options import (
    ConfigOption,
    EndpointsOption,
    JsonOption,
    ResultsOption,
    SuitesOption,
    configuration,
    folder,
)
from blackbox.cli.output import columns, has_color, note, print_json, printable, say
from blackbox.cli.progress import shown
from blackbox.cli.reporting import write_for_machines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typer import Typer

GATE_CHANGED, GATE_INCONCLUSIVE = 1, 3
_GATE = {"changed": GATE_CHANGED, "unstable": GATE_INCONCLUSIVE, "inconclusive": GATE_INCONCLUSIVE}


class Order(StrEnum):
    """By what `drift` orders runs."""

    TIME = "time"
    NAME = "name"


HorizonOption = Annotated[
    int | None,
    typer.Option("--horizon", min=2, metavar="N", help="Runs that will be looked at in all: the level is for these."),
]
BaselineOption = Annotated[
    int, typer.Option("--baseline", min=3, metavar="N", help="First runs that the others are tested against.")
]
AlphaOption = Annotated[
    float | None, typer.Option("--alpha", metavar="A", help="Chance of any false alarm in the horizon [the suite's].")
]


def register(app: Typer) -> None:
    """Add this group's commands."""
    app.command()(drift)
    app.command()(watch)


def drift(
    runs: Annotated[list[str], typer.Argument(metavar="RUN RUN...", help="Runs of one endpoint and suite.")],
    *,
    order: Annotated[Order, typer.Option(help="By recorded time, or by endpoint, label and suite name.")] = Order.TIME,
    horizon: HorizonOption = None,
    baseline: BaselineOption = 7,
    alpha: AlphaOption = None,
    seed: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="Seed of the permutations [the suite's].")
    ] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="DIR", help="Folder to write to.")] = None,
    gate: Annotated[bool, typer.Option("--gate", help="Exit 1 if changed, 3 if unstable or inconclusive.")] = False,
    results: ResultsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read the history of one endpoint: is it what it was, and if not, since when.

    One imported run whose answers were given on several days (--time-field) is read day by day.
    """
    from blackbox.workflow.clock import utc_now
    from blackbox.workflow.drifting import DriftOptions, drift_runs

    options = DriftOptions(
        created_at=utc_now(),
        order=order.value,
        horizon=horizon,
        baseline=baseline,
        alpha=alpha,
        seed=seed,
        out=out,
    )
    with shown() as on_progress:
        found = drift_runs(folder(results), runs, options, on_progress)
    show_reading(found.document, as_json=as_json)
    note(f"report: {found.path / 'report.html'}")
    write_for_machines(found.document, junit=None, markdown=None)
    if gate:
        raise typer.Exit(gate_code([found.document]))


def show_reading(document: Mapping[str, Any], *, as_json: bool) -> None:
    """Print a reading: its document, or its report for this terminal."""
    if as_json:
        print_json(document)
        return
    from blackbox.core import Comparison
    from blackbox.workflow.rendering import draw

    drawn = draw(Comparison(document=document), to="terminal", width=columns(), color=has_color(sys.stdout))
    say(drawn.rstrip("\n"))


def gate_code(documents: list[Mapping[str, Any]]) -> int:
    """Return what `--gate` exits with: 1 if any history changed, 3 if any is undecided or unstable, else 0."""
    codes = {_GATE.get(str(document["verdict"]), 0) for document in documents}
    return GATE_CHANGED if GATE_CHANGED in codes else max(codes, default=0)


def watch(
    *,
    suite: SuitesOption = None,
    endpoint: EndpointsOption = None,
    calls: Annotated[int, typer.Option("--calls", min=2, metavar="N", help="Calls a suite, endpoint and day.")] = 60,
    horizon: Annotated[
        int, typer.Option("--horizon", min=5, metavar="N", help="Runs a history will have in all.")
    ] = 365,
    baseline: BaselineOption = 7,
    since: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], metavar="DAY", help="Histories from this day on: after a change you accept."
        ),
    ] = None,
    discover: Annotated[
        bool,
        typer.Option("--discover", help="Of border-input: find the near ties of new and of changed endpoints."),
    ] = False,
    max_requests: Annotated[int | None, typer.Option(min=1, metavar="N", help="Stop after this many requests.")] = None,
    max_cost: Annotated[
        float | None, typer.Option(metavar="AMOUNT", help="Stop when this much was spent; needs prices.")
    ] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="DIR", help="Folder to write to.")] = None,
    gate: Annotated[bool, typer.Option("--gate", help="Exit 1 if changed, 3 if unstable or inconclusive.")] = False,
    config: ConfigOption = None,
    results: ResultsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Collect today's run of every endpoint, once, and read each history: made for cron and CI.

    A second call on one day (UTC) sends nothing. A suspected run is followed at once by one confirmation run of
    three times the calls. Exits 4 if today's runs are incomplete. The suite is one-token unless another is named.

    With -s border-input --discover an endpoint is first asked all inputs once (900 calls), and from then on the near
    ties among them. After a confirmed change the same command finds new ones and begins a new history.
    """
    from blackbox.cli.collection import chosen
    from blackbox.suites import find
    from blackbox.workflow.clock import SYSTEM_CLOCK, run_sync
    from blackbox.workflow.config import Flags
    from blackbox.workflow.watching import WatchRequest
    from blackbox.workflow.watching import watch as watched

    found = configuration(config, Flags(results=results, max_cost=max_cost, max_requests=max_requests))
    request = WatchRequest(
        endpoints=chosen(found, endpoint),
        suites=tuple({each.digest: each for each in map(find, suite or ["one-token"])}.values()),
        results=found.results,
        most_calls=calls,
        horizon=horizon,
        baseline=baseline,
        discover=discover,
        since=f"{since:%Y-%m-%d}" if since else None,
        seed=found.seed,
        max_requests=found.max_requests,
        max_cost=found.max_cost,
        out=out,
    )
    with shown() as on_progress:
        done = run_sync(watched(request, environ=os.environ, clock=SYSTEM_CLOCK, on_progress=on_progress))
    for warning in done.warnings:
        note(f"warning: {printable(warning)}")
    show_reading(done.document, as_json=as_json)
    note(f"report: {done.path / 'report.html'}")
    write_for_machines(done.document, junit=None, markdown=None)
    if done.exit_code:
        raise typer.Exit(done.exit_code)
    if gate:
        raise typer.Exit(gate_code(done.document["histories"]))
