"""`doctor`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Any

import typer

from blackbox.cli.collection import chosen
from blackbox.cli.layout import fitted, hanging
from blackbox.cli.options import ConfigOption, JsonOption, ResultsOption, configuration
from blackbox.cli.output import note, print_json, printable, say
from blackbox.cli.progress import shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from typer import Typer

    from blackbox.workflow.doctor import Budget, DoctorRequest, Examined

_FOUND = {"check": "CHECK", "status": "STATUS", "seen": "SEEN", "fits": "FITS"}
_EXIT_CODES = {"finished": 0, "stopped": 4, "failed": 4, "interrupted": 130}


def register(app: Typer) -> None:
    """Add this group's commands."""
    app.command()(doctor)


def doctor(
    endpoint: Annotated[
        list[str] | None, typer.Argument(metavar="[ENDPOINT]...", help="Endpoints of the configuration [all].")
    ] = None,
    *,
    seed: Annotated[int, typer.Option("--seed", min=0, metavar="N", help="Decides the order of the calls.")] = 0,
    max_requests: Annotated[int | None, typer.Option(min=1, metavar="N", help="Stop after this many requests.")] = None,
    max_cost: Annotated[
        float | None, typer.Option(metavar="AMOUNT", help="Stop when this much was spent; needs prices.")
    ] = None,
    config: ConfigOption = None,
    results: ResultsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure what endpoints really honour, and say what that means for each question.

    Servers answer 200 and ignore settings. About 165 short calls show for each setting whether it is honoured,
    ignored, or can't be told. What is found is stored below results/doctor; for 24 hours `run` writes it into the
    runs of that endpoint, warns where it touches a suite, and refuses where a suite would mean nothing.

    Exits 4 if an endpoint could not be examined to the end, 130 after Ctrl-C.
    """
    from blackbox.workflow.config import Flags
    from blackbox.workflow.doctor import DoctorRequest, budget

    found = configuration(config, Flags(results=results, max_cost=max_cost, max_requests=max_requests))
    request = DoctorRequest(
        endpoints=chosen(found, endpoint),
        results=found.results,
        seed=seed,
        max_requests=found.max_requests,
        max_cost=found.max_cost,
    )
    for spec in request.endpoints:
        note(_budget_line(budget(spec)))
    examined = _examined(request)
    code = max(_EXIT_CODES[each.state] for each in examined)
    if as_json:
        print_json({"schema": "blackbox.doctor/1", "exit_code": code, "examinations": [_entry(e) for e in examined]})
    else:
        _say_examined(examined)
    raise typer.Exit(code)


def _examined(request: DoctorRequest) -> Sequence[Examined]:
    from blackbox.workflow.clock import SYSTEM_CLOCK, run_sync
    from blackbox.workflow.doctor import examine

    with shown() as on_progress:
        return run_sync(examine(request, environ=os.environ, clock=SYSTEM_CLOCK, on_progress=on_progress))


def _budget_line(sent: Budget) -> str:
    cost = "cost unknown without prices" if sent.cost is None else f"at most {sent.cost:.4f} {sent.currency}"
    return printable(
        f"{sent.endpoint}: {sent.n_requests} calls, at most {sent.prompt_tokens:,} tokens in and "
        f"{sent.output_tokens:,} out if limits are kept; {cost}"
    )


def _entry(examined: Examined) -> dict[str, Any]:
    document = examined.document or {}
    return {
        "endpoint": examined.endpoint,
        "state": examined.state,
        "reason": examined.reason,
        "n_sent": examined.n_sent,
        "cost": examined.cost,
        "id": document.get("id"),
        "path": None if examined.path is None else str(examined.path),
        "findings": document.get("findings"),
        "honoured": document.get("honoured"),
        "quirks": sorted({quirk for finding in document.get("findings", ()) for quirk in finding["quirks"]}),
        "levels": document.get("levels"),
    }


def _say_examined(examined: Sequence[Examined]) -> None:
    for each in examined:
        if each.reason:
            note(printable(f"{each.endpoint}: {each.reason}"))
            note(printable(f"once that is put right: blackbox doctor {each.endpoint}"))
        if each.document is not None:
            say(f"{printable(each.endpoint)}:")
            findings = each.document["findings"]
            say(fitted([{**finding, "fits": " or ".join(finding["quirks"])} for finding in findings], _FOUND))
            for finding in findings:
                _say_effects(finding)
            note(f"kept in {each.path}")


def _say_effects(finding: Mapping[str, Any]) -> None:
    for question, effect in finding["effects"].items():
        say(hanging("  ", f"{finding['check'].replace('_', ' ')}, for {question}: {effect}"))
