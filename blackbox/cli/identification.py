"""`identify`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from blackbox.cli.layout import fitted, hanging
from blackbox.cli.options import JsonOption, ResultsOption, folder
from blackbox.cli.output import note, print_json, printable, say
from blackbox.core.wording import DIRECTION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typer import Typer

SHOWN = 10
"""Candidates that are printed; --json has all."""
_CODES = {"attributed": 1, "none of these": 0, "inconclusive": 3}
_COLUMNS = {"rank": "", "endpoint": "CANDIDATE", "score": "SCORE", "rank_pvalue_adjusted": "RANK P, HOLM"}


def register(app: Typer) -> None:
    """Add this group's commands."""
    app.command(context_settings={"allow_interspersed_args": True})(identify)


def identify(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The run in question.")],
    more: Annotated[list[str] | None, typer.Argument(metavar="[RUN...]", help="Further runs of the library.")] = None,
    *,
    library: Annotated[
        list[str], typer.Option("--library", metavar="RUN", help="A run of a known endpoint; more may follow it.")
    ],
    population: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Reference population: likelihood ratios, and rejection by it.")
    ] = None,
    groups: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Lineage groups of the library, columns model, group.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, metavar="N", help="Seed of the tests [the suite's].")] = None,
    gate: Annotated[bool, typer.Option("--gate", help="Exit 1 if attributed, 3 if inconclusive.")] = False,
    results: ResultsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Rank a library of known endpoints by likeness to a run, or say: none of these.

    With --gate the exit code is the verdict: 0 none of these, 1 attributed, 3 inconclusive.
    """
    from blackbox.workflow.clock import utc_now
    from blackbox.workflow.identifying import IdentifyRequest
    from blackbox.workflow.identifying import identify as ranked

    request = IdentifyRequest(
        suspect=run,
        library=(*library, *(more or ())),
        created_at=utc_now(),
        population=population,
        groups=groups,
        seed=seed,
    )
    document = ranked(folder(results), request)
    if as_json:
        print_json(document)
    else:
        _say(document)
    for warning in document["warnings"]:
        note(printable(f"warning: {warning}"))
    for entry in document["skipped_runs"]:
        note(printable(f"left out: {entry['run']}: {entry['reason']}"))
    if gate:
        raise typer.Exit(_CODES[document["verdict"]])


def _say(document: Mapping[str, Any]) -> None:
    to = f" to {document['attributed_to']}" if document["attributed_to"] else ""
    say(hanging("", f"{document['verdict']}{to}: {document['reason']}"))
    rows = [_rounded(row) for row in document["candidates"][:SHOWN]]
    ratio = {"log10_lr": "LOG10 LR", "verbal": ""} if document["population"] else {}
    say(fitted(rows, {**_COLUMNS, **ratio}))
    own = document["library"]
    age = "of unknown age" if own["age_days"] is None else f"the newest {own['age_days']:.0f} days old"
    say(hanging("", f"{own['note']} It holds {own['n_endpoints']} endpoints, {age}."))
    say(DIRECTION)


def _rounded(row: Mapping[str, Any]) -> dict[str, Any]:
    numbers = {name: row[name] for name in ("score", "rank_pvalue_adjusted", "log10_lr")}
    return {**row, **{name: None if value is None else f"{value:.3g}" for name, value in numbers.items()}}
