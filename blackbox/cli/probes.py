"""`suites ls`, `show`, `lint` and `lock`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blackbox.cli.options import JsonOption, ResultsOption
from blackbox.cli.output import note, print_json, printable, say, table
from blackbox.errors import SuiteError

if TYPE_CHECKING:
    from typer import Typer

_SUITES = {
    "name": "SUITE",
    "version": "VERSION",
    "n_probes": "PROBES",
    "n_calls": "CALLS",
    "languages": "LANGUAGES",
    "questions": "QUESTIONS",
    "title": "TITLE",
}
_PROBES = {"id": "PROBE", "form": "FORM", "language": "LANGUAGE", "repeats": "REPEATS", "prompt": "PROMPT"}

suites = typer.Typer(name="suites", help="Probe suites: the questions that are asked.", no_args_is_help=True)


def register(app: Typer) -> None:
    """Add this group's commands."""
    suites.command("ls")(list_suites)
    suites.command("show")(show)
    suites.command("lint")(lint)
    suites.command("lock")(lock)
    app.add_typer(suites)


def list_suites(*, results: ResultsOption = None, as_json: JsonOption = False) -> None:
    """List the suites that come with blackbox."""
    from blackbox.workflow.suite_views import list_suites as listed

    del results  # accepted by every command; this one reads no runs
    document = listed()
    if as_json:
        print_json(document)
        return
    rows = [
        {**row, "languages": " ".join(row["languages"]), "questions": " ".join(row["questions"])}
        for row in document["suites"]
    ]
    say(table(rows, _SUITES))


def show(
    suite: Annotated[str, typer.Argument(metavar="SUITE", help="Name, name@version or path.")],
    *,
    results: ResultsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a suite's rules and probes."""
    from blackbox.workflow.suite_views import show_suite

    del results
    document = show_suite(suite)
    if as_json:
        print_json(document)
        return
    say(f"{document['name']}@{document['version']}  {printable(document['title'])}")
    say(f"digest {document['digest']}  {document['n_calls']} calls")
    if document["description"]:
        say(printable(document["description"]))
    say(table(document["probes"], _PROBES))


def lint(
    suite: Annotated[str, typer.Argument(metavar="SUITE", help="Name, name@version or path.")],
    *,
    results: ResultsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what weakens a suite that is valid; exits 2 if anything does."""
    from blackbox.workflow.suite_views import lint_suite

    del results
    document = lint_suite(suite)
    if as_json:
        print_json(document)
    for line in () if as_json else document["findings"]:
        say(printable(line))
    if document["findings"]:
        raise SuiteError(f"{suite}: {len(document['findings'])} findings")
    note(f"{suite}: nothing found")


def lock(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A suite file of yours.")],
    *,
    results: ResultsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the digest of its content into a suite file; everything else stays as it is."""
    from blackbox.workflow.suite_views import lock_suite

    del results
    document = lock_suite(path)
    if as_json:
        print_json(document)
    else:
        say(document["digest"])
        note(f"{path}: {'digest written' if document['changed'] else 'was right already'}")
