"""`diff`: two stored comparisons side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox.errors import UsageError
from blackbox.evidence.difference import difference
from blackbox.evidence.document import SCHEMA as COMPARED
from blackbox.workflow.rendering import load_comparison, whole_documents

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


def diff_document(results: Path, before: str, after: str, *, renamed: Sequence[str] = ()) -> dict[str, Any]:
    """Return the `blackbox.diff/1` document of two stored comparisons.

    Args:
        results: Folder of runs and comparisons.
        before: The earlier comparison by id, unique prefix or path.
        after: The later one.
        renamed: `OLD=NEW` endpoint names of the earlier one.

    Raises:
        UsageError: A comparison is not there, or a renaming names no endpoint.
        EvidenceDamaged: One is no strict JSON or of another schema.
    """
    was, now = (_compared(results, name) for name in (before, after))
    with whole_documents(f"{before} or {after}"):
        return difference(was, now, renamed=_renaming(renamed, was))


def _compared(results: Path, name: str) -> Mapping[str, Any]:
    document = load_comparison(results, name).document
    if document.get("schema") != COMPARED:
        raise UsageError(f"{name!r} is no comparison; diff sets two comparisons side by side")
    return document


def _renaming(words: Sequence[str], document: Mapping[str, Any]) -> dict[str, str]:
    known = {str(run.get("endpoint")) for run in document.get("runs") or ()}
    found = {}
    for word in words:
        old, sign, new = word.partition("=")
        if not (sign and old and new):
            raise UsageError(f"--rename {word!r}: write OLD=NEW, an endpoint's name before and after")
        if old not in known:
            raise UsageError(
                f"--rename {word!r}: the earlier comparison has no endpoint {old!r}; it has: {', '.join(sorted(known))}"
            )
        found[old] = new
    return found
