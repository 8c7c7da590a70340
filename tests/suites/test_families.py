"""Suites drawn from a key: the key alone decides, and every computed answer key is right."""

from __future__ import annotations

import contextlib
import hmac
import io
import re
from collections import Counter
from datetime import date, timedelta
from hashlib import sha256
from itertools import permutations
from typing import TYPE_CHECKING

import pytest

from blackbox.errors import SuiteError
from blackbox.suites import FAMILIES, find, lint, secret_suite
from blackbox.suites.families import choosing
from blackbox.suites.families.draws import Draws

if TYPE_CHECKING:
    from collections.abc import Callable

    from blackbox.core import Probe

KEY, OTHER = b"0123456789abcdef", b"fedcba9876543210"


def prompts(family: str, key: bytes) -> list[str]:
    """Return the questions of a secret suite."""
    return [probe.messages[-1].content for probe in secret_suite(family, key).probes]


def test_draws_are_hmac_sha256_of_label_and_count() -> None:
    """The first draw below 1000 is the first eight bytes of HMAC(key, 'label#0'), modulo 1000."""
    first = int.from_bytes(hmac.new(KEY, b"label#0", sha256).digest()[:8], "big")
    assert Draws(KEY, "label").below(1000) == first % 1000


def test_draws_are_even() -> None:
    """Of 6,000 draws below six each value comes between 880 and 1,120 times (more than four standard deviations)."""
    draws = Draws(KEY, "die")
    counts = Counter(draws.below(6) for _ in range(6_000))
    assert all(880 < counts[value] < 1_120 for value in range(6))


@pytest.mark.parametrize("family", sorted(set(FAMILIES) - {"reasoned-choice"}))
def test_a_key_decides_the_questions(family: str) -> None:
    """The same key gives the same suite, another key other questions, and the file never holds the key."""
    suite = secret_suite(family, KEY)
    assert suite == secret_suite(family, KEY)
    shared = set(prompts(family, KEY)) & set(prompts(family, OTHER))
    assert len(shared) <= len(suite.probes) // 2
    assert suite.name != secret_suite(family, OTHER).name
    assert KEY.decode() not in str(suite.document)


@pytest.mark.parametrize("family", sorted(set(FAMILIES) - {"reasoned-choice"}))
def test_a_secret_suite_keeps_the_rules_of_its_family(family: str) -> None:
    """Decoding, decision, form and parser are those of the release; lint has nothing but near neighbours to say."""
    suite, released = secret_suite(family, KEY), find(family)
    assert (suite.decoding, suite.decision, suite.questions) == (
        released.decoding,
        released.decision,
        released.questions,
    )
    assert {p.form for p in suite.probes} == {p.form for p in released.probes}
    assert [finding for finding in lint(suite) if "asks nearly" not in finding] == []


def test_families_written_by_hand_have_no_secret_form() -> None:
    """What was written by hand can't be drawn; a short key is refused."""
    with pytest.raises(
        SuiteError, match="'identity' has no secret form: its questions are written by hand; known: bor"
    ):
        secret_suite("identity", KEY)
    with pytest.raises(SuiteError, match="the key has 3 bytes; take 16 or more"):
        secret_suite("one-token", b"abc")


def test_released_questions_follow_from_their_public_keys() -> None:
    """Anybody can draw the released inputs and puzzles again."""
    made = FAMILIES["border-input"](Draws(b"blackbox border-input 1", "border-input"))
    assert [each["prompt"] for each in made] == [p.messages[-1].content for p in find("border-input@1").probes]
    puzzles = choosing.make(Draws(b"blackbox reasoned-choice v1", "reasoned-choice"), 9)
    released = {p.id: (p.messages[-1].content, p.key) for p in find("reasoned-choice@1").probes}
    assert len(puzzles) == 360
    assert all(released[each["id"]] == (each["prompt"], each["key"]) for each in puzzles)


def test_keys_are_balanced_and_options_differ() -> None:
    """A hundred of each letter over all, four different options everywhere."""
    probes = find("reasoned-choice@1").probes
    assert Counter(p.key for p in probes) == dict.fromkeys("ABCD", 100)
    assert all(len(set(options(p).values())) == 4 for p in probes)
    assert Counter(p.language for p in probes) == {"en": 200, "zh": 200}


def options(probe: Probe) -> dict[str, str]:
    """Return letter → text of the options of a puzzle."""
    return dict(re.findall(r"^([A-D])\. (.+)$", probe.messages[-1].content, re.MULTILINE))


def numbers(question: str) -> list[int]:
    """Return the whole numbers of a question."""
    return [int(n) for n in re.findall(r"\d+", question)]


def printed(question: str) -> str:
    """Run the program of a question and return what it prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(question.split("\n\n", 1)[1], {})  # noqa: S102 - a released program of ours
    return out.getvalue().strip()


def angle(question: str) -> str:
    """Return the smaller angle from where each hand stands."""
    hour, minute = numbers(question)
    positions = [(hour * 60 + minute) * 0.5 % 360, minute * 6.0]
    gap = abs(positions[0] - positions[1])
    return str(int(min(gap, 360 - gap)))


def later(question: str) -> str:
    """Return days from one date to another by counting them."""
    y1, m1, d1, y2, m2, d2 = numbers(question)
    day, n = date(y1, m1, d1), 0
    while day != date(y2, m2, d2):
        day, n = day + timedelta(days=1), n + 1
    return str(n)


def race(question: str) -> str:
    """Return who came in at the asked place, by trying all orders against the clues as written."""
    names = question.split(" ran a race", maxsplit=1)[0].split(", ")
    clues = re.findall(r"(\w+) was faster than (\w+)\.", question)
    apart = re.findall(r"between (\w+) and (\w+)\.", question)
    fits = [
        order
        for order in permutations(names)
        if all(order.index(a) < order.index(b) for a, b in clues)
        and all(abs(order.index(a) - order.index(b)) == 2 for a, b in apart)
    ]
    assert len(fits) == 1
    place = {"second": 1, "third": 2, "fourth": 3}[question.rsplit(" came in ", maxsplit=1)[-1].strip("?")]
    return fits[0][place]


def product_difference(question: str) -> str:
    """Return a × b − c × d."""
    a, b, c, d = numbers(question)
    return str(a * b - c * d)


def power(question: str) -> str:
    """Return the remainder by multiplying step by step."""
    base, exponent, modulus = numbers(question)
    value = 1
    for _ in range(exponent):
        value = value * base % modulus
    return str(value)


def in_base(question: str) -> str:
    """Return the number read in its base."""
    found = numbers(question)
    radix, digits = sorted(found)
    return str(int(str(digits), radix))


SOLVERS: dict[str, Callable[[str], str]] = {
    "arithmetic": product_difference, "remainder": power, "clock": angle, "days-between": later, "base": in_base,
    "loop": printed, "lists": printed, "strings": printed, "ordering": race,
}  # fmt: skip


@pytest.mark.parametrize("kind", SOLVERS)
def test_released_keys_are_right(kind: str) -> None:
    """Another program, reading the question as printed, finds the option that the key names."""
    probes = [p for p in find("reasoned-choice@1").probes if p.family == kind]
    checked = [p for p in probes if kind != "ordering" or p.language == "en"]
    assert len(checked) == (9 if kind == "ordering" else 18)
    for probe in checked:
        question = probe.messages[-1].content.rsplit("\n\n", 2)[0]
        assert options(probe)[str(probe.key)] == SOLVERS[kind](question), probe.id


def test_a_wrong_key_would_be_seen() -> None:
    """The check above is no rubber stamp: with the next letter as key it fails at every puzzle."""
    probe = next(p for p in find("reasoned-choice@1").probes if p.family == "arithmetic")
    question = probe.messages[-1].content.rsplit("\n\n", 2)[0]
    wrong = "ABCD"[("ABCD".index(str(probe.key)) + 1) % 4]
    assert options(probe)[wrong] != product_difference(question)
