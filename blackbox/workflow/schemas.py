"""The published JSON Schemas: one file a document, beside the code, found by the name in its `schema` field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from blackbox.errors import UsageError
from blackbox.suites.fields import did_you_mean
from blackbox.workflow.config_file import SCHEMA_PATH

FOLDER = Path(__file__).parents[1] / "schemas"
"""`<name>-<version>.json` holds the schema of documents whose `schema` is `blackbox.<name>/<version>`."""
CONFIG = "config"
"""The schema of `blackbox.yaml`, which has no `schema` field itself."""


def schema_paths() -> dict[str, Path]:
    """Return the file of each published schema by the text of its documents' `schema` field, sorted."""
    files = sorted(FOLDER.glob("*.json"))
    return {"blackbox.{}/{}".format(*file.stem.rsplit("-", 1)): file for file in files} | {CONFIG: SCHEMA_PATH}


def schemas_document() -> dict[str, Any]:
    """Return the `blackbox.schemas/1` document: every published schema, what it is of and where it lies."""
    rows = [
        {"name": name, "title": _read(path).get("title", ""), "path": str(path)}
        for name, path in schema_paths().items()
    ]
    return {"schema": "blackbox.schemas/1", "schemas": rows}


def schema_document(name: str) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a document.

    Args:
        name: `comparison`, `comparison/1` or `blackbox.comparison/1`; `config` for `blackbox.yaml`.

    Raises:
        UsageError: There is none of this name.
    """
    known = schema_paths()
    found = [full for full in known if name in {full, full.removeprefix("blackbox."), _bare(full)}]
    if not found:
        hint = did_you_mean(name, [_bare(full) for full in known])
        raise UsageError(f"no schema {name!r}; {hint}; all of them: blackbox schema")
    return _read(known[found[-1]])


def _bare(full: str) -> str:
    return full.removeprefix("blackbox.").partition("/")[0]


def _read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document
