"""`plan`, `run` and `import`."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from blackbox.cli.layout import fitted, hanging
from blackbox.cli.options import (
    ConfigOption,
    EndpointsOption,
    JsonOption,
    ResultsOption,
    SuitesOption,
    configuration,
    folder,
)
from blackbox.cli.output import note, print_json, printable, say
from blackbox.cli.progress import shown
from blackbox.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from typer import Typer

    from blackbox.core import EndpointSpec
    from blackbox.store import TableFields
    from blackbox.workflow.collecting import RunReport
    from blackbox.workflow.config import Config
    from blackbox.workflow.sessions import RunRequest

_PLANNED = {
    "endpoint": "ENDPOINT",
    "suite": "SUITE",
    "n_requests": "CALLS",
    "prompt_tokens": "TOKENS IN",
    "output_tokens": "OUT",
    "cost": "COST",
    "minutes": "MINUTES",
}
_COLLECTED = {
    "endpoint": "ENDPOINT",
    "suite": "SUITE",
    "state": "STATE",
    "n_sent": "SENT",
    "outcomes": "OUTCOMES",
    "run_id": "RUN",
}


class Format(StrEnum):
    """Layouts of recorded answers that `import` reads."""

    TABLE = "table"
    ALPACA_EVAL = "alpaca-eval"
    LM_EVAL = "lm-eval"
    INSPECT = "inspect"
    OPENAI_BATCH = "openai-batch"
    BLACKBOX = "blackbox"


LabelOption = Annotated[
    str | None,
    typer.Option(
        "--label",
        metavar="NAME",
        help="Another label is another session of the same endpoints; `daily`: today's, at most 60 calls a suite.",
    ),
]
SeedOption = Annotated[
    int | None, typer.Option("--seed", min=0, metavar="N", help="Decides the random order of the calls [0].")
]


def register(app: Typer) -> None:
    """Add this group's commands."""
    app.command()(plan)
    app.command()(run)
    app.command("import")(import_answers)


def plan(
    *,
    suite: SuitesOption = None,
    endpoint: EndpointsOption = None,
    label: LabelOption = None,
    seed: SeedOption = None,
    pilot: Annotated[
        bool, typer.Option("--pilot", help="Send three calls to each endpoint to learn how long it thinks.")
    ] = False,
    config: ConfigOption = None,
    results: ResultsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what a run would send, cost and take; nothing is sent, unless --pilot asks for three calls an endpoint."""
    from blackbox.workflow.clock import utc_now
    from blackbox.workflow.config import Flags
    from blackbox.workflow.planning import plan_document
    from blackbox.workflow.scheduling import scheduled, with_yearly, yearly_line
    from blackbox.workflow.sessions import RunRequest

    found = configuration(config, Flags(results=results, suites=tuple(suite or ()), label=label, seed=seed))
    asked = scheduled(found.label, _suites(found), now=utc_now())
    request = RunRequest(
        endpoints=chosen(found, endpoint),
        suites=asked.suites,
        results=found.results,
        label=asked.label,
        seed=found.seed,
        resume_old=True,
        despite_doctor=True,
    )
    document = plan_document(request, environ=os.environ, now=utc_now())
    if asked.daily:
        document = with_yearly(document, request)
    if pilot:
        document = _piloted(document, request)
    if as_json:
        print_json(document)
        return
    total = {**document["total"], "endpoint": "all", "suite": ""}
    say(fitted([_rounded(row) for row in (*document["sessions"], total)], _PLANNED))
    for row in document["sessions"]:
        state = _planned_state(row)
        if state:
            say(hanging("", f"{row['endpoint']} {row['suite']}: {state}"))
    for line in document["notes"]:
        note(printable(line))
    if "yearly" in document:
        note(yearly_line(document["yearly"]))
    first = "export what is not set, then" if any(row["missing_variables"] for row in document["sessions"]) else "to"
    priced = all(row["cost"] is not None for row in document["sessions"])
    limit = "--max-cost holds it to a sum" if priced else "--max-requests holds it to a number of calls"
    note(f"{first} send it: blackbox run, with the same options; {limit}")


def run(
    *,
    suite: SuitesOption = None,
    endpoint: EndpointsOption = None,
    label: LabelOption = None,
    seed: SeedOption = None,
    max_requests: Annotated[int | None, typer.Option(min=1, metavar="N", help="Stop after this many requests.")] = None,
    max_cost: Annotated[
        float | None, typer.Option(metavar="AMOUNT", help="Stop when this much was spent; needs prices.")
    ] = None,
    new: Annotated[bool, typer.Option("--new", help="Begin another run although there is one.")] = False,
    resume_old: Annotated[
        bool, typer.Option("--resume-old", help="Continue runs begun more than 24 hours ago.")
    ] = False,
    until_decided: Annotated[
        bool, typer.Option("--until-decided", help="Stop two endpoints once their e-value shows that they differ.")
    ] = False,
    despite_doctor: Annotated[
        bool, typer.Option("--despite-doctor", help="Ask although `doctor` found what a suite needs to be missing.")
    ] = False,
    more: Annotated[
        bool, typer.Option("--more", help="Ask finished runs as often again: a further look, at a smaller level.")
    ] = False,
    config: ConfigOption = None,
    results: ResultsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask the endpoints the suites' questions, or go on asking.

    Every answer is on disk before it counts: the same command goes on where an earlier one stopped and sends
    nothing twice. Exits 4 if something is left to do, 130 after Ctrl-C.

    With --until-decided the answers are looked at pair by pair as they come, and two endpoints are asked no more
    once the evidence that they differ suffices. Of such runs only e-values are reported, never equivalence.

    With --label daily each suite is asked with at most 60 calls, once a day: a history for `blackbox drift`.

    With --more finished runs are extended by as many repeats again. Look k at a run is judged at α/2^k, and the
    report numbers it: asking until something shows would raise the rate of false alarms.
    """
    from blackbox.workflow.clock import utc_now
    from blackbox.workflow.config import Flags
    from blackbox.workflow.scheduling import scheduled
    from blackbox.workflow.sessions import RunRequest

    flags = Flags(
        results=results,
        suites=tuple(suite or ()),
        label=label,
        seed=seed,
        max_cost=max_cost,
        max_requests=max_requests,
    )
    found = configuration(config, flags)
    asked = scheduled(found.label, _suites(found), now=utc_now())
    request = RunRequest(
        endpoints=chosen(found, endpoint),
        suites=asked.suites,
        results=found.results,
        label=asked.label,
        seed=found.seed,
        new=new,
        resume_old=resume_old,
        max_requests=found.max_requests,
        max_cost=found.max_cost,
        until_decided=until_decided,
        despite_doctor=despite_doctor,
        more=more,
    )
    report = _collect(request)
    _say_collected(report, as_json=as_json)
    raise typer.Exit(report.exit_code)


def import_answers(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A table, or another tool's file of answers.")],
    *,
    suite: Annotated[str, typer.Option("--suite", metavar="NAME", help="What to call these prompts as a suite.")],
    layout: Annotated[Format, typer.Option("--format", help="Layout of the file.")] = Format.TABLE,
    prompt_field: Annotated[
        str | None, typer.Option("--prompt-field", metavar="COLUMN", help="Of a table: holds the prompt.")
    ] = None,
    response_field: Annotated[
        str | None, typer.Option("--response-field", metavar="COLUMN", help="Of a table: holds the answer.")
    ] = None,
    id_field: Annotated[str | None, typer.Option(metavar="COLUMN", help="Names the prompt.")] = None,
    model_field: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Names who answered [the file's name].")
    ] = None,
    repeat_field: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Counts askings of one prompt [file order].")
    ] = None,
    time_field: Annotated[str | None, typer.Option(metavar="COLUMN", help="When it was asked [unknown].")] = None,
    model: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of another tool's file: who answered [as recorded].")
    ] = None,
    requests: Annotated[
        Path | None, typer.Option("--input", metavar="FILE", help="Of openai-batch: the file that was uploaded.")
    ] = None,
    results: ResultsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make runs of recorded answers, one for each model in the file."""
    from blackbox.workflow.clock import utc_now
    from blackbox.workflow.importing import Recorded, import_recorded, import_table

    columns = (prompt_field, response_field, id_field, model_field, repeat_field, time_field)
    if layout is Format.TABLE:
        fields = _table_fields(columns, model=model, requests=requests)
        runs = import_table(file, fields, suite_name=suite, results=folder(results), now=utc_now)
    else:
        if any(columns):
            raise UsageError(f"--format {layout.value} knows its own fields; leave the --…-field options out")
        source = Recorded(layout=layout.value, model=model, requests=requests)
        runs = import_recorded(file, source, suite_name=suite, results=folder(results), now=utc_now)
    if as_json:
        print_json({"schema": "blackbox.import/1", "runs": runs})
        return
    names = {"id": "RUN", "endpoint": "MODEL", "n_observations": "ANSWERS"}
    say(fitted([{name: getattr(each, name) for name in names} for each in runs], names))
    note("sampling settings of recorded answers are unknown; reports say so")


def _table_fields(columns: Sequence[str | None], *, model: str | None, requests: Path | None) -> TableFields:
    from blackbox.store import TableFields

    prompt, response, id_field, model_field, repeat_field, time_field = columns
    if prompt is None or response is None:
        raise UsageError("--format table needs --prompt-field and --response-field: the columns of prompt and answer")
    if model is not None or requests is not None:
        raise UsageError("--model and --input are of other formats; a table names its models with --model-field")
    return TableFields(
        prompt=prompt, response=response, id=id_field, model=model_field, repeat=repeat_field, time=time_field
    )


def chosen(config: Config, names: list[str] | None) -> tuple[EndpointSpec, ...]:
    """Return the endpoints of the configuration that were named, or all.

    Raises:
        ConfigError: There is none, or one is unknown.
    """
    from blackbox.suites.fields import did_you_mean

    if not config.endpoints:
        where = config.path or "no blackbox.yaml here or above"
        raise ConfigError(f"{where}: no endpoints to ask; write one with: blackbox init")
    for name in names or ():
        if name not in config.endpoints:
            raise ConfigError(f"{config.path}: no endpoint {name!r}; {did_you_mean(name, list(config.endpoints))}")
    return tuple(config.endpoints[name] for name in dict.fromkeys(names or config.endpoints))


def _suites(config: Config) -> Any:  # noqa: ANN401 - a tuple of suites; the type would load them for --help
    from blackbox.suites import find_all

    return find_all(config.suites)


def _collect(request: RunRequest) -> RunReport:
    from blackbox.workflow.clock import SYSTEM_CLOCK, run_sync
    from blackbox.workflow.collecting import run_suites

    with shown() as on_progress:
        return run_sync(run_suites(request, environ=os.environ, clock=SYSTEM_CLOCK, on_progress=on_progress))


def _say_collected(report: RunReport, *, as_json: bool) -> None:
    for warning in report.warnings:
        note(f"warning: {printable(warning)}")
    for entry in report.entries:
        if entry.reason:
            note(printable(f"{entry.endpoint} {entry.suite}: {entry.reason}"))
    if as_json:
        decided = [pair.entry for pair in report.decided]
        print_json({
            "schema": "blackbox.collection/1",
            "exit_code": report.exit_code,
            "sessions": report.entries,
            "decided": decided,
        })  # fmt: skip
        return
    rows = [
        {name: getattr(entry, name, None) for name in _COLLECTED}
        | {"outcomes": " ".join(f"{name}:{n}" for name, n in entry.totals.items() if name != "n_attempts")}
        for entry in report.entries
    ]
    say(fitted(rows, _COLLECTED))
    for pair in report.decided:
        note(printable(pair.sentence))
    _say_next(report)


def _say_next(report: RunReport) -> None:
    """Say how to go on: with the same command if something is left, else with a comparison."""
    if report.exit_code:
        note("run the same command again to go on; nothing is sent twice")
    elif len(report.entries) > 1:
        note(f"compare them with: blackbox compare {' '.join(str(entry.run_id) for entry in report.entries)}")


def _piloted(document: dict[str, Any], request: RunRequest) -> dict[str, Any]:
    from blackbox.workflow.clock import run_sync
    from blackbox.workflow.pilot import pilots, with_pilots

    found = run_sync(pilots(request.endpoints, request.suites, os.environ))
    for each in found:
        thought = "unknown" if each.reasoning_tokens is None else f"about {each.reasoning_tokens:.0f} tokens"
        error = f"; {each.error}" if each.error else ""
        note(printable(f"{each.endpoint}: {each.n_answered} of {each.n_calls} answered; thinks {thought}{error}"))
    return with_pilots(document, found, request.endpoints, request.suites)


def _planned_state(row: Mapping[str, Any]) -> str:
    if row["finished"]:
        return f"finished: {row['finished']}"
    missing = [f"{name} is not set" for name in row["missing_variables"]]
    budget = row.get("budget")
    refused = [f"not applicable at this budget: {budget.reason}"] if budget and _over(budget) else []
    return "; ".join(
        [*missing, *([f"continues {row['continues']}"] if row["continues"] else []), *refused, *_expected(row)]
    )


def _expected(row: Mapping[str, Any]) -> list[str]:
    """Return what a pilot lets expect of a row, in words; nothing without one."""
    if row.get("output_tokens_expected") is None:
        return []
    cost = f", cost {row['cost_expected']:.4f}" if row["cost_expected"] is not None else ""
    return [f"{row['output_tokens_expected']} tokens out expected{cost}"]


def _over(budget: Any) -> bool:  # noqa: ANN401 - an Applicability; the type would load httpx2 for --help
    return bool(budget.status == "not_applicable_at_this_budget")


def _rounded(row: Mapping[str, Any]) -> dict[str, Any]:
    cost = None if row["cost"] is None else f"{row['cost']:.4f} {row.get('currency') or ''}".rstrip()
    minutes = None if row["minutes"] is None else f"{row['minutes']:.1f}"
    return {**row, "cost": cost or "unknown", "minutes": minutes or "unknown"}
