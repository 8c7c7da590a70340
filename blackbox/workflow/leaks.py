"""Looks for live key values in what was written: the last line of defence, behind all that must not let them in."""

from __future__ import annotations

import base64
import mmap
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_SHORTEST = 8
"""Shorter values stand in ordinary text by chance."""


def leaked_variables(folder: Path, secrets: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of variables whose values stand in a file of `folder`: plain, URL-encoded or in base64.

    Args:
        folder: Searched with everything below it.
        secrets: Variable name: value.
    """
    patterns = {
        name: tuple(_patterns(value.strip())) for name, value in secrets.items() if len(value.strip()) >= _SHORTEST
    }
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.stat().st_size]
    return tuple(name for name, forms in patterns.items() if any(_holds(path, forms) for path in files))


def _patterns(value: str) -> Iterator[bytes]:
    raw = value.encode()
    yield raw
    yield quote(value, safe="").encode()
    for shift in range(3):
        # In base64 a value looks different at each of three positions; its ends depend on its neighbours.
        coded = base64.b64encode(b"\0" * shift + raw)
        yield coded[(0, 2, 3)[shift] : len(coded) - (4 if (len(raw) + shift) % 3 else 0)]


def _holds(path: Path, forms: tuple[bytes, ...]) -> bool:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return any(content.find(form) >= 0 for form in forms)
