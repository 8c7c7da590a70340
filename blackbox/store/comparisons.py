"""A comparison's folder: `comparison.json`, the evidence, and `report.html`, the same for reading."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox.core import Comparison, digest
from blackbox.errors import EvidenceDamaged, UsageError
from blackbox.store.disk import compact_json, disk_errors, read_json_object, write_atomically
from blackbox.store.naming import new_comparison_id
from blackbox.store.parquet import displayable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

COMPARISON = "comparison.json"
REPORT = "report.html"
COMPARISON_SCHEMA = "blackbox.comparison/1"


def write_comparison(
    results: Path,
    document: Mapping[str, Any],
    *,
    html: str,
    at: datetime,
    out: Path | None = None,
    files: Mapping[str, bytes] | None = None,
) -> Path:
    """Write a comparison and its report, and return their folder.

    Args:
        results: The results folder; the comparison gets a folder of its own in it.
        document: A `blackbox.comparison/1` object.
        html: The report.
        at: When it was made.
        out: A folder to use instead. An earlier comparison in it is replaced; other files are not touched.
        files: Exports beside them, by name.

    Raises:
        UsageError: `out` is a file, or holds a file of one of these names that is not of a comparison.
        BlackboxError: The disk is full, read-only or failing.
        ValueError: The document is no strict JSON or of another schema.
    """
    if document.get("schema") != COMPARISON_SCHEMA:
        raise ValueError(f"a comparison has the schema {COMPARISON_SCHEMA!r}, not {document.get('schema')!r}")
    content = compact_json(document)
    folder = out or results / new_comparison_id(at, digest(document))
    _check_free(folder, (REPORT, *(files or ())))
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        # The comparison last: a folder without it is none.
        write_atomically(folder / REPORT, displayable(html).encode("utf-8"))
        for name, export in (files or {}).items():
            write_atomically(folder / name, export)
        write_atomically(folder / COMPARISON, content)
    return folder


def read_comparison(path: Path) -> Comparison:
    """Return the comparison in a folder, or in a `comparison.json`.

    Raises:
        UsageError: There is none at `path`.
        EvidenceDamaged: It is no strict JSON or of another schema.
    """
    file = path / COMPARISON if path.is_dir() else path
    if not file.is_file():
        raise UsageError(f"no comparison at {path}: it is a folder with {COMPARISON} in it")
    document = read_json_object(file)
    if document.get("schema") != COMPARISON_SCHEMA:
        found = ascii(document.get("schema"))[:64]
        raise EvidenceDamaged(f"{file} is no comparison: its schema is {found}, not '{COMPARISON_SCHEMA}'")
    return Comparison(document=document)


def _check_free(folder: Path, names: Sequence[str]) -> None:
    with disk_errors(folder):
        if folder.exists() and not folder.is_dir():
            raise UsageError(f"{folder} is a file; a comparison needs a folder")
        for name in names:
            if (folder / name).exists() and not (folder / COMPARISON).exists():
                raise UsageError(f"{folder / name} is not a comparison's; choose another folder")
