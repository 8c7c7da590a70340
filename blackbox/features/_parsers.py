"""Answers to closed probes as categories: what was said, without how it was dressed.

A category is a text that a report may show. Kinds never collide, whatever a model writes: a text that begins
like one of our own prefixes is shown behind `text:`.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Literal

from blackbox.core import TEXT_OUTCOMES
from blackbox.errors import SuiteError
from blackbox.features._numbers import number
from blackbox.features._texts import answer_text, normalised, sha256, spoken, trimmed

if TYPE_CHECKING:
    from collections.abc import Callable

    from blackbox.core import Observation

_MAX_SHOWN = 120
_MAX_WORD = 40
_MAX_UNSPACED = 8
"""Ideographs or kana of one word: 布宜诺斯艾利斯 has seven, a sentence mostly more."""
_PREFIXES = ("outcome:", "invalid:", "text:")
_JOINERS = {"-": "-", "\u2010": "-", "\u2011": "-", "'": "'", "\u2019": "'", "\u02bc": "'", "\u00b7": "\u00b7"}
_JOINERS |= {"\u200c": "\u200c", "\u200d": "\u200d"}  # Persian and Indic words hold these
_COIN = {
    "heads": "heads head h 正面 正面朝上 正 人头 頭 头 表 앞면 앞 орел орёл аверс صورة cara face kopf testa चित",
    "tails": "tails tail t 反面 反面朝上 反 背面 背 裏 뒷면 뒤 решка реверс كتابة cruz coroa pile zahl croce पट",
}


def category(
    observation: Observation, parser: str, text_form: Literal["normalised", "raw"] = "normalised"
) -> str | None:
    """Return the answer category of `observation`, or None where the call says nothing about the model.

    Args:
        observation: The answer with its outcome.
        parser: `text`, `word`, `number`, `letter` or `coin`. All but `text` take an answer that is the value
            alone, dressed or not; any other text is `invalid:` and the text.
        text_form: `raw` keeps the exact text behind `text` and `invalid:`, so that differences in white space
            and Unicode form alone can be told apart.

    Raises:
        SuiteError: `parser` is unknown.
    """
    if parser != "text" and parser not in _PARSERS:
        raise SuiteError(f"unknown parser {parser!r}; known: text, {', '.join(sorted(_PARSERS))}")
    if observation.missing:
        return None
    if observation.outcome not in TEXT_OUTCOMES:
        return f"outcome:{observation.outcome}"
    exact = answer_text(observation)
    value = _PARSERS[parser](unicodedata.normalize("NFC", exact)) if parser in _PARSERS else None
    if value is not None:
        return value
    text = exact if text_form == "raw" else normalised(exact)
    if parser != "text" or not text:
        return f"invalid:{_shown(text)}"
    return f"text:{_shown(text)}" if text.startswith(_PREFIXES) else _shown(text)


def _shown(text: str) -> str:
    """Return `text`, or its beginning and a digest of the whole: longer than any text left uncut."""
    if len(text) <= _MAX_SHOWN:
        return text
    return f"{text[:_MAX_SHOWN]}…{sha256(text)[:8].hex()}"


def _word(text: str) -> str | None:
    """Return the one word that `text` is, case-folded."""
    core = unicodedata.normalize("NFC", trimmed(text).core.casefold())
    if not 0 < len(core) <= _MAX_WORD:
        return None
    joined = "".join(_JOINERS.get(char, char) for char in core)
    if not all(spoken(char) or char in _JOINERS for char in joined):
        return None
    return None if sum(map(_unspaced, joined)) > _MAX_UNSPACED else joined


def _unspaced(char: str) -> bool:
    """Return whether `char` is an ideograph or kana, where no space tells a sentence from a word."""
    name = unicodedata.name(char, "")
    return name.startswith(("CJK UNIFIED", "CJK COMPAT", "HIRAGANA", "KATAKANA"))


def _letter(text: str) -> str | None:
    """Return the one letter that `text` is, case-folded."""
    core = trimmed(text).core
    kinds = "".join(unicodedata.category(char)[0] for char in core[:_MAX_WORD])
    if len(core) > _MAX_WORD or kinds.count("L") != 1 or kinds.count("M") != len(core) - 1:
        return None
    return unicodedata.normalize("NFC", core.casefold())


def _coin(text: str) -> str | None:
    """Return `heads` or `tails`, in whichever language it was said."""
    word = _word(text)
    return None if word is None else _SIDES.get(word)


_SIDES = {unicodedata.normalize("NFC", word): side for side, words in _COIN.items() for word in words.split()}
_PARSERS: dict[str, Callable[[str], str | None]] = {"word": _word, "number": number, "letter": _letter, "coin": _coin}
