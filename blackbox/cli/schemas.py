"""`schema`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from blackbox.cli.layout import fitted
from blackbox.cli.options import JsonOption, ResultsOption
from blackbox.cli.output import note, print_json, say

if TYPE_CHECKING:
    from typer import Typer

_COLUMNS = {"name": "SCHEMA", "title": "OF"}


def register(app: Typer) -> None:
    """Add this group's command."""
    app.command()(schema)


def schema(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="comparison, drift, … [list them].", show_default=False)
    ] = None,
    *,
    results: ResultsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the JSON Schema of what a command prints with --json, or list them all.

    Draft 2020-12. A document names its schema in the field `schema`. Fields may be added within a version; none is
    taken away or changes its meaning.
    """
    from blackbox.workflow.schemas import schema_document, schemas_document

    del results  # accepted by every command; this one reads no runs
    if name is not None:
        found = schema_document(name)
        print_json({"schema": "blackbox.schema-view/1", "document": found} if as_json else found)
        return
    document = schemas_document()
    if as_json:
        print_json(document)
        return
    say(fitted(document["schemas"], _COLUMNS))
    note("one of them: blackbox schema NAME; each is a file too, its path in: blackbox schema --json")
