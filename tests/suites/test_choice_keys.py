"""Every drawn question of reasoned-choice is solved again by other code, from its printed text alone."""

from __future__ import annotations

import contextlib
import io
import re
from collections import Counter
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache
from itertools import combinations, permutations, product
from typing import TYPE_CHECKING

import pytest

from blackbox.suites import find, secret_suite

if TYPE_CHECKING:
    from collections.abc import Callable

    from blackbox.core import Probe

    Solver = Callable[[str, str], bool]

KEYS = {"secret": b"0123456789abcdef", "another secret": b"fedcba9876543210"}
DAYS = {
    name: i
    for names in (
        "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
        "星期一 星期二 星期三 星期四 星期五 星期六 星期日",
    )
    for i, name in enumerate(names.split())
}
WAYS: dict[str, complex] = {
    "north": 1j, "east": 1, "south": -1j, "west": -1, "北": 1j, "东": 1, "南": -1j, "西": -1,
}  # fmt: skip
TURNS: dict[str, complex] = {"right": -1j, "left": 1j, "around": -1, "右转": -1j, "左转": 1j, "向后转": -1}
PLACES = {"second": 1, "third": 2, "fourth": 3, "2": 1, "3": 2, "4": 3}


@lru_cache
def drawn(source: str) -> tuple[Probe, ...]:
    """Return the drawn questions of the released suite or of a secret one."""
    suite = find("reasoned-choice@1") if source == "released" else secret_suite("reasoned-choice", KEYS[source])
    return tuple(probe for probe in suite.probes if probe.family != "written")


def numbers(text: str) -> list[int]:
    """Return the whole numbers of a text."""
    return [int(n) for n in re.findall(r"\d+", text)]


def amount(text: str) -> Fraction:
    """Return a number written as whole, fraction or both."""
    return sum((Fraction(part) for part in text.split()), Fraction(0))


def arithmetic(question: str, option: str) -> bool:
    """Multiply by adding."""
    a, b, c, d = numbers(question)
    return int(option) == sum([a] * b) - sum([c] * d)


def remainder(question: str, option: str) -> bool:
    """Multiply step by step."""
    base, exponent, modulus = numbers(question)
    value = 1
    for _ in range(exponent):
        value = value * base % modulus
    return int(option) == value


def weekday(question: str, option: str) -> bool:
    """Go day by day."""
    named = min((name for name in DAYS if name in question), key=question.index)
    (n,) = numbers(question)
    step = -1 if re.search("earlier|之前", question) else 1
    day = DAYS[named]
    for _ in range(n):
        day = (day + step) % 7
    return DAYS[option] == day


def days_between(question: str, option: str) -> bool:
    """Count the days."""
    y1, m1, d1, y2, m2, d2 = numbers(question)
    day, n = date(y1, m1, d1), 0
    while day != date(y2, m2, d2):
        day, n = day + timedelta(days=1), n + 1
    return int(option) == n


def clock(question: str, option: str) -> bool:
    """Take both hands from twelve."""
    hour, minute = numbers(question)
    gap = abs((hour * 60 + minute) * 0.5 % 360 - minute * 6.0)
    return int(option) == min(gap, 360 - gap)


def units(question: str, option: str) -> bool:
    """Metres a second times seconds, in fractions."""
    speed, seconds = numbers(question)
    return int(option) == Fraction(speed * 1000, 3600) * seconds


def sets(question: str, option: str) -> bool:
    """Put the option in and count everybody."""
    total, a, b, none = numbers(question)
    both = int(option)
    return 0 <= both <= min(a, b) and (a - both) + (b - both) + both + none == total


def base(question: str, option: str) -> bool:
    """Read the digits in their base."""
    radix, digits = sorted(numbers(question))
    return int(option) == int(str(digits), radix)


def probability(question: str, option: str) -> bool:
    """Draw every pair of balls."""
    red, blue = numbers(question)
    pairs = list(combinations(["red"] * red + ["blue"] * blue, 2))
    return Fraction(option) == Fraction(sum(x != y for x, y in pairs), len(pairs))


def sequence(question: str, option: str) -> bool:
    """Check the rule on the terms that are shown, then go on."""
    a, b, *terms = numbers(question)
    assert all(z == a * y + b * x for x, y, z in zip(terms, terms[1:], terms[2:], strict=False))
    return int(option) == a * terms[-1] + b * terms[-2]


def ages(question: str, option: str) -> bool:
    """Put the option in; only one age fits."""
    total, ago, times = numbers(question)
    fits = [ida for ida in range(total) if ida - ago == times * (total - ida - ago) > 0]
    return fits == [int(option)]


def work(question: str, option: str) -> bool:
    """In that time both pumps fill exactly one tank."""
    a, b = numbers(question)
    return amount(option) / a + amount(option) / b == 1


def ordering(question: str, option: str) -> bool:
    """Try all orders against the clues as written; exactly one fits."""
    names = re.split("[,、] ?", re.split(" ran a race|赛跑", question)[0])
    faster = re.findall(r"(\w+) was faster than (\w+)\.", question) + re.findall(r"(\w\w)比(\w\w)快。", question)
    apart = re.findall(r"between (\w+) and (\w+)\.", question) + re.findall(r"(\w\w)和(\w\w)之间恰好", question)
    n_clues = len(re.findall(r"faster|exactly one runner|快。|恰好", question, re.IGNORECASE))
    assert n_clues == len(faster) + len(apart)
    fits = [
        order
        for order in permutations(names)
        if all(order.index(x) < order.index(y) for x, y in faster)
        and all(abs(order.index(x) - order.index(y)) == 2 for x, y in apart)
    ]
    assert len(fits) == 1
    asked = re.search(r"came in (\w+)\?|谁是第(\d)名", question)
    assert asked is not None
    return fits[0][PLACES[asked[1] or asked[2]]] == option


def knights(question: str, option: str) -> bool:
    """Try all eight cases; exactly one fits, and the option names its knights and nobody else."""
    claims = re.findall(r"(\w+) says: (\w+) is a (knight|knave)\.", question)
    claims += re.findall(r"(\w\w)说：“(\w\w)是(君子|骗子)。”", question)
    names = sorted({speaker for speaker, _, _ in claims})
    assert (len(claims), len(names)) == (3, 3)
    one_knave = re.search("Exactly one of the three is a knave|恰好有一个是骗子", question) is not None
    fits = []
    for case in product((True, False), repeat=3):
        honest = dict(zip(names, case, strict=True))
        said = all(honest[who] == (honest[whom] == (kind in {"knight", "君子"})) for who, whom, kind in claims)
        if said and (not one_knave or case.count(False) == 1):
            fits.append({name for name in names if honest[name]})
    assert len(fits) == 1
    named = set() if option in {"none of them", "都不是"} else set(re.split(" and |和", option))
    return named == fits[0]


def statements(text: str) -> list[tuple[str, str, str]]:
    """Return the statements of a text as kind and two words."""
    spoken = {
        "all": r"All (\w+) are (\w+)\.|所有(\w{2,4}?)都是(\w{2,4})。",
        "no": r"No (\w+) are (\w+)\.|没有(\w{2,4}?)是(\w{2,4})。",
        "some": r"Some (\w+) are (?!not)(\w+)\.|有些([^不]{2,4}?)是(\w{2,4})。",
        "not all": r"Some (\w+) are not (\w+)\.|有些(\w{2,4}?)不是(\w{2,4})。",
    }
    return [
        (kind, match[1] or match[3], match[2] or match[4])
        for kind, pattern in spoken.items()
        for match in re.finditer(pattern, text)
    ]


def syllogism(question: str, option: str) -> bool:
    """Look for a world in which the premises hold and the option does not."""
    premises, (concluded,) = statements(question), statements(option)
    assert len(premises) == 2
    words = sorted({word for _, x, y in [*premises, concluded] for word in (x, y)})
    beings = [frozenset(w for w, has in zip(words, case, strict=True) if has) for case in product((0, 1), repeat=3)]
    assert len(words) == 3
    possible = 0
    for n in range(1, 9):
        for world in combinations(beings, n):
            if not all(any(word in being for being in world) for word in words):
                continue
            if all(holds(each, world) for each in premises):
                possible += 1
                if not holds(concluded, world):
                    return False
    return possible > 0


def holds(statement: tuple[str, str, str], world: tuple[frozenset[str], ...]) -> bool:
    """Return whether a statement is true of a world of beings."""
    kind, x, y = statement
    of_x = [being for being in world if x in being]
    n_y = sum(y in being for being in of_x)
    return {"all": n_y == len(of_x), "no": n_y == 0, "some": n_y > 0, "not all": n_y < len(of_x)}[kind]


def turns(question: str, option: str) -> bool:
    """Turn a pointer in the plane."""
    start = re.search("You look (north|east|south|west)|你面朝([北东南西])", question)
    assert start is not None
    pointer = WAYS[start[1] or start[2]]
    for turn in re.findall("right|left|around|右转|左转|向后转", question):
        pointer *= TURNS[turn]
    return WAYS[option] == pointer


def walk(question: str, option: str) -> bool:
    """Add the legs in the plane."""
    legs = re.findall(r"(\d+) blocks (north|east|south|west)", question)
    legs += [(n, way) for way, n in re.findall(r"向([北东南西])走(\d+)格", question)]
    assert len(legs) == 5
    end = sum(int(n) * WAYS[way] for n, way in legs)
    return int(option) == abs(end.real) + abs(end.imag)


def printed(question: str, option: str) -> bool:
    """Run the program."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(question.split("\n\n", 1)[1], {})  # noqa: S102 - a program of ours
    return out.getvalue().strip() == option


SOLVERS: dict[str, Solver] = {
    "arithmetic": arithmetic, "remainder": remainder, "weekday": weekday, "days-between": days_between, "clock": clock,
    "units": units, "sets": sets, "base": base, "probability": probability, "sequence": sequence, "ages": ages,
    "work": work, "ordering": ordering, "knights": knights, "syllogism": syllogism, "turns": turns, "walk": walk,
    "loop": printed, "lists": printed, "strings": printed,
}  # fmt: skip


def options(probe: Probe) -> dict[str, str]:
    """Return letter → text of the options of a puzzle."""
    return dict(re.findall(r"^([A-D])\. (.+)$", probe.messages[-1].content, re.MULTILINE))


def right_letters(probe: Probe) -> set[str]:
    """Return the letters of all options that the other program finds right."""
    question = probe.messages[-1].content.rsplit("\n\n", 2)[0]
    return {letter for letter, option in options(probe).items() if SOLVERS[probe.family](question, option)}


@pytest.mark.parametrize("source", ["released", *KEYS])
@pytest.mark.parametrize("kind", SOLVERS)
def test_the_key_names_the_only_right_option(kind: str, source: str) -> None:
    """In both languages, for the released questions and for those of two secret keys."""
    probes = [probe for probe in drawn(source) if probe.family == kind]
    a_language = 9 if source == "released" else 10
    assert Counter(probe.language for probe in probes) == {"en": a_language, "zh": a_language}
    assert {p.id: right_letters(p) for p in probes} == {p.id: {str(p.key)} for p in probes}


def test_no_kind_is_left_out() -> None:
    """Every family of a drawn question has a solver here."""
    assert {probe.family for source in ("released", *KEYS) for probe in drawn(source)} == set(SOLVERS)
