"""Writes what a benchmark found, with versions, to benchmarks/results; nobody edits these files."""

from __future__ import annotations

import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "results"
PACKAGES = ("numpy", "scipy", "blackbox-similarity")


def record(name: str, found: dict[str, Any]) -> Path:
    """Write one benchmark's results and return the file."""
    FOLDER.mkdir(exist_ok=True)
    versions = {"python": platform.python_version(), **{package: version(package) for package in PACKAGES}}
    path = FOLDER / f"{name}.json"
    text = json.dumps({"benchmark": name, "versions": versions, **found}, indent=1, allow_nan=False, default=_plain)
    path.write_text(f"{text}\n", encoding="utf-8")
    return path


def _plain(value: Any) -> Any:  # noqa: ANN401 - numpy scalars
    return value.item()
