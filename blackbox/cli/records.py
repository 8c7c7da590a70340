"""`ls`, `show` and `verify`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from blackbox.cli.layout import fitted, hanging
from blackbox.cli.options import JsonOption, ResultsOption, folder
from blackbox.cli.output import brief, note, print_json, printable, say
from blackbox.errors import EvidenceDamaged, Incomplete

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typer import Typer

_RUNS = {
    "id": "RUN",
    "endpoint": "ENDPOINT",
    "suite": "SUITE",
    "status": "STATUS",
    "answered": "ANSWERED",
    "outcomes": "OUTCOMES",
    "label": "LABEL",
}
_NOT_OUTCOMES = ("n_attempts",)


def register(app: Typer) -> None:
    """Add this group's commands."""
    app.command()(ls)
    app.command()(show)
    app.command()(verify)


def ls(*, results: ResultsOption = None, as_json: JsonOption = False) -> None:
    """List the runs, oldest first."""
    from blackbox.workflow.listing import list_runs

    document = list_runs(folder(results))
    if as_json:
        print_json(document)
    elif document["runs"] or document["redacted"]:
        redacted = [{**run, "status": "redacted"} for run in document["redacted"]]
        say(fitted([_row(run) for run in (*document["runs"], *redacted)], _RUNS))
        note("their answers: blackbox show RUN…; two of one suite set against each other: blackbox compare RUN RUN")
    else:
        note(f"no runs in {document['results']}; make one with: blackbox run, or blackbox import FILE")


def show(
    runs: Annotated[list[str], typer.Argument(metavar="RUN...", help="Runs of one suite.")],
    *,
    probe: Annotated[str | None, typer.Option("-p", "--probe", metavar="ID", help="Only this probe.")] = None,
    results: ResultsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read answers side by side."""
    from blackbox.workflow.listing import show_runs
    from blackbox.workflow.redacting import redacted_folder, show_redacted

    redacted = [redacted_folder(folder(results), name) for name in runs]
    if all(redacted):
        document = show_redacted([path for path in redacted if path], probe=probe)
    else:
        document = show_runs(folder(results), runs, probe=probe)
    if as_json:
        print_json(document)
        return
    names = {run["id"]: run["endpoint"] for run in document["runs"]}
    for each in document["probes"]:
        say(hanging("", f"{each['probe_id']}: {each['prompt'] or '(not shown)'}"))
        for side in each["answers"]:
            say(hanging("  ", f"{brief(names[side['run']])} [{side['run']}]"))
            for answer in side["observations"]:
                say(hanging("    ", _answer(answer)))


def verify(
    runs: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME...]", help="Runs, results, populations, bundles [all runs]."),
    ] = None,
    *,
    expect_head: Annotated[
        str | None, typer.Option("--expect-head", metavar="SHA256", help="Head, or digest, it is known to have had.")
    ] = None,
    results: ResultsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check runs, populations, comparisons and readings: digests, and of a result every number, computed again.

    Finds edits, deletions, reorderings and truncation; --expect-head finds rewrites. Exits 5 if anything is wrong, and
    4 if nothing is but a result's numbers did not come out again, or could not be computed, with what is installed.
    """
    from blackbox.workflow.auditing import audit

    document = audit(folder(results), runs or [], expect_head=expect_head)
    if as_json:
        print_json(document)
    else:
        _say_verified(document)
    if not document["ok"]:
        bad = [run["run"] for run in document["runs"] if not run["ok"]]
        first = next(run["problems"][0] for run in document["runs"] if not run["ok"])
        kinds = "results and files" if any(run.get("kind") for run in document["runs"]) else "runs"
        raise EvidenceDamaged(f"{len(bad)} of {len(document['runs'])} {kinds} are damaged: {first}")
    if not document["reproduced"]:
        open_ones = [run for run in document["runs"] if not run.get("reproduced", True)]
        first = open_ones[0]["warnings"][0]
        raise Incomplete(f"{len(open_ones)} of {len(document['runs'])} not reproduced, so not checked: {first}")


def _say_verified(document: Mapping[str, Any]) -> None:
    for run in document["runs"]:
        state = "ok" if run.get("reproduced", True) else "NOT REPRODUCED"
        state = state if run["ok"] else "DAMAGED"
        say(f"{state}  {printable(run['run'])}")
        say(f"    {run['n_entries']} entries, head {run['head']}")
        for line in (*run["problems"], *run["warnings"]):
            say(hanging("    ", line))


def _row(run: Mapping[str, Any]) -> dict[str, object]:
    outcomes = {name: n for name, n in run["totals"].items() if name not in _NOT_OUTCOMES}
    planned = "" if run["n_planned"] is None else f"/{run['n_planned']}"
    # A run that is under way, or was killed, has no totals yet: they are counted when it is closed.
    answered = f"{sum(outcomes.values())}{planned}" if run["status"] != "running" else f"?{planned}"
    return {**run, "answered": answered, "outcomes": " ".join(f"{name}:{n}" for name, n in outcomes.items())}


def _answer(answer: Mapping[str, Any]) -> str:
    if answer.get("withheld"):
        return f"({answer['outcome']}: withheld, {answer['withheld'][:16]}…)"
    if answer["text"] is not None:
        mark = "" if answer["outcome"] == "ok" else f"  ({answer['outcome']})"
        return f"{answer['text']}{mark}"
    reason = f": {answer['error']['message']}" if answer["error"] else ""
    return f"({answer['outcome']}{reason})"
