"""A reading's folder: `drift.json`, the evidence, and `report.html`, the same for reading."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox.core import digest
from blackbox.errors import EvidenceDamaged, UsageError
from blackbox.store.disk import compact_json, disk_errors, read_json_object, write_atomically
from blackbox.store.naming import new_comparison_id
from blackbox.store.parquet import displayable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

DRIFT = "drift.json"
REPORT = "report.html"
DRIFT_SCHEMAS = ("blackbox.drift/1", "blackbox.watch/1")


def write_drift(
    results: Path, document: Mapping[str, Any], *, html: str, at: datetime, out: Path | None = None
) -> Path:
    """Write a reading and its report, and return their folder.

    Args:
        results: The results folder; the reading gets a folder of its own in it.
        document: A `blackbox.drift/1` or `blackbox.watch/1` object.
        html: The report.
        at: When it was made.
        out: A folder to use instead. An earlier reading in it is replaced; other files are not touched.

    Raises:
        UsageError: `out` is a file, or holds a `report.html` that is not of a reading.
        BlackboxError: The disk is full, read-only or failing.
        ValueError: The document is no strict JSON or of another schema.
    """
    if document.get("schema") not in DRIFT_SCHEMAS:
        raise ValueError(f"a reading has a schema of {DRIFT_SCHEMAS}, not {document.get('schema')!r}")
    content = compact_json(document)
    folder = out or results / new_comparison_id(at, digest(document)).replace("-compare-", "-drift-")
    with disk_errors(folder):
        if folder.exists() and not folder.is_dir():
            raise UsageError(f"{folder} is a file; a reading needs a folder")
        if (folder / REPORT).exists() and not (folder / DRIFT).exists():
            raise UsageError(f"{folder / REPORT} is not a reading's; choose another folder")
        folder.mkdir(parents=True, exist_ok=True)
        # The evidence last: a folder without it is no reading.
        write_atomically(folder / REPORT, displayable(html).encode("utf-8"))
        write_atomically(folder / DRIFT, content)
    return folder


def read_drift(path: Path) -> dict[str, Any]:
    """Return the reading in a folder, or in a `drift.json`.

    Raises:
        UsageError: There is none at `path`.
        EvidenceDamaged: It is no strict JSON or of another schema.
    """
    file = path / DRIFT if path.is_dir() else path
    if not file.is_file():
        raise UsageError(f"no reading at {path}: it is a folder with {DRIFT} in it")
    document = read_json_object(file)
    if document.get("schema") not in DRIFT_SCHEMAS:
        found = ascii(document.get("schema"))[:64]
        raise EvidenceDamaged(f"{file} is no reading: its schema is {found}, not one of {', '.join(DRIFT_SCHEMAS)}")
    return document
