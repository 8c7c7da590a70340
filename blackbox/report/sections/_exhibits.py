"""How answers of a document become parts of an exhibit, the same in every section that shows them."""

from __future__ import annotations

from blackbox.report.blocks import Answer, Name, Quote
from blackbox.report.sections import _words
from blackbox.report.sections._pairs import listed, mapping


def category(answer: str) -> str:
    """Return a category of closed answers as it is read: what came instead of an answer is in brackets."""
    outcome = answer.removeprefix("outcome:")
    return f"[{_words.OUTCOMES[outcome]}]" if outcome != answer and outcome in _words.OUTCOMES else answer


def answers_of(entries: object) -> tuple[Answer, ...]:
    """Return answers in full or cut, each with what became of its call in words."""
    return tuple(
        Answer(
            key=Name(text=str(entry.get("key"))),
            outcome=_words.OUTCOMES.get(str(entry.get("outcome")), str(entry.get("outcome"))),
            quote=Quote(text=str(entry.get("text") or ""), cut=bool(entry.get("cut"))),
        )
        for entry in map(mapping, listed(entries))
    )
