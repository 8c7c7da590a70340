"""Ten numbers in one answer: each line's number, beside the fact it answers."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from blackbox.features._numbers import number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.core import Fact

_LINE = re.compile(r"[\s*_#>`-]*(?P<place>\d{1,2})\s*[.):：、．）]\s*(?P<rest>.*)")
_NUMERAL = re.compile(r"[-\u2212+]?\d[\d,.\u066b\u066c\uff0c'\u2019\u00a0\u2009\u202f ]*")
_UNKNOWN = "?"
_MIN_SHARE = 0.5
_MAX_TEXT = 20_000


def batch(text: str, facts: Sequence[Fact]) -> str | None:
    """Return one mark a fact, joined by commas, or None where under half of the facts are answered.

    A mark is `=` (within the fact's tolerance), the answered number on a grid of twice the tolerance (so that two
    answers which differ by less than it mostly fall together), or `?` (no number).

    Args:
        text: Lines such as `3. 8,849 m`; units are ignored.
        facts: What was asked, in order.
    """
    answers = numbered(text[:_MAX_TEXT])
    marks = [_mark(answers.get(place), fact) for place, fact in enumerate(facts, start=1)]
    n_known = sum(mark != _UNKNOWN for mark in marks)
    return ",".join(marks) if n_known and n_known >= _MIN_SHARE * len(facts) else None


def numbered(text: str) -> Mapping[int, float]:
    """Return the number each numbered line of `text` gives; of two lines with one number the first counts."""
    found: dict[int, float] = {}
    for line in text.splitlines():
        match = _LINE.fullmatch(line.strip())
        value = None if match is None else value_of(match["rest"])
        if match is not None and value is not None:
            found.setdefault(int(match["place"]), value)
    return found


def value_of(text: str) -> float | None:
    """Return the one number in `text`, whatever unit stands beside it; None for no number or several."""
    plain = unicodedata.normalize("NFC", text)
    whole = number(plain)
    if whole is not None:
        return float(whole)
    numerals = [match.group().strip(" .,，") for match in _NUMERAL.finditer(plain)]
    values = {value for numeral in numerals if (value := number(numeral)) is not None}
    return float(values.pop()) if len(values) == 1 else None


def _mark(answer: float | None, fact: Fact) -> str:
    if answer is None:
        return _UNKNOWN
    off = answer - fact.value
    if abs(off) <= fact.tolerance:
        return "="
    step = 2 * fact.tolerance
    return f"{answer:.10g}" if step == 0 else f"{fact.value + step * round(off / step):.10g}"
