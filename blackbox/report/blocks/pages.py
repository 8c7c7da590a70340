"""Sections, which build blocks, and the page that they make."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from blackbox.report.blocks.parts import Block, Group
    from blackbox.report.blocks.words import Title

Scope = Literal["document", "pair"]
Kind = Literal["comparison", "drift"]
"""Which documents a section speaks of."""


class Builds(Protocol):
    """What a section file's `SECTION` must have; `scope` and `brief` may be left out, as in `Section`."""

    title: str
    order: int

    def build(self, document: Mapping[str, Any], /) -> tuple[Block, ...]:
        """Return the section's blocks, none where it has nothing to say."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section file's `SECTION`.

    Args:
        title: Its heading.
        order: Sections stand by ascending order.
        build: Comparison document → blocks. A `pair` section is given the document with one pair only.
        scope: Whether it speaks of all pairs at once or of each in turn.
        brief: Whether it is shown also where space is scarce.
        kind: Which documents it speaks of.
        paper: Whether it is for pages only: a terminal names it.
    """

    title: str
    order: int
    build: Callable[[Mapping[str, Any]], tuple[Block, ...]] = field(repr=False)
    scope: Scope = "document"
    brief: bool = False
    kind: Kind = "comparison"
    paper: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A whole report.

    Args:
        title: What was compared.
        subtitle: When, with what, how much.
        parts: The sections in order; pair sections of several pairs stand in one fold a pair, for as many
            pairs as anyone would open.
        n_pairs: Pairs compared, which decides how much of each is drawn.
    """

    title: Title
    subtitle: str
    parts: tuple[Group, ...]
    n_pairs: int
