"""`init` and `version`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blackbox.cli.options import JsonOption, ResultsOption
from blackbox.cli.output import note, print_json, say

if TYPE_CHECKING:
    from typer import Typer


def register(app: Typer) -> None:
    """Add this group's commands."""
    app.command()(init)
    app.command()(version)


def init(
    where: Annotated[Path, typer.Argument(metavar="[DIR]", help="Folder to write into.", show_default=False)] = Path(),
    *,
    panel: Annotated[
        bool, typer.Option("--panel", help="A reference panel instead: models of known lineage on two hosts each.")
    ] = False,
    results: ResultsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a commented blackbox.yaml to start from.

    The JSON Schema that editors check it with is put beside it. Nothing is overwritten. With --panel also the panel's
    lineage, pairs.csv and groups.csv, which `calibrate` reads, and its suite; all of it unverified.
    """
    from blackbox.workflow.starter import write_starter

    if panel:
        _panel(where, as_json=as_json)
        return
    started = write_starter(where, results=results)
    if as_json:
        print_json({"schema": "blackbox.init/1", "path": str(started.path), "schema_path": str(started.schema_path)})
        return
    say(str(started.path))
    note("edit it, then see what a run costs with: blackbox plan")


def _panel(where: Path, *, as_json: bool) -> None:
    from blackbox.workflow.panel import load_panel, write_panel

    paths = [str(path) for path in write_panel(where)]
    found = load_panel()
    if as_json:
        families = len({model.family for model in found.models})
        counts = {"n_endpoints": 2 * len(found.models), "n_models": len(found.models), "n_families": families}
        document = {"schema": "blackbox.init/1", "path": paths[0], "schema_path": paths[-1], "files": paths}
        print_json({**document, "panel": {**counts, "date": found.date, "status": "unverified"}})
        return
    for path in paths:
        say(path)
    note("names, hosts and prices are from published lists, none was tried; see what it costs with: blackbox plan")


def version(*, results: ResultsOption = None, as_json: JsonOption = False) -> None:
    """Print the version of blackbox and of what its results depend on."""
    from blackbox.workflow.packages import blackbox_version, versions

    del results  # accepted by every command; this one reads no runs
    if as_json:
        print_json({"schema": "blackbox.version/1", "version": blackbox_version(), "packages": versions()})
    else:
        say(blackbox_version())
