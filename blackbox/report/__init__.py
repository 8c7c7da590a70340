"""Report: a finished document in words, tables and figures. Nothing here computes a statistic.

comparison document → sections → blocks → renderer (STYLE §9); other documents have an assembler of their own.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from blackbox.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blackbox.report.blocks import Page

__all__ = ["SCHEMA", "Form", "render"]

SCHEMA = "blackbox.comparison/1"

_ASSEMBLERS: Mapping[str, str] = {
    SCHEMA: "blackbox.report.assembling",
    "blackbox.diff/1": "blackbox.report.differing",
    "blackbox.drift/1": "blackbox.report.drift_page",
    "blackbox.watch/1": "blackbox.report.drift_page",
}
"""Document schema: the module whose `assemble` makes a page of it."""

Form = Literal["terminal", "html", "json", "markdown", "junit"]


def render(document: Mapping[str, Any], *, to: Form = "terminal", width: int = 80, color: bool = False) -> str:
    """Return a finished document as terminal text, one offline HTML page, strict JSON, Markdown or JUnit XML.

    Args:
        document: A `blackbox.comparison/1` object (DESIGN §7), a `blackbox.diff/1`, `blackbox.drift/1` or
            `blackbox.watch/1` one.
        to: `terminal`, `html`, `json`, `markdown` (the brief sections, for a CI summary) or `junit` (a comparison
            only: a test case a pair).
        width: Columns of the terminal.
        color: Whether the terminal text may hold colour codes.

    Raises:
        UsageError: Another schema, or a form of output this version does not have.
        ValueError: A NaN or infinity is in the document (`json`).
    """
    schema = document.get("schema")
    if schema not in _ASSEMBLERS:
        raise UsageError(f"not a document this version reads: schema must be one of {', '.join(_ASSEMBLERS)}")
    if to == "json":
        from blackbox.report.renderers import json_text

        return json_text.render(document)
    if to == "junit":
        return _junit(document)
    page: Page = import_module(_ASSEMBLERS[str(schema)]).assemble(document)
    return _drawn(page, to=to, width=width, color=color)


def _drawn(page: Page, *, to: Form, width: int, color: bool) -> str:
    if to == "html":
        from blackbox.report.renderers import html_page

        return html_page.render(page)
    if to == "markdown":
        from blackbox.report.renderers import markdown

        return markdown.render(page)
    if to == "terminal":
        from blackbox.report.renderers import terminal

        return terminal.render(page, width=width, color=color)
    raise UsageError(f"no report form {to!r}; choose terminal, html, json, markdown or junit")


def _junit(document: Mapping[str, Any]) -> str:
    from blackbox.report.renderers import junit

    if document.get("schema") != SCHEMA:
        raise UsageError("JUnit is written for comparisons only; choose terminal, html, json or markdown")
    return junit.render(document)
