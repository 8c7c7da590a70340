"""Numbers as people and models write them: any script's digits, Chinese numerals, thousands separators."""

from __future__ import annotations

import re
import unicodedata

from blackbox.features._texts import trimmed

_MAX_DIGITS = 30
_MAX_WRITTEN = 2 * _MAX_DIGITS  # digits and their group marks
_MINUS = ("-", "\u2212", "\uff0d", "\ufe63", "\u2010", "\u2011")
_BESIDE = (*_MINUS, "+", "~", "`")  # symbols that may stand beside a number without changing what it says
_UNITS = "%\u2030\u066a\uff05"  # these change it
_HAN = str.maketrans(
    "〇零一二三四五六七八九壹贰叁肆伍陆柒捌玖貳參陸两兩拾佰仟萬億点點",
    "0012345678912345678923622十百千万亿..",
)
_GROUP_MARK = "[,\uff0c\u066c'\u2019_ \u00a0\u2009\u202f]"
_FORMS = (
    # 1,234,567.8 and the like, with one kind of mark throughout; a leading 0 makes it a decimal comma.
    re.compile(
        rf"(?P<whole>[1-9]\d{{0,2}}(?P<mark>{_GROUP_MARK})\d{{3}}(?:(?P=mark)\d{{3}})*)"
        r"(?:[.\uff0e\u066b](?P<part>\d+))?"
    ),
    re.compile(r"(?P<whole>[1-9]\d?(?:,\d{2})+,\d{3})(?:\.(?P<part>\d+))?"),  # Indian grouping
    re.compile(r"(?P<whole>[1-9]\d{0,2}(?:\.\d{3}){2,})(?:,(?P<part>\d+))?"),  # points as group marks
    re.compile(r"(?P<whole>\d+)(?:[.,\uff0e\uff0c\u066b](?P<part>\d+))?"),
)
_SECTION = re.compile(r"(?:([1-9])千)?0?(?:([1-9])百)?0?(?:([1-9]?)(十))?0?([1-9])?")
# 一百二 means 120 in speech and reads as 102: neither is taken.
_COLLOQUIAL = re.compile(r"[百千万亿][1-9]$")


def number(text: str) -> str | None:
    """Return `text` as canonical ASCII decimal digits when it is one number and nothing else, else None.

    Quotes, brackets, markdown and end punctuation around it are ignored; a currency or percent sign is not,
    for it changes what is said. `1,234` is 1234, `3,14` and `3.14` are 3.14, `1.234` is 1.234.

    Args:
        text: NFC text.
    """
    split = trimmed(text)
    if len(split.core) > _MAX_WRITTEN or not all(map(_may_stand_beside, split.before + split.after)):
        return None
    unsigned = split.core.removeprefix("负").removeprefix("負")
    negative = unsigned != split.core or split.before.endswith(_MINUS)
    digits = _canonical("".join(map(_ascii_digit, unsigned.translate(_HAN))))
    if digits is None or len(digits) > _MAX_DIGITS:
        return None
    return f"-{digits}" if negative and digits != "0" else digits


def _may_stand_beside(char: str) -> bool:
    return char in _BESIDE or (unicodedata.category(char)[0] in "ZCP" and char not in _UNITS)


def _ascii_digit(char: str) -> str:
    value = unicodedata.decimal(char, None)
    return char if value is None else str(value)


def _canonical(digits: str) -> str | None:
    """Return grouped, decimal or Chinese notation in ASCII digits as plain decimal digits."""
    for form in _FORMS:
        found = form.fullmatch(digits)
        if found:
            whole = re.sub(r"\D", "", found["whole"]).lstrip("0") or "0"
            part = (found["part"] or "").rstrip("0")
            return f"{whole}.{part}" if part else whole
    value = None if not digits or _COLLOQUIAL.search(digits) else _han_value(digits)
    return None if value is None else str(value)


def _han_value(text: str) -> int | None:
    """Return the value of numerals with units, e.g. `2万3千0五` (digits already ASCII), else None."""
    total = 0
    for unit, scale in (("亿", 10**8), ("万", 10**4)):
        head, found, text = text.rpartition(unit)
        if found:
            count = _section_value(head)
            if not count:
                return None
            total += count * scale
    rest = _section_value(text)
    return None if rest is None else total + rest


def _section_value(text: str) -> int | None:
    """Return the value of numerals below 万; empty is 0."""
    found = _SECTION.fullmatch(text)
    if found is None:
        return None
    thousands, hundreds, tens, ten, ones = found.groups()
    # A lone 十 is 10; 一十 is 10 too.
    n_tens = int(tens or 1) if ten else 0
    return 1000 * int(thousands or 0) + 100 * int(hundreds or 0) + 10 * n_tens + int(ones or 0)
