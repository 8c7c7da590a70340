"""`suites new`, `from-dataset`, `secret` and `near-ties`: suites that are made."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from blackbox.cli.options import JsonOption, ResultsOption, folder
from blackbox.cli.output import note, print_json, printable, say

if TYPE_CHECKING:
    from typer import Typer

_MOST_FINDINGS = 10
OutOption = Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="Where to write; never overwritten.")]


def register(suites: Typer) -> None:
    """Add this file's commands to the group `suites`."""
    suites.command("new")(new)
    suites.command("from-dataset")(from_dataset)
    suites.command("secret")(secret)
    suites.command("near-ties")(near_ties)


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name: a-z 0-9 . _ -")],
    *,
    out: OutOption,
    results: ResultsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a commented suite to start from."""
    from blackbox.workflow.suite_making import new_suite

    del results  # accepted by every command; this one reads no runs
    _say(new_suite(name, out), as_json=as_json)
    note(f"edit it, then: blackbox suites lock {out}; blackbox suites lint {out}; blackbox plan -s {out}")


def from_dataset(
    dataset: Annotated[str, typer.Argument(metavar="DATASET", help="A file, a saved dataset, or a name on the Hub.")],
    *,
    column: Annotated[
        str, typer.Option("--column", metavar="NAME", help="Holds prompts or chats; a dot goes into objects.")
    ],
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="Name of the suite.")],
    out: OutOption,
    licence: Annotated[str | None, typer.Option(metavar="TEXT", help="Of the prompts [as the dataset says].")] = None,
    split: Annotated[str, typer.Option(metavar="NAME", help="Split, of a saved dataset or on the Hub.")] = "train",
    subset: Annotated[str | None, typer.Option(metavar="NAME", help="Configuration on the Hub.")] = None,
    revision: Annotated[str | None, typer.Option(metavar="COMMIT", help="Commit on the Hub; needed there.")] = None,
    probes: Annotated[int, typer.Option(min=1, max=5000, metavar="N", help="Draw at most so many prompts.")] = 100,
    repeats: Annotated[int, typer.Option(min=1, max=1000, metavar="N", help="Ask each so often.")] = 4,
    max_output_tokens: Annotated[int, typer.Option(min=1, max=131072, metavar="N", help="Cut answers here.")] = 160,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Decides which prompts are drawn.")] = 0,
    redact: Annotated[bool, typer.Option("--redact/--no-redact", help="Take out addresses, numbers and keys.")] = True,
    results: ResultsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a suite of prompts from a dataset or a log of your own.

    A log of chats is a column of message lists, e.g. --column body.messages: each is asked up to the user's last
    message. E-mail and network addresses, telephone, card, account and identity numbers, keys and named secrets are
    replaced by marks such as [email] first. Patterns find what they know: read the file before you send it anywhere.
    """
    from blackbox.store.prompts import PromptSource
    from blackbox.workflow.suite_making import DatasetRequest, dataset_suite

    del results
    request = DatasetRequest(
        source=PromptSource(dataset=dataset, column=column, split=split, subset=subset, revision=revision),
        name=name,
        licence=licence,
        n_probes=probes,
        repeats=repeats,
        max_output_tokens=max_output_tokens,
        redact=redact,
        seed=seed,
    )
    _say(dataset_suite(request, out), as_json=as_json)
    note("names and whatever no pattern knows are still in it: read it before you send it anywhere")


def secret(
    family: Annotated[str, typer.Argument(metavar="FAMILY", help="A shipped family, e.g. one-token.")],
    *,
    out: OutOption,
    key_env: Annotated[
        str, typer.Option("--key-env", metavar="VARIABLE", help="Environment variable that holds the secret key.")
    ] = "BLACKBOX_SUITE_KEY",
    results: ResultsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a family's questions anew from a secret key, so that nobody can know them beforehand.

    The same key gives the same questions. Keep key and file from whoever is audited; compare only runs of one key.
    """
    from blackbox.workflow.suite_making import secret_suite

    del results
    _say(secret_suite(family, key_env, os.environ, out), as_json=as_json)


def near_ties(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run of border-input: id, unique prefix or path.")],
    *,
    out: OutOption,
    limit: Annotated[int, typer.Option(min=1, max=1000, metavar="N", help="Keep at most so many.")] = 50,
    repeats: Annotated[int, typer.Option(min=1, max=1000, metavar="N", help="Ask each so often.")] = 3,
    results: ResultsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a suite of the inputs that one endpoint answers with a near tie, found in a run of border-input.

    The run that found them is never part of the test: the new suite is asked anew.
    """
    from blackbox.workflow.suite_making import select_suite

    _say(select_suite(folder(results), run, out, limit=limit, repeats=repeats), as_json=as_json)


def _say(document: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(document)
        return
    say(document["path"])
    note(f"{document['name']}: {document['n_probes']} probes, {document['n_calls']} calls")
    for kind, n in document["provenance"].get("redacted", {}).items():
        note(f"redacted: {n} × {kind}")
    for reason, n in document["provenance"].get("left_out", {}).items():
        note(f"left out: {n} × {reason}")
    for finding in document["findings"][:_MOST_FINDINGS]:
        note(printable(f"lint: {finding}"))
    if len(document["findings"]) > _MOST_FINDINGS:
        note(f"lint: {len(document['findings']) - _MOST_FINDINGS} findings more; blackbox suites lint FILE lists all")
