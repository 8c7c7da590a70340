"""Report: a finished comparison in words, tables and figures. Nothing here computes a statistic.

comparison document → sections → blocks → renderer (STYLE §9).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from blackbox.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SCHEMA", "Form", "render"]

SCHEMA = "blackbox.comparison/1"
"""The version of a comparison that this package draws."""
DRIFT_SCHEMAS = ("blackbox.drift/1", "blackbox.watch/1")
"""The versions of a history and of several histories that it draws."""

Form = Literal["terminal", "html", "json"]


def render(document: Mapping[str, Any], *, to: Form = "terminal", width: int = 80, color: bool = False) -> str:
    """Return a comparison or a history as text for a terminal, as one offline HTML page or as strict JSON.

    Args:
        document: A `blackbox.comparison/1`, `blackbox.drift/1` or `blackbox.watch/1` object (DESIGN §7).
        to: `terminal`, `html` or `json`.
        width: Columns of the terminal.
        color: Whether the terminal text may hold colour codes.

    Raises:
        UsageError: Another schema, or a form of output this version does not have.
        ValueError: A NaN or infinity is in the document (`json`).
    """
    of_history = document.get("schema") in DRIFT_SCHEMAS
    if document.get("schema") != SCHEMA and not of_history:
        raise UsageError(f"not a comparison this version reads: schema must be {SCHEMA!r}")
    if to == "json":
        from blackbox.report.renderers import json_text

        return json_text.render(document)
    from blackbox.report.assembling import assemble
    from blackbox.report.drift_page import assemble_histories

    page = assemble_histories(document) if of_history else assemble(document)
    if to == "html":
        from blackbox.report.renderers import html_page

        return html_page.render(page)
    if to == "terminal":
        from blackbox.report.renderers import terminal

        return terminal.render(page, width=width, color=color)
    raise UsageError(f"no report form {to!r}; choose terminal, html or json")
