"""`demo` and `serve`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from blackbox.cli.options import JsonOption, ResultsOption, folder
from blackbox.cli.output import note, print_json, printable, say, table
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
    port: Annotated[int, typer.Option(min=0, max=65535, metavar="N", help="Port on loopback [any free one].")] = 0,
    results: ResultsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Serve the demo's models on loopback until Ctrl-C."""
    from blackbox.workflow.serving import serve_until_interrupted

    del results  # accepted by every command; this one reads no runs

    def announce(base_url: str, models: tuple[str, ...]) -> None:
        if as_json:
            print_json({"schema": "blackbox.serve/1", "base_url": base_url, "models": list(models)})
        else:
            say(base_url)
            note(f"models: {', '.join(models)}; stop with Ctrl-C")

    serve_until_interrupted(port=port, announce=announce)


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
    say(table(rows, _FINDINGS))
    for control in document["repeat_controls"]:
        p = "no test" if control["pvalue"] is None else f"p = {control['pvalue']:.4g}"
        say(f"official against its own second session, {control['suite']}: {p}")
    for question, reasons in document["not_answered"].items():
        for reason in reasons:
            say(f"{question}: no answer: {printable(reason)}")
