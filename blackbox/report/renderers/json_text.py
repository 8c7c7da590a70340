"""Comparison document → strict JSON, ASCII only: no byte of it can steer a terminal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from blackbox.core import plain

if TYPE_CHECKING:
    from collections.abc import Mapping


def render(document: Mapping[str, Any]) -> str:
    """Return the document as indented JSON.

    Raises:
        ValueError: A NaN or infinity is inside.
    """
    return json.dumps(plain(document), indent=2, ensure_ascii=True, allow_nan=False) + "\n"
