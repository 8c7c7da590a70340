"""The letter of a multiple-choice answer, however it is dressed."""

from __future__ import annotations

import re
import unicodedata

_LETTER = r"[\"'“”‘’*_`(\[（【「]*(?P<letter>[A-H])[\"'“”‘’*_`)\]）】」]*"
# Possessive (++, *+): a reply of nothing but spaces would take quadratic time otherwise.
_SAID = (
    r"(?:(?:the\s+)?(?:final\s+|correct\s+|best\s+)?(?:answer|option|choice)(?:\s++is)?+|"
    r"(?:最终|正确)?(?:答案|选项|选择)(?:是|为)?|选|ответ|الإجابة)"
)
_ALONE = re.compile(rf"\s*{_LETTER}\s*[.。:：)）,，]?\s*(?:$|[\n\r].*)", re.DOTALL)
_BEFORE_TEXT = re.compile(rf"\s*{_LETTER}\s*[.。:：)）、，,-]\s*\S.*", re.DOTALL)
_STATED = re.compile(rf"{_SAID}\s*+[:：=]?\s*+{_LETTER}(?![A-Za-z'’])", re.IGNORECASE)
_BOXED = re.compile(r"\\boxed\{\s*(?:\\text\{)?\s*(?P<letter>[A-H])\s*\}?\s*\}")


def choice(text: str) -> str | None:
    r"""Return the one letter A–H that `text` chooses, or None where it chooses none or two.

    Taken are a letter alone (`B`, `(B)`, `**B**`), a letter before its option (`B. Tuesday`), and what is stated in
    a sentence (`The answer is B`, `答案：B`, `\boxed{B}`); of several statements all must agree.

    Args:
        text: NFC text; full-width letters count as their ASCII forms.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    for form in (_ALONE, _BEFORE_TEXT):
        found = form.fullmatch(plain)
        if found and not _contradicted(plain, found["letter"]):
            return found["letter"]
    stated = _stated(plain)
    return stated.pop() if len(stated) == 1 else None


def _stated(plain: str) -> set[str]:
    return {found["letter"].upper() for form in (_STATED, _BOXED) for found in form.finditer(plain)}


def _contradicted(plain: str, letter: str) -> bool:
    """Return whether a later sentence states another letter."""
    return bool(_stated(plain) - {letter})
