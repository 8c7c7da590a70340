"""`export` and `redact`."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blackbox.cli.options import JsonOption, ResultsOption, folder
from blackbox.cli.output import note, print_json, printable, say
from blackbox.errors import UsageError

if TYPE_CHECKING:
    from typer import Typer


class TableForm(StrEnum):
    """How a table is written."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


class TableName(StrEnum):
    """Which table is written."""

    OBSERVATIONS = "observations"
    PAIRS = "pairs"
    SIGNALS = "signals"


def register(app: Typer) -> None:
    """Add this group's commands."""
    app.command()(export)
    app.command()(redact)


def export(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Runs or results: id, prefix or path.")],
    *,
    bundle: Annotated[
        Path | None, typer.Option("--bundle", metavar="FILE", help="Write one archive with all a result was made from.")
    ] = None,
    form: Annotated[TableForm | None, typer.Option("--format", help="Write a table instead.")] = None,
    table: Annotated[
        TableName | None, typer.Option("--table", help="Which [observations of runs, pairs of comparisons].")
    ] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="FILE", help="Where the table goes.")] = None,
    results: ResultsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a bundle that anybody verifies offline with `blackbox verify FILE`, or a table for other programs.

    JSON Lines and Parquet give back every text as it was (`blackbox import FILE --format blackbox`). In CSV an
    apostrophe stands before cells that a spreadsheet would run, and before those that begin with one.
    """
    from blackbox.workflow.exporting import export_bundle, export_table

    if (bundle is None) == (form is None) or (form is None) != (out is None) or (table is not None and form is None):
        raise UsageError("say --bundle FILE, or --format csv, jsonl or parquet with -o FILE")
    if bundle is not None:
        document = export_bundle(folder(results), names, bundle)
    elif form is not None and out is not None:
        document = export_table(folder(results), names, out, form.value, table.value if table else None)
    if as_json:
        print_json(document)
        return
    say(document["path"])
    if bundle is not None:
        note(f"{len(document['runs'])} runs, {len(document['results'])} results; digest {document['digest']}")
        note(f"to verify: blackbox verify {printable(str(bundle))} --expect-head {document['digest']}")
    else:
        note(f"{document['n_rows']} rows of {document['table']}")


def redact(
    runs: Annotated[list[str], typer.Argument(metavar="RUN...", help="Runs by id, unique prefix or path.")],
    *,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="Gets a folder for each redacted run.")],
    prompts: Annotated[bool, typer.Option("--prompts", help="Withhold the questions too.")] = False,
    key_env: Annotated[
        str | None,
        typer.Option("--key-env", metavar="VARIABLE", help="Holds the key of the digests [one that is thrown away]."),
    ] = None,
    results: ResultsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Copy runs with every answer replaced by a keyed digest: withheld, not absent; `verify` and `show` read them.

    With the key and the original, the same command makes the same bytes: that is how a redacted run is proved.
    """
    from blackbox.workflow.redacting import redact_runs

    document = redact_runs(folder(results), runs, out, prompts=prompts, key_env=key_env, environ=os.environ)
    if as_json:
        print_json(document)
        return
    for run in document["runs"]:
        say(run["path"])
        note(f"{run['n_withheld']} texts withheld; original head {run['original_head']}, own head {run['head']}")
