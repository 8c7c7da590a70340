"""Suites that were not read from a suite file: of recorded answers, and of a run's `suite.json`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from blackbox.core import Message, Suite, digest, plain
from blackbox.errors import SuiteError
from blackbox.suites import fields
from blackbox.suites.fields import Place, name_hint, shown
from blackbox.suites.schema import SCHEMA, Origin, build, content_digest
from blackbox.suites.shipped import is_shipped

if TYPE_CHECKING:
    from collections.abc import Mapping

    Prompt = str | tuple[Message, ...]


def from_document(document: Mapping[str, Any], source: str, *, origin: Origin | None = None) -> Suite:
    """Return the suite of a parsed document that carries its digest, e.g. the `suite.json` of a run.

    Args:
        document: Plain JSON types; not modified.
        source: What to call it in messages.
        origin: Where it came from; None: `imported` if the document says so, `shipped` if this package ships
            exactly this content, else `file`.

    Raises:
        SuiteError: One line with source, field, what is wrong and what to write.
    """
    suite = build(document, Place(source=source), origin=origin or "file")
    unsaid = origin is None and suite.origin == "file"
    if unsaid and is_shipped(suite.name, suite.version, suite.digest):
        return replace(suite, origin="shipped")
    return suite


def imported(name: str, prompts: Mapping[str, Prompt]) -> Suite:
    """Return the suite of recorded answers: one probe for each prompt, decoding and token limit unknown.

    The name and the ids become part of no path; ids may be any text, since a table's own ids are kept.

    Args:
        name: What `--suite` said.
        prompts: Probe id → prompt text, or messages where it was more than one; in the order of the probes.

    Raises:
        SuiteError: A bad name, or no prompt.
    """
    source = "imported suite"
    if not fields.is_name(name):
        raise SuiteError(f"{shown(name)} is not a valid suite name; {name_hint(name)}")
    if not prompts:
        raise SuiteError(f"the suite {name!r} has no prompts; import a table with at least one row")
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "name": name,
        "version": 1,
        "origin": "imported",
        "title": "Recorded answers",
        "questions": ["same", "related"],
        "defaults": {"family": "imported", "language": "und", "form": "auto", "repeats": 1, "parser": "text"},
        "probes": [{"id": probe_id, **_asked(prompt)} for probe_id, prompt in prompts.items()],
    }
    document["digest"] = content_digest(document)
    return build(document, Place(source=source), origin="imported")


def imported_probe_id(prompt: Prompt) -> str:
    """Return the id of an imported prompt that came without one: `p-` and 12 hex of its probe's digest."""
    return f"p-{digest((Message(role='user', content=prompt),) if isinstance(prompt, str) else prompt)[:12]}"


def _asked(prompt: Prompt) -> dict[str, Any]:
    return {"messages": plain(prompt)} if isinstance(prompt, tuple) else {"prompt": prompt}
