"""Numeric facts asked in pairs: the released table of facts, and keys that follow from it by arithmetic."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from itertools import cycle, islice
from math import ceil
from typing import TYPE_CHECKING, Any

from blackbox.suites.shipped import find

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.core import Probe
    from blackbox.suites.families.draws import Draws

TABLE = "knowledge-edge@2"
"""The release whose facts are paired: a later one would give the same key other questions."""
RATIO_STEP = Fraction(1, 1000)
"""Ratios are asked to three decimals."""
_DIGITS = 6
_PLAIN, _SCALED = ("difference", "sum", "larger", "smaller"), ("difference", "sum", "ratio", "larger")


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """How the facts of one released batch are named inside a question.

    Attributes:
        asked: Finds what a released question is about.
        about: What all ten numbers are, said once at the head of the batch.
        kinds: Kinds of questions; ratios only where the scale has a true zero.
        item: How one fact is named in a question.
    """

    asked: str
    about: str
    kinds: tuple[str, ...] = _PLAIN
    item: str = "{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One fact of the table: what it is of, its value and how far a right answer may be off."""

    id: str
    name: str
    value: Fraction
    tolerance: Fraction
    unit: str
    source: str


DOMAINS: Mapping[str, Domain] = {
    "mountains": Domain(
        asked=r"Elevation of (.+) above sea level, in metres\?", about="elevations above sea level, in metres",
        kinds=_SCALED,
    ),
    "atomic-weights": Domain(
        asked=r"Standard atomic weight of (.+), to two decimals\?", about="standard atomic weights, to two decimals",
        kinds=_SCALED,
    ),
    "melting-points": Domain(
        asked=r"Melting point of (.+) at normal pressure, in degrees Celsius\?",
        about="melting points at normal pressure, in degrees Celsius",
    ),
    "boiling-points": Domain(
        asked=r"Boiling point of (.+) at normal pressure, in degrees Celsius\?",
        about="boiling points at normal pressure, in degrees Celsius",
    ),
    "treaties": Domain(asked=r"In which year was (.+) signed\?", about="years in which treaties were signed"),
    "books": Domain(
        asked=r"In which year was (.+) first published as a book\?",
        about="years in which works were first published as books",
    ),
    "births": Domain(asked=r"In which year was (.+) born\?", about="years of birth"),
    "orbits": Domain(
        asked=r"Sidereal orbital period of (.+), in Earth days, to two decimals\?",
        about="sidereal orbital periods, in Earth days, to two decimals", kinds=_SCALED,
    ),
    "olympics": Domain(
        asked=r"In which year did (.+) host its first Olympic Games\?",
        about="years in which cities hosted their first Olympic Games",
    ),
    "dialling-codes": Domain(
        asked=r"International telephone country code of (.+)\?", about="international telephone country codes"
    ),
    "rfcs": Domain(asked=r"Which RFC number (.+)\?", about="numbers of RFCs", item="the RFC that {}"),
    "code-points": Domain(
        asked=r"Unicode code point, as a decimal number, of (.+)\?", about="Unicode code points as decimal numbers"
    ),
    "integers": Domain(asked=r"What is (.+)\?", about="whole numbers"),
    "zh-history": Domain(asked=r"(.+?)(爆发(?=于)|)(?:于|发生在|在)公元哪一年(.*)？", about="公元年份"),
    "zh-elements": Domain(asked=r"元素(.+)的原子序数是多少？", about="元素的原子序数"),
}  # fmt: skip
_HEADS: Mapping[str, Sequence[str]] = {
    "en": (
        ("Ten questions about {about}. Write ten lines and nothing else: the number of the question, a full stop, a "
        "space, your answer. Each answer is one number in digits, without units."),
        ("Work out ten numbers. All questions are about {about}. For each question write one line: its number, a full "
        "stop, a space and the result. Digits only, no units, no working."),
        ("Each question below asks for a number, and all are about {about}. Give ten lines, each with the question's "
        "number, a full stop, a space and the answer in digits. No units, no explanations."),
    ),
    "zh": (
        "下面十个问题都与{about}有关，每题的答案是一个数。请写十行：题号、句点、空格、答案。只用阿拉伯数字，不写单位和其他文字。",
        "请根据{about}算出下面十个数，每题写一行：题号、句点、空格、结果。只写阿拉伯数字，不写过程和单位。",
        "回答十个关于{about}的小题，每题一行，依次写题号、句点、空格和得数。只写阿拉伯数字，不要解释。",
    ),
}  # fmt: skip
_ASKS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "en": {
        "difference": (
            "How far apart are the two: {p}; {q}?", "Take the smaller of the two from the larger: {p}; {q}.",
            "By how much do these differ: {p}; {q}?",
        ),
        "sum": (
            "What is the sum of the two: {p}; {q}?", "Add the two: {p}; {q}.", "What do these add up to: {p}; {q}?",
        ),
        "ratio": (
            "Divide {large} by {small}, to three decimals.", "How many times {small} is {large}, to three decimals?",
        ),
        "larger": (
            "Which is larger? 1: {p}; 2: {q}. Write 1 or 2.", "1: {p}; 2: {q}. Write 1 or 2 for the larger one.",
        ),
        "smaller": (
            "Which is smaller? 1: {p}; 2: {q}. Write 1 or 2.", "1: {p}; 2: {q}. Write 1 or 2 for the smaller one.",
        ),
    },
    "zh": {
        "difference": ("{p}；{q}。两者相差多少？", "大的减去小的，得多少：{p}；{q}？"),
        "sum": ("{p}；{q}。两者相加得多少？", "两数之和是多少：{p}；{q}？"),
        "larger": ("1：{p}；2：{q}。哪一个更大？写1或2。", "{p}（1）与{q}（2），较大的是哪一个？写1或2。"),
        "smaller": ("1：{p}；2：{q}。哪一个更小？写1或2。", "{p}（1）与{q}（2），较小的是哪一个？写1或2。"),
    },
}  # fmt: skip


def make(draws: Draws) -> list[dict[str, Any]]:
    """Return a batch of ten derived questions for each batch of the released table, every fact used twice."""
    return [_batch(draws.child(probe.id), probe) for probe in draws.shuffled(find(TABLE).probes)]


def known(probe: Probe) -> list[Known]:
    """Return the facts of a released batch, named as its domain says."""
    domain = DOMAINS[probe.id]
    questions = [line.partition(" ")[2] for line in probe.messages[-1].content.splitlines()[1:]]
    found = []
    for question, fact in zip(questions, probe.facts, strict=True):
        match = re.fullmatch(domain.asked, question)
        assert match is not None, question
        found.append(
            Known(
                id=fact.id, name=domain.item.format("".join(match.groups())), value=Fraction(str(fact.value)),
                tolerance=Fraction(str(fact.tolerance)), unit=fact.unit, source=fact.source,
            )
        )  # fmt: skip
    return found


def ring(draws: Draws, facts: Sequence[Known]) -> list[tuple[Known, Known]]:
    """Return as many pairs as facts, each fact in two of them, no pair closer than its tolerances.

    A pair closer than that has no certain order, and "no difference" would pass for its difference.
    The ring is broken up: pairs come in random order, each with a random one first.
    """
    while True:
        order = draws.shuffled(facts)
        pairs = list(zip(order, [*order[1:], order[0]], strict=True))
        if all(abs(p.value - q.value) > p.tolerance + q.tolerance for p, q in pairs):
            return [(p, q) if draws.below(2) else (q, p) for p, q in draws.shuffled(pairs)]


def derived(kind: str, p: Known, q: Known) -> tuple[Fraction, Fraction]:
    """Return value and tolerance of what is asked of two facts.

    The tolerance is what an answer can be off that knows both facts within theirs: interval arithmetic over the four
    corners, and half a unit in the last place where rounding is asked for.

    References:
        Moore (1966), Interval Analysis, chapter 2 (sum, difference and quotient of intervals).
    """
    large, small = (p, q) if p.value > q.value else (q, p)
    both = p.tolerance + q.tolerance
    if kind == "difference":
        return large.value - small.value, both
    if kind == "sum":
        return p.value + q.value, both
    if kind in {"larger", "smaller"}:
        return Fraction(1 if (large if kind == "larger" else small) is p else 2), Fraction(0)
    ratio = large.value / small.value
    worst = (large.value + large.tolerance) / (small.value - small.tolerance) - ratio
    return ratio, worst + RATIO_STEP / 2


def _batch(draws: Draws, probe: Probe) -> dict[str, Any]:
    domain, asks = DOMAINS[probe.id], _ASKS[probe.language]
    pairs = ring(draws, known(probe))
    kinds = draws.shuffled(list(islice(cycle(domain.kinds), len(pairs))))
    lines, facts = [draws.pick(_HEADS[probe.language]).format(about=domain.about)], []
    for place, (kind, (p, q)) in enumerate(zip(kinds, pairs, strict=True), start=1):
        large, small = (p, q) if p.value > q.value else (q, p)
        asked = draws.pick(asks[kind]).format(p=p.name, q=q.name, large=large.name, small=small.name)
        lines.append(f"{place}. {asked}")
        facts.append(_fact(f"{probe.id}-{place}", kind, p, q))
    return {
        "id": probe.id, "family": probe.family, "language": probe.language, "facts": facts,
        "prompt": "\n".join(lines),
    }  # fmt: skip


def _fact(fact_id: str, kind: str, p: Known, q: Known) -> dict[str, Any]:
    value, tolerance = derived(kind, p, q)
    written, spare = _written(value), Fraction(0)
    if Fraction(str(written)) != value:
        spare = Fraction(1, 10**_DIGITS)
    found = {
        "id": fact_id, "value": written, "tolerance": _written(tolerance + spare, up=True),
        "source": f"{kind} of {p.id} and {q.id}; {p.source}",
    }  # fmt: skip
    return found | ({"unit": p.unit} if p.unit and kind in {"difference", "sum"} else {})


def _written(value: Fraction, *, up: bool = False) -> int | float:
    """Return a number as it stands in the file: whole where it is whole, else to six decimals."""
    scaled = value * 10**_DIGITS
    rounded = Fraction(ceil(scaled) if up else round(scaled), 10**_DIGITS)
    return int(rounded) if rounded.denominator == 1 else float(rounded)
