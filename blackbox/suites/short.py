"""The short form of a suite: a suite of its own, named `<suite>.short`, made of the released file alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox.errors import SuiteError
from blackbox.suites.fields import Place
from blackbox.suites.schema import build, content_digest

if TYPE_CHECKING:
    from blackbox.core import Suite

SUFFIX = ".short"


def short_form(suite: Suite) -> Suite:
    """Return the suite's short form: its chosen probes, each asked at most as often as the form says.

    Its digest follows from the suite's, so that two people who ask for it hold the same questions.

    Raises:
        SuiteError: The suite states none.
    """
    if suite.short is None:
        raise SuiteError(f"suite {suite.name}@{suite.version} has no short form; write short: {{repeats: 5}} into it")
    document = _document(suite)
    document["digest"] = content_digest(document)
    return build(document, Place(source=f"{suite.name}{SUFFIX}"), origin=suite.origin)


def _document(suite: Suite) -> dict[str, Any]:
    assert suite.short is not None
    dropped = {"digest", "short"}
    document = {key: value for key, value in suite.document.items() if key not in dropped}
    chosen, limit = set(suite.short.probe_ids), suite.short.repeats
    repeats = {probe.id: min(limit, probe.repeats) for probe in suite.probes}
    written = suite.document["probes"]
    return {
        **document,
        "name": f"{suite.name}{SUFFIX}",
        "title": f"{suite.title} (short form)",
        "probes": [{**probe, "repeats": repeats[probe["id"]]} for probe in written if probe["id"] in chosen],
    }
