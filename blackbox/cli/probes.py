"""`suites ls`, `show`, `lint` and `lock`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from blackbox.cli import making
from blackbox.cli.layout import fitted, hanging
from blackbox.cli.options import JsonOption, ResultsOption
from blackbox.cli.output import note, print_json, printable, say
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
_LONGEST = 200
"""Characters of an example's prompt; a batch of ten questions has more."""
_PROBES = {"id": "PROBE", "form": "FORM", "language": "LANGUAGE", "repeats": "REPEATS", "prompt": "PROMPT"}
_EXAMPLES = {"id": "EXAMPLE", "language": "LANGUAGE", "prompt": "PROMPT"}
_DRAWS = "draws at temperature {temperature:g}, top_p {top_p:g}, {system}, {seed}"
_REPEATS = "repeats at temperature 0 (not draws): each probe counts once a side"

suites = typer.Typer(name="suites", help="Probe suites: the questions that are asked.", no_args_is_help=True)


def register(app: Typer) -> None:
    """Add this group's commands."""
    suites.command("ls")(list_suites)
    suites.command("show")(show)
    suites.command("lint")(lint)
    suites.command("lock")(lock)
    making.register(suites)
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
    say(fitted(rows, _SUITES))
    for profile in document["profiles"]:
        cost = f"{profile['n_calls']} calls, at most ${profile['reference_cost_usd']:.2f}"
        note(f"profile {profile['profile']}: {', '.join(profile['suites'])} ({cost})")
    note("costs are upper estimates at $0.50 and $1.50 per million tokens; a page on one: blackbox suites show NAME")


def show(
    suite: Annotated[str, typer.Argument(metavar="SUITE", help="Name, name@version, name.short or path.")],
    *,
    probes: Annotated[bool, typer.Option("--probes", help="List every probe, not a few examples.")] = False,
    results: ResultsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a page on a suite: what it asks, costs and can show, what is known against it, and examples."""
    from blackbox.workflow.suite_views import show_suite

    del results
    document = show_suite(suite)
    if as_json:
        print_json(document)
        return
    say(f"{document['name']}@{document['version']}  {printable(document['title'])}")
    for heading, text in _page(document, suite):
        say(f"\n{heading}\n{hanging('  ', text)}")
    say("")
    if probes:
        say(fitted(document["probes"], _PROBES))
        return
    say(fitted([each | {"prompt": _begun(each["prompt"])} for each in document["examples"]], _EXAMPLES))
    if len(document["examples"]) < document["n_probes"]:
        n = len(document["examples"])
        note(f"{n} {'example' if n == 1 else 'examples'}; all {document['n_probes']} probes with --probes")


def _begun(prompt: str) -> str:
    return prompt if len(prompt) <= _LONGEST else f"{prompt[:_LONGEST]}…"


def _page(document: Mapping[str, Any], asked: str) -> list[tuple[str, str]]:
    """Return the headings and texts of a suite's page, those without a text left out."""
    short, cost = document["short"], document["cost"]
    asks = f"{document['n_probes']} probes, {cost['n_calls']} calls an endpoint; {_sampling(document)}."
    price = (
        f"About {cost['prompt_tokens']:,} tokens in and at most {cost['output_tokens']:,} out: "
        f"${cost['reference_cost_usd']:.3f} at $0.50 and $1.50 per million tokens."
    )
    found = [
        ("What it asks", document["description"]),
        ("How", asks),
        ("What it costs", price),
        ("Which questions it serves", ", ".join(document["questions"])),
        ("What it can show", document["detects"]),
        ("What is known against it", document["against"]),
        ("Short form", _short(short, asked) if short else ""),
        ("In the profiles", ", ".join(document["profiles"])),
        ("Not checked", " ".join(document["unchecked"])),
        ("Newer version", _newer(document)),
        ("Made from", _made_from(document["provenance"])),
        ("Licence and digest", f"{document['licence'] or 'no licence stated'}, {document['digest']}"),
    ]
    return [(heading, text) for heading, text in found if text]


def _short(short: Mapping[str, Any], asked: str) -> str:
    name = f"{asked}.short" if asked.lower().endswith((".yaml", ".yml", ".json")) else short["name"]
    return f"{name}: {short['n_probes']} probes, {short['n_calls']} calls"


def _sampling(document: Mapping[str, Any]) -> str:
    decoding = document["decoding"]
    if decoding["temperature"] is None:
        return "sampling unknown"
    if not decoding["temperature"]:
        return _REPEATS
    return _DRAWS.format(
        temperature=decoding["temperature"],
        top_p=1 if decoding["top_p"] is None else decoding["top_p"],
        system="not one explicit system message" if document["system"] is None else "an explicit system message",
        seed="no seed" if decoding["seed"] is None else f"seed {decoding['seed']}, so that they are copies",
    )


def _made_from(provenance: Mapping[str, Any]) -> str:
    facts = {name: value for name, value in provenance.items() if value not in ({}, "", None)}
    return ", ".join(f"{name.replace('_', ' ')} {_plain(value)}" for name, value in facts.items())


def _plain(value: object) -> str:
    if isinstance(value, Mapping):
        return " + ".join(f"{n} {name}" for name, n in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _newer(document: Mapping[str, Any]) -> str:
    """Return which version came after this one; its page says more, for a release is never edited."""
    name, newest = document["name"], document["newest"]
    if newest is None or newest <= document["version"]:
        return ""
    return (
        f"{name}@{newest} is out; what is known of this family stands on its page: blackbox suites show {name}@{newest}"
    )


def lint(
    suite: Annotated[
        str | None,
        typer.Argument(metavar="[SUITE]", help="Name, name@version or path [all shipped].", show_default=False),
    ] = None,
    *,
    results: ResultsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what weakens a suite that is valid; exits 2 if anything does."""
    from blackbox.workflow.suite_views import lint_all, lint_suite

    del results
    document = lint_all() if suite is None else lint_suite(suite)
    suite = suite or f"all {len(document['suites'])} shipped suites and short forms"
    if as_json:
        print_json(document)
    for line in () if as_json else document["findings"]:
        say(printable(line))
    if document["findings"]:
        n = len(document["findings"])
        counted = "1 finding; mend it" if n == 1 else f"{n} findings; mend them"
        raise SuiteError(f"{suite}: {counted}, then: blackbox suites lock FILE")
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
