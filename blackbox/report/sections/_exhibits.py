"""How answers of a document become parts of an exhibit, the same in every section that shows them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from blackbox.report.blocks import Answer, Name, Quote
from blackbox.report.sections import _words
from blackbox.report.sections._pairs import listed, mapping

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


_INVALID = "invalid:"
"""Before what a parser found no answer in (DESIGN §4)."""


def category(answer: str) -> str:
    """Return a category of closed answers as it is read: what came instead of an answer is in brackets."""
    if answer.startswith(_INVALID):
        return f"[no valid answer] {answer.removeprefix(_INVALID)}"
    outcome = answer.removeprefix("outcome:")
    return f"[{_words.OUTCOMES[outcome]}]" if outcome != answer and outcome in _words.OUTCOMES else answer


def marks_of(text: str, phrases: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Return where phrases stand in a text, whatever the case of their letters; overlapping ones as one."""
    found = sorted(
        each.span()
        for phrase in phrases
        if phrase.strip()
        for each in re.finditer(re.escape(phrase.strip()), text, flags=re.IGNORECASE)
    )
    joined: list[tuple[int, int]] = []
    for start, stop in found:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(stop, joined[-1][1]))
        else:
            joined.append((start, stop))
    return tuple(joined)


def answers_of(entries: object, phrases: Sequence[str] = ()) -> tuple[Answer, ...]:
    """Return answers in full or cut, each with what became of its call in words, and the phrases in it marked."""
    return tuple(
        Answer(
            key=Name(text=str(entry.get("key"))),
            outcome=_words.OUTCOMES.get(str(entry.get("outcome")), str(entry.get("outcome"))),
            quote=_quoted(entry, phrases),
        )
        for entry in map(mapping, listed(entries))
    )


def _quoted(entry: Mapping[str, Any], phrases: Sequence[str]) -> Quote:
    text = str(entry.get("text") or "")
    return Quote(text=text, cut=bool(entry.get("cut")), marks=marks_of(text, phrases))
