"""Makes the invisible visible: control, direction and zero-width characters of text from outside.

A terminal obeys control bytes, a browser obeys direction marks, and an eye misses a zero-width space. All
are shown as signs instead; nothing is dropped, so two texts that differ still look different.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHOWN_SPACES = " \u3000"
"""The ASCII space, and the ideographic one that is plain text in Chinese and Japanese."""
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_HIDDEN_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
_VARIATION_SUPPLEMENT = range(0xE0100, 0xE01F0)
_PLAIN = re.compile(
    r"[ -~\u00a1-\u00ac\u00ae-\u02ff\u0391-\u03ff\u0410-\u044f\u3000-\u302d\u3041-\u3096\u4e00-\u9fff]*"
)
"""What is certainly visible: a fast path for nearly all text."""
_SIGNS = {"\n": "⏎", "\t": "⇥"}
"""Signs that most fonts have; the pictures of the other controls are missing from many."""
_SPACE_SIGN = "␣"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of text; `name` is set where it stands for one character that can't be seen."""

    text: str
    name: str | None = None
    marked: bool = False


def visible(text: str, *, lines: bool = False) -> str:
    """Return `text` with every invisible character as a sign.

    Args:
        text: Any text, lone surrogates included.
        lines: Keep line feeds as they are.
    """
    if _PLAIN.fullmatch(text):
        return text
    return "".join(character if lines and character == "\n" else _shown(character) for character in text)


def pieces(text: str, *, whole: bool = True, marks: Sequence[tuple[int, int]] = ()) -> tuple[Piece, ...]:
    """Return `text` as runs of plain text and single named signs.

    Line feeds stay plain; spaces at either end become signs, for a stripped space is a difference too.

    Args:
        text: Any text, lone surrogates included.
        whole: Whether its end is the end of what was said, and not where it was cut.
        marks: Stretches that are pointed at.
    """
    pointed = frozenset(place for start, stop in marks for place in range(start, min(stop, len(text))))
    first = len(text) - len(text.lstrip(" "))
    last = len(text.rstrip(" ")) if whole else len(text)
    found: list[Piece] = []
    plain: list[str] = []
    for place, character in enumerate(text):
        outer = place < first or place >= last
        shown = _SPACE_SIGN if outer else "\n" if character == "\n" else _shown(character)
        if plain and (shown != character or (place in pointed) != (place - 1 in pointed)):
            found.append(Piece(text="".join(plain), marked=place - 1 in pointed))
            plain = []
        if shown == character:
            plain.append(character)
        else:
            found.append(Piece(text=shown, name=_name(character)))
    return (*found, Piece(text="".join(plain), marked=len(text) - 1 in pointed)) if plain else tuple(found)


@cache
def _shown(character: str) -> str:
    if not _hidden(character):
        return character
    return _SIGNS.get(character) or f"⟨U+{ord(character):04X}⟩"


def _hidden(character: str) -> bool:
    category = unicodedata.category(character)
    return (
        category in _HIDDEN_CATEGORIES
        or (category == "Zs" and character not in _SHOWN_SPACES)
        or character in _HIDDEN_LETTERS
        or ord(character) in _VARIATION_SUPPLEMENT
    )


def _name(character: str) -> str:
    code = f"U+{ord(character):04X}"
    return f"{code} {unicodedata.name(character, 'control character')}"
