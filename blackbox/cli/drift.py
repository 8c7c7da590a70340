"""`drift` and `watch`."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from blackbox.cli.options import JsonOption, ResultsOption, folder
from blackbox.cli.output import columns, has_color, note, print_json, say
from blackbox.cli.progress import shown

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
