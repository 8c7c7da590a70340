"""`ask`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from blackbox.cli.layout import hanging
from blackbox.cli.options import ConfigOption, JsonOption, ResultsOption, SuitesOption, configuration
from blackbox.cli.output import note, print_json, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from typer import Typer

_MARKS = {"ready": "+", "later": "~", "not ready": "-"}


def register(app: Typer) -> None:
    """Add this group's command."""
    app.command()(ask)


def ask(
    *,
    suite: SuitesOption = None,
    population: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, metavar="FILE", help="A population that is at hand.")
    ] = None,
    config: ConfigOption = None,
    results: ResultsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say which questions can be answered with the keys held, with what, and at what cost; sends nothing.

    Reads blackbox.yaml and whether each endpoint's key variable is set, never a key.
    """
    from blackbox.suites import find_all
    from blackbox.workflow.asking import AskRequest, ask_document
    from blackbox.workflow.clock import utc_now
    from blackbox.workflow.config import Flags

    found = configuration(config, Flags(results=results, suites=tuple(suite or ())))
    document = ask_document(
        AskRequest(
            config=found, suites=find_all(found.suites), population=population, environ=os.environ, now=utc_now()
        )
    )
    if as_json:
        print_json(document)
        return
    for line in _lines(document):
        say(line)
    for text in document["notes"]:
        note(text)
    if not document["endpoints"]:
        note("no endpoints are configured; write a blackbox.yaml with: blackbox init")


def _lines(document: Mapping[str, Any]) -> Iterator[str]:
    for each in document["endpoints"]:
        missing = ", ".join(f"{name} is not set" for name in each["missing_variables"])
        yield hanging("", f"{each['endpoint']}: {missing or 'ready to be asked'}")
    held = [key["variable"] for key in document["keys"] if key["set"]]
    if held:
        yield hanging("", f"keys of presets that are set: {', '.join(dict.fromkeys(held))}")
    for each in document["questions"]:
        yield ""
        yield hanging(f"{_MARKS[each['status']]} ", f"{each['question']} ({each['status']}): {each['asks']}")
        yield from _details(each)


def _details(question: Mapping[str, Any]) -> Iterator[str]:
    for text in question["missing"]:
        yield hanging("    needs: ", text)
    if question["status"] == "not ready":
        return
    calls = f"{question['n_requests']:,} calls {'a day ' if question['status'] == 'later' else ''}in all"
    yield hanging("    asks:  ", f"{', '.join(question['suites'])} of {', '.join(question['endpoints'])}: {calls}")
    yield hanging("    cost:  ", _cost(question))
    for text in question["commands"]:
        yield f"    then:  {text}"
    for text in question["gains"]:
        yield hanging("    more:  ", text)


def _cost(question: Mapping[str, Any]) -> str:
    reference = f"at most ${question['reference_cost_usd']:.2f} at $0.50 and $1.50 per million tokens"
    if question["cost"] is None:
        return f"unknown without prices in the configuration; {reference}"
    return f"at most {question['cost']:.4f} {question['currency']}"
