"""What stands inside a line: words, names, numbers, marks and links."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Tone = Literal["different", "inconclusive", "not_applicable", "equivalent", "neutral"]
"""What a mark says: the four verdicts, or `neutral` for anything that is not a verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Words of a model, a server or a probe: untrusted, shown and never interpreted.

    Args:
        text: The words.
        cut: Whether the words go on beyond what is held here.
        marks: Stretches to point at, from and to (exclusive) in characters, in order and apart.
    """

    text: str
    cut: bool = False
    marks: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A name from outside: of an endpoint, a run, a probe."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number as text, with an optional bar.

    Args:
        text: The number as it is printed.
        share: Length of its bar from 0 to 1; None draws no bar.
    """

    text: str
    share: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A verdict in a word, to be shown with colour, icon and the word itself."""

    tone: Tone
    word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Words that lead to another place of the page.

    Args:
        words: What is shown.
        target: Anchor of a `Fold` or `Group`.
    """

    words: tuple[str | Name, ...]
    target: str


Inline: TypeAlias = "str | Name | Quote | Number | Mark | Link"
Title: TypeAlias = "tuple[str | Name, ...]"
