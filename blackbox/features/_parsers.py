"""Answers to closed probes as categories: what was said, without how it was dressed.

A category is a text that a report may show. Kinds never collide, whatever a model writes: a text that begins
like one of our own prefixes is shown behind `text:`.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from blackbox.core import TEXT_OUTCOMES, Outcome
from blackbox.errors import SuiteError
from blackbox.features._batches import batch
from blackbox.features._choices import choice
from blackbox.features._claims import claim
from blackbox.features._numbers import number
from blackbox.features._refusals import declines
from blackbox.features._spelled import colour, spelled_number
from blackbox.features._texts import answer_text, normalised, sha256, spoken, trimmed
from blackbox.features._tools import NO_CALL, tool_category

if TYPE_CHECKING:
    from collections.abc import Callable

    from blackbox.core import Observation, Probe

REFUSED = "declined"
_MAX_SHOWN = 120
_MAX_WORD = 40
_MAX_UNSPACED = 8
"""Ideographs or kana of one word: 布宜诺斯艾利斯 has seven, a sentence mostly more."""
_PREFIXES = ("outcome:", "invalid:", "text:")
_JOINERS = {"-": "-", "\u2010": "-", "\u2011": "-", "'": "'", "\u2019": "'", "\u02bc": "'", "\u00b7": "\u00b7"}
_JOINERS |= {"\u200c": "\u200c", "\u200d": "\u200d"}  # Persian and Indic words hold these
_COIN = {
    "heads": "heads head h 正面 正面朝上 正 人头 頭 头 表 앞면 앞 орел орёл аверс صورة الصورة cara face kopf testa चित",
    "tails": "tails tail t 反面 反面朝上 反 背面 背 裏 뒷면 뒤 решка реверс كتابة الكتابة cruz coroa pile zahl croce पट",  # noqa: E501 - wide characters
}


Status = Literal["valid", "invalid", "refusal", "empty", "missing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """An answer as its probe's parser reads it.

    Args:
        status: `valid`: what was asked for; `invalid`: something else; `refusal`: declined, in words or by the
            server; `empty`: nothing said, not even after thinking; `missing`: the call says nothing about the model.
        category: What is compared; None where missing.
    """

    status: Status
    category: str | None


def category(
    observation: Observation, asked: str | Probe, text_form: Literal["normalised", "raw"] = "normalised"
) -> str | None:
    """Return the answer category of `observation`, or None where the call says nothing about the model.

    Args:
        observation: The answer with its outcome.
        asked: The probe, or the name of its parser where the parser needs nothing else. All but `text` take an
            answer that is the value alone, dressed or not; any other text is `invalid:` and the text.
        text_form: `raw` keeps the exact text behind `text` and `invalid:`, so that differences in white space
            and Unicode form alone can be told apart.

    Raises:
        SuiteError: The parser is unknown, or needs the probe.
    """
    return reading(observation, asked, text_form).category


def reading(
    observation: Observation, asked: str | Probe, text_form: Literal["normalised", "raw"] = "normalised"
) -> Reading:
    """Return status and category of `observation`; see `category`."""
    parser, probe = (asked, None) if isinstance(asked, str) else (asked.parser, asked)
    if parser not in PARSERS:
        raise SuiteError(f"unknown parser {parser!r}; known: {', '.join(PARSERS)}")
    if observation.missing:
        return Reading(status="missing", category=None)
    if parser == "tool" and observation.outcome in (*TEXT_OUTCOMES, Outcome.TOOL_CALL):
        return _called(observation, probe)
    if observation.outcome not in TEXT_OUTCOMES:
        return Reading(status=_SILENT.get(observation.outcome, "invalid"), category=f"outcome:{observation.outcome}")
    return _said(answer_text(observation), parser, probe, text_form)


def _said(exact: str, parser: str, probe: Probe | None, text_form: str) -> Reading:
    value = _value(unicodedata.normalize("NFC", exact), parser, probe)
    if value is not None:
        return Reading(status="refusal" if parser == "refusal" and value == REFUSED else "valid", category=value)
    text = exact if text_form == "raw" else normalised(exact)
    if not text.strip():
        return Reading(status="empty", category=f"invalid:{_shown(text)}")
    if parser == "text":
        return Reading(status="valid", category=f"text:{_shown(text)}" if text.startswith(_PREFIXES) else _shown(text))
    return Reading(status="refusal" if declines(text) else "invalid", category=f"invalid:{_shown(text)}")


def _value(text: str, parser: str, probe: Probe | None) -> str | None:
    if parser in _PARSERS:
        return _PARSERS[parser](text)
    if parser == "numbers":
        return batch(text, _needed(probe, parser).facts)
    return None


def _called(observation: Observation, probe: Probe | None) -> Reading:
    tools = _needed(probe, "tool").tools
    if observation.outcome != Outcome.TOOL_CALL and declines(observation.text or ""):
        return Reading(status="refusal", category=NO_CALL)
    found = tool_category(observation.tool_calls, tools)
    return Reading(status="invalid" if "!" in found else "valid", category=found)


def _needed(probe: Probe | None, parser: str) -> Probe:
    if probe is None:
        raise SuiteError(f"parser {parser!r} needs the probe, not its name alone")
    return probe


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


def _colour(text: str) -> str | None:
    """Return the colour that `text` is, in English whatever its language; another word stays as it is."""
    word = _words(text)
    return None if word is None else colour(word) or _word(text)


def _number(text: str) -> str | None:
    """Return the one number that `text` is, in digits or in words."""
    return number(text) or spelled_number(_words(text) or "")


def _words(text: str) -> str | None:
    """Return the core of `text` if it is short enough to be one or two words."""
    core = trimmed(text).core
    return core if 0 < len(core) <= _MAX_WORD else None


def _refusal(text: str) -> str | None:
    """Return whether `text` declines or answers; None for nothing said."""
    return None if not text.strip() else REFUSED if declines(text) else "answered"


def _claim(text: str) -> str | None:
    """Return who `text` says it is; saying something without a name is the claim `nobody`."""
    return None if not text.strip() else claim(text) or "nobody"


_SIDES = {unicodedata.normalize("NFC", word): side for side, words in _COIN.items() for word in words.split()}
_PARSERS: dict[str, Callable[[str], str | None]] = {
    "word": _word, "number": _number, "letter": _letter, "coin": _coin, "colour": _colour, "choice": choice,
    "refusal": _refusal, "claim": _claim,
}  # fmt: skip
PARSERS = ("text", *_PARSERS, "numbers", "tool")
_SILENT: dict[Outcome, Status] = {
    Outcome.REFUSAL: "refusal", Outcome.FILTERED: "refusal",
    Outcome.EMPTY: "empty", Outcome.REASONING_ONLY: "empty",
}  # fmt: skip
