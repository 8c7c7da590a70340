"""Writes what a benchmark found, with versions, to benchmarks/results; nobody edits these files."""

from __future__ import annotations

import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "results"
PACKAGES = ("numpy", "scipy", "blackbox-similarity")


def recorded_more(name: str, same: dict[str, Any], rows: dict[str, dict[str, Any]]) -> Path:
    """Record rows beside those already there, if they were measured with the same versions and set-up."""
    path = FOLDER / f"{name}.json"
    old = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    if old.get("versions") != _versions() or any(old.get(key) != value for key, value in same.items()):
        old = {}
    return record(name, {**same, **{key: _ordered({**old.get(key, {}), **new}) for key, new in rows.items()}})


def others(name: str, same: dict[str, Any], suites: set[str]) -> list[dict[str, Any]]:
    """Return the rows of other suites that an earlier run recorded with the same versions and set-up."""
    path = FOLDER / f"{name}.json"
    old = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    if old.get("versions") != _versions() or any(old.get(key) != value for key, value in same.items()):
        return []
    return [row for row in old["rows"] if row.get("suite") not in {*suites, None}]


def _ordered(rows: dict[str, Any]) -> dict[str, Any]:
    return {key: rows[key] for key in sorted(rows, key=int)}


def _versions() -> dict[str, str]:
    return {"python": platform.python_version(), **{package: version(package) for package in PACKAGES}}


def record(name: str, found: dict[str, Any]) -> Path:
    """Write one benchmark's results and return the file."""
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{name}.json"
    text = json.dumps({"benchmark": name, "versions": _versions(), **found}, indent=1, allow_nan=False, default=_plain)
    path.write_text(f"{text}\n", encoding="utf-8")
    return path


def _plain(value: Any) -> Any:  # noqa: ANN401 - numpy scalars
    return value.item()
