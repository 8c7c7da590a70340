"""`suites select`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blackbox.cli.options import JsonOption, ResultsOption, folder
from blackbox.cli.output import note, print_json, printable, say
from blackbox.cli.probes import suites

if TYPE_CHECKING:
    from typer import Typer


def register(app: Typer) -> None:
    """Add `select` to the suites' commands."""
    del app  # the suites' commands are added by their own group
    suites.command("select")(select)


def select(
    runs: Annotated[
        list[str] | None,
        typer.Argument(metavar="[RUN...]", help="Runs of models of known lineage; with --population one of its suite."),
    ] = None,
    *,
    n: Annotated[int, typer.Option("-n", min=1, metavar="N", help="Prompts to keep.")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="The new suite.")],
    suite: Annotated[
        str | None,
        typer.Option("-s", "--suite", metavar="SUITE", help="What to choose from [that of runs or population]."),
    ] = None,
    population: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Population whose labels and scores are used; no runs needed.")
    ] = None,
    pairs: Annotated[Path | None, typer.Option(metavar="CSV", help="Or labels: columns a, b, relation.")] = None,
    groups: Annotated[Path | None, typer.Option(metavar="CSV", help="With --pairs: columns model, group.")] = None,
    same: Annotated[
        list[str] | None, typer.Option("--same", metavar="A[,B]", help="Relations of one source [same].")
    ] = None,
    different: Annotated[
        list[str] | None, typer.Option("--different", metavar="C", help="Relations of unrelated models [different].")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Deals lineage groups into halves.")] = 0,
    results: ResultsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Choose the prompts that separate kin from strangers best; write them as a suite of their own.

    Half of the lineage groups choose, the other half says what was gained.
    """
    from blackbox.workflow._calibrate_labels import Sides
    from blackbox.workflow.selecting import SelectRequest
    from blackbox.workflow.selecting import select as chosen

    request = SelectRequest(
        suite=suite,
        runs=tuple(runs or ()),
        n_probes=n,
        out=out,
        population=population,
        pairs=pairs,
        groups=groups,
        lists=Sides(same=_listed(same, "same"), different=_listed(different, "different")),
        seed=seed,
    )
    document = chosen(folder(results), request)
    if as_json:
        print_json(document)
        return
    for probe in document["probes"]:
        say(printable(probe))
    gain = document["gain"]
    note(
        f"AUC {gain['chosen']:.3f} on {gain['n_same']} kin and {gain['n_different']} strangers of groups that did not "
        f"choose; {n} random prompts: {gain['random_mean']:.3f} ({gain['random_low']:.3f} to {gain['random_high']:.3f})"
    )
    note(printable(f"suite: {out} ({document['suite']['name']}, digest {document['suite']['digest'][:12]})"))


def _listed(said: list[str] | None, default: str) -> tuple[str, ...]:
    return tuple(name.strip() for each in said or [default] for name in each.split(","))
