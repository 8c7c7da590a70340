"""Warnings: what a reader must know before reading on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox.report.blocks import Bullets, Section
from blackbox.report.sections._pairs import listed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blackbox.report.blocks import Block


def build(document: Mapping[str, Any]) -> tuple[Block, ...]:
    """Return the document's warnings."""
    found = tuple(map(str, listed(document.get("warnings"))))
    return (Bullets(items=found, kind="warning"),) if found else ()


SECTION = Section(title="Warnings", order=25, build=build)
