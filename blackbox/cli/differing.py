"""`diff`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blackbox.cli.options import JsonOption, ResultsOption, folder
from blackbox.cli.output import columns, has_color, note, say, write_text
from blackbox.cli.reporting import Form, MarkdownOption, write_for_machines

if TYPE_CHECKING:
    from typer import Typer

CHANGED = 1


def register(app: Typer) -> None:
    """Add this group's commands."""
    app.command()(diff)


def diff(
    before: Annotated[str, typer.Argument(metavar="COMPARISON", help="The earlier one, by id, unique prefix or path.")],
    after: Annotated[str, typer.Argument(metavar="COMPARISON", help="The later one, or the other party's.")],
    *,
    rename: Annotated[
        list[str] | None,
        typer.Option("--rename", metavar="OLD=NEW", help="An endpoint's name in the first and in the second."),
    ] = None,
    to: Annotated[Form, typer.Option("--format", help="How to draw it.")] = Form.TERMINAL,
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="FILE", help="Write it here instead.")] = None,
    markdown: MarkdownOption = None,
    gate: Annotated[bool, typer.Option("--gate", help="Exit 1 if an answer changed.")] = False,
    results: ResultsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what changed between two comparisons, and what the change can be due to.

    Verdicts, effects, conditions, populations and versions of each pair that both hold; whether answers, conditions,
    sample or method differ behind a change. Nothing is recomputed.
    """
    from blackbox import report
    from blackbox.workflow.differing import diff_document

    document = diff_document(folder(results), before, after, renamed=rename or ())
    form = Form.JSON if as_json else to
    color = out is None and has_color(sys.stdout)
    text = report.render(document, to=form.value, width=columns(), color=color)
    if out is None:
        say(text.rstrip("\n"))
    else:
        write_text(out, text)
        note(f"written: {out}")
    write_for_machines(document, junit=None, markdown=markdown)
    if gate and document["counts"].get("answer changed"):
        raise typer.Exit(CHANGED)
