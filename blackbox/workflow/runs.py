"""Runs by name, with their suites: where store and suites meet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox import store, suites

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from blackbox.core import Run, Suite


def load_run(results: Path, name: str) -> Run:
    """Return a run by id, unique prefix or path, every line of its journal checked.

    Raises:
        UsageError: There is none of this name.
        EvidenceDamaged: It does not agree with its own digests.
    """
    return open_run(store.resolve_run(results, name))


def open_run(path: Path) -> Run:
    """Return the run in a folder, every line of its journal checked.

    Raises:
        EvidenceDamaged: It does not agree with its own digests.
    """
    return store.read_run(path, to_suite=_to_suite)


def _to_suite(document: Mapping[str, Any], source: str) -> Suite:
    return suites.from_document(document, source=source)
