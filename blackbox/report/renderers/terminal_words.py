"""Words of a report for a terminal: every text is made visible before it is printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from blackbox.report.blocks import Link, Mark, Name, Number, Quote
from blackbox.report.visible import pieces, visible

if TYPE_CHECKING:
    from blackbox.report.blocks import Inline, Title, Tone

ELSEWHERE = "in the HTML report"
_SIGNS: dict[Tone, str] = {
    "different": "≠",
    "inconclusive": "?",
    "not_applicable": "–",
    "equivalent": "≈",
    "neutral": "·",
}
_STYLES: dict[Tone, str] = {
    "different": "bold red",
    "inconclusive": "bold magenta",
    "not_applicable": "bold",
    "equivalent": "bold green",
    "neutral": "bold blue",
}


def line(text: str, style: str = "") -> Text:
    """Return text as one unit."""
    return Text(visible(text), style=style)


def sentence(text: str, style: str = "") -> Text:
    """Return text that wraps at spaces."""
    return Text(visible(text), style=style, overflow="fold")


def mark(part: Mark) -> Text:
    """Return a verdict as sign and capitals, so that it stands out without colour too."""
    return Text(f"{_SIGNS[part.tone]} {visible(part.word).upper()}", style=_STYLES[part.tone])


def tone_style(tone: Tone) -> str:
    """Return the style of a tone."""
    return _STYLES[tone]


def title(words: Title) -> Text:
    """Return a heading's words."""
    return Text("".join(visible(word if isinstance(word, str) else word.text) for word in words))


def inline(part: Inline, characters: int = 160) -> Text:
    """Return a part of a line; quoted words are cut at `characters`."""
    match part:
        case str():
            return line(part)
        case Name() | Number():
            return line(part.text)
        case Mark():
            return mark(part)
        case Link():
            return title(part.words)
        case Quote():
            return quoted(part, characters, lines=False)


def quoted(part: Quote, characters: int, *, lines: bool) -> Text:
    """Return words of a model or server between quotation marks.

    Args:
        part: The words.
        characters: How many are shown.
        lines: Whether line feeds break the line, else they are shown as signs.
    """
    if not part.text:
        return Text("(nothing)", style="dim")
    cut = part.cut or len(part.text) > characters
    shown = "".join(piece.text for piece in pieces(part.text[:characters], whole=not cut))
    words = shown if lines else visible(shown)
    return Text(f"“{words}{'…' if cut else ''}”", overflow="fold")


def left_out(n: int, of: int, what: str, where: str) -> tuple[Text, ...]:
    """Return the line that says how much is not shown and where it is."""
    return (line(f"{n:,} of {of:,} {what} left out here; all of them: {where}.", "dim"),) if n > 0 else ()
