"""What would settle what this comparison leaves open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox.report.blocks import Bullets, Section
from blackbox.report.sections._pairs import listed, pairs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blackbox.report.blocks import Block


def build(document: Mapping[str, Any]) -> tuple[Block, ...]:
    """Return the advice of the evidence, as it is."""
    advice = (listed(pair.get("what_would_settle_it")) for pair in pairs(document))
    return tuple(Bullets(items=tuple(map(str, lines))) for lines in advice if lines)


SECTION = Section(title="What would settle it", order=75, build=build, scope="pair", brief=True)
