"""How a finished document is drawn and where it goes: shared by the commands that print one."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from blackbox.cli.output import note, printable, write_text
from blackbox.errors import BlackboxError

if TYPE_CHECKING:
    from collections.abc import Mapping

JunitOption: TypeAlias = Annotated[
    Path | None, typer.Option("--junit", metavar="FILE", help="Write JUnit XML too: a test case a pair.")
]
MarkdownOption: TypeAlias = Annotated[
    Path | None, typer.Option("--markdown", metavar="FILE", help="Write a Markdown summary too.")
]
ReplyOption: TypeAlias = Annotated[
    Path | None, typer.Option("--reply", metavar="FILE", help="Put the other side's reply in, word for word.")
]
STEP_SUMMARY = "GITHUB_STEP_SUMMARY"
"""Where a CI service wants a job's summary appended; written whenever it is set."""


class Form(StrEnum):
    """How a document is drawn."""

    TERMINAL = "terminal"
    HTML = "html"
    JSON = "json"
    MARKDOWN = "markdown"
    JUNIT = "junit"


def write_for_machines(document: Mapping[str, Any], *, junit: Path | None, markdown: Path | None) -> None:
    """Write the forms that were asked for, and append the summary where a CI service wants one.

    Raises:
        BlackboxError: A file that was asked for can't be written.
    """
    from blackbox import report

    for path, form in ((junit, Form.JUNIT), (markdown, Form.MARKDOWN)):
        if path is not None:
            write_text(path, report.render(document, to=form.value))
            note(f"{form.value}: {path}")
    summary = os.environ.get(STEP_SUMMARY)
    if summary:
        _summarise(Path(summary), report.render(document, to="markdown"))


def _summarise(path: Path, text: str) -> None:
    """Append a summary; where the service's file can't be written the answer stands all the same."""
    try:
        write_text(path, text, append=True)
    except BlackboxError as error:
        note(printable(f"warning: no summary was written: {error}"))
