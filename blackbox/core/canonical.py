"""Canonical JSON and the digests taken of it (DESIGN §5)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

_JSON_SCALARS = frozenset({str, int, float, bool, type(None)})


def plain(value: Any) -> Any:  # noqa: ANN401, PLR0911 - the one place where any record becomes JSON, a line a type
    """Return `value` as JSON types: records become objects, times UTC ISO 8601, enums their text."""
    if type(value) in _JSON_SCALARS:  # by far the most frequent
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, StrEnum):
        return str(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value


def canonical(value: object) -> str:
    """Return the one JSON text of `value` that digests are taken of (DESIGN §5).

    Raises:
        ValueError: A NaN or infinity is inside.
    """
    return json.dumps(plain(value), sort_keys=True, ensure_ascii=True, separators=(",", ":"), allow_nan=False)


def digest(value: object) -> str:
    """Return the lower-case sha256 hex digest of `canonical(value)`."""
    return hashlib.sha256(canonical(value).encode("ascii")).hexdigest()
