"""`demo` and `serve`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from blackbox.cli.layout import fitted, hanging
from blackbox.cli.options import JsonOption, ResultsOption, folder
from blackbox.cli.output import note, print_json, say
from blackbox.cli.progress import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typer import Typer

_FINDINGS = {"pair": "PAIR", "found": "FOUND", "p": "ADJUSTED P", "truth": "TRUTH"}


def register(app: Typer) -> None:
    """Add this group's commands."""
    app.command()(demo)
    app.command()(serve)


def demo(
    *,
    quick: Annotated[bool, typer.Option("--quick", help="Leave the long answers out.")] = False,
    results: ResultsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the whole journey offline, on small real models.

    They are served and asked over real HTTP on loopback, and what was found is printed beside the truth.
    """
    from blackbox.workflow.clock import SYSTEM_CLOCK, run_sync
    from blackbox.workflow.demo import QUICK_SUITES, SERVED, SUITES, DemoRequest, run_demo

    request = DemoRequest(results=folder(results), served=SERVED, suites=QUICK_SUITES if quick else SUITES)
    with shown() as on_progress:
        document = run_sync(run_demo(request, clock=SYSTEM_CLOCK, on_progress=on_progress))
    if as_json:
        print_json(document)
    else:
        _say_found(document)
    note(f"report: {document['report']}")


def serve(
    *,
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            metavar="NAME=MEMBER",
            help="Serve a member of the zoo, or a model folder, under a name; repeatable [every member].",
        ),
    ] = None,
    quirk: Annotated[
        list[str] | None,
        typer.Option("--quirk", metavar="NAME[=VALUE]", help="Misbehave like this, for all models; repeatable."),
    ] = None,
    script: Annotated[
        Path | None, typer.Option("--script", metavar="FILE", help="Quirks and faults with their conditions (YAML).")
    ] = None,
    reasoning: Annotated[
        list[str] | None,
        typer.Option("--reasoning", metavar="NAME", help="This model reasons before it answers; repeatable."),
    ] = None,
    log: Annotated[
        Path | None, typer.Option("--log", metavar="FILE", help="Append each request to this file (JSON Lines).")
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, metavar="N", help="Port [any free one].")] = 0,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Address to listen on.")] = "127.0.0.1",
    listing: Annotated[bool, typer.Option("--list", help="List all quirks and faults, and serve nothing.")] = False,
    results: ResultsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Serve small models of known lineage on loopback until Ctrl-C, honestly or with scripted quirks and faults."""
    from blackbox.workflow.serving import ServeRequest, catalogue, serve_until_interrupted

    del results  # accepted by every command; this one reads no runs
    if listing:
        _say_catalogue(catalogue(), as_json=as_json)
        return

    def announce(base_url: str, models: tuple[str, ...]) -> None:
        if as_json:
            print_json({"schema": "blackbox.serve/1", "base_url": base_url, "models": list(models)})
        else:
            say(base_url)
            note(f"models: {', '.join(models)}; stop with Ctrl-C")

    request = ServeRequest(
        models=tuple(model or ()),
        quirks=tuple(quirk or ()),
        script=script,
        reasoning=tuple(reasoning or ()),
        log=log,
        port=port,
        host=host,
    )
    for warning in request.warnings:
        note(f"warning: {warning}")
    serve_until_interrupted(request, announce=announce)


def _say_catalogue(document: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(document)
        return
    for what in ("quirks", "faults"):
        rows = [{"name": each["name"], "value": _value(each), "does": each["does"]} for each in document[what]]
        say(fitted(rows, {"name": what[:-1].upper(), "value": "VALUE [DEFAULT]", "does": "WHAT IT DOES"}))


def _value(each: Mapping[str, Any]) -> str:
    if each["value"] is None:
        return ""
    return each["value"] if each["default"] is None else f"{each['value']} [{each['default']}]"


def _say_found(document: Mapping[str, Any]) -> None:
    rows = [
        {
            "pair": f"{each['a']} – {each['b']}",
            "found": each["found"].replace("_", " "),
            "p": "" if each["pvalue_adjusted"] is None else f"{each['pvalue_adjusted']:.4g}",
            "truth": each["truth"],
        }
        for each in document["findings"]
    ]
    say(fitted(rows, _FINDINGS))
    for control in document["repeat_controls"]:
        p = "no test" if control["pvalue"] is None else f"p = {control['pvalue']:.4g}"
        say(f"official against its own second session, {control['suite']}: {p}")
    for question, reasons in document["not_answered"].items():
        for reason in reasons:
            say(hanging("", f"{question}: no answer: {reason}"))
