"""The letter of a multiple-choice answer, however it is dressed."""

from __future__ import annotations

import re
import unicodedata

# Possessive (++, *+): a reply of nothing but spaces would take quadratic time otherwise.
_OPEN, _CLOSE = r"[\"'“”‘’*_`(\[（【「]*", r"[\"'“”‘’*_`)\]）】」]*"
_LETTER = rf"{_OPEN}(?P<letter>[A-H]){_CLOSE}"
_SAID = (
    r"(?:(?:the\s+)?(?:final\s+|correct\s+|best\s+)?(?:answer|option|choice)(?:\s++is)?+|"
    r"(?:最终|正确)?(?:答案|选项|选择)(?:是|为)?|选|ответ|الإجابة)"
)
_ALONE = re.compile(rf"\s*{_LETTER}\s*[.。:：)）,，!！]?\s*(?:$|[\n\r].*)", re.DOTALL)
_LOWER = re.compile(rf"\s*{_OPEN}(?P<letter>[a-h]){_CLOSE}\s*[.。)）]?\s*")
_BEFORE_TEXT = re.compile(rf"\s*{_LETTER}\s*[.。:：)）、，,-]\s*\S.*", re.DOTALL)
_STATED = re.compile(rf"{_SAID}\s*+[:：=]?\s*+{_LETTER}(?![A-Za-z'’])", re.IGNORECASE)
_BOXED = re.compile(r"\\boxed\{\s*(?:\\text\{)?\s*(?P<letter>[A-H])\s*\}?\s*\}")
_SECOND = re.compile(
    rf"{_CLOSE}(?:[\s.。:：)）、,，;；/&+]|\b(?:or|and|и|или|أو)\b|或|和){{1,20}}+{_OPEN}(?P<letter>[A-H]){_CLOSE}\s*"
    r"(?:(?:[.。)）,，!！]\s*)?(?:$|[\n\r]|or\b|and\b|或|和)|[,，、]\s*[A-H]\b)",
    re.IGNORECASE,
)
"""Another letter, alone, right behind the first: `A, B`, `A) or B`."""


def choice(text: str) -> str | None:
    r"""Return the one letter A–H that `text` chooses, or None where it chooses none or two.

    Taken are a letter alone (`B`, `(B)`, `**B**`), a letter before its option (`B. Tuesday`), and what is stated in
    a sentence (`The answer is B`, `答案：B`, `\boxed{B}`); of several statements all must agree, and a second letter
    beside the first (`A, B`, `A or B`) makes it no choice. A small letter counts where it is all that is said.

    Args:
        text: NFC text; full-width letters count as their ASCII forms.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    for form in (_ALONE, _LOWER, _BEFORE_TEXT):
        found = form.fullmatch(plain)
        if found and not _contradicted(plain, found["letter"].upper()) and not _second(plain, found):
            return found["letter"].upper()
    stated = _stated(plain)
    return stated.pop() if len(stated) == 1 else None


def _stated(plain: str) -> set[str]:
    matches = [found for form in (_STATED, _BOXED) for found in form.finditer(plain)]
    seconds = [second for found in matches if (second := _second(plain, found))]
    return {found["letter"].upper() for found in matches} | set(seconds)


def _second(plain: str, found: re.Match[str]) -> str | None:
    """Return the other letter that stands right behind the one that was found."""
    second = _SECOND.match(plain, found.end("letter"))
    letter = second["letter"].upper() if second else None
    return letter if letter != found["letter"].upper() else None


def _contradicted(plain: str, letter: str) -> bool:
    """Return whether a later sentence states another letter."""
    return bool(_stated(plain) - {letter})
