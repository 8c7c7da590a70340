"""What this comparison can't say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox.report.blocks import Bullets, Section
from blackbox.report.sections._pairs import listed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blackbox.report.blocks import Block


def build(document: Mapping[str, Any]) -> tuple[Block, ...]:
    """Return the limits the evidence states."""
    stated = tuple(map(str, listed(document.get("limits"))))
    return (Bullets(items=stated),) if stated else ()


SECTION = Section(title="Limits", order=85, build=build)
