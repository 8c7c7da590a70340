"""Suites drawn from a key: the key alone decides."""

from __future__ import annotations

import hmac
import re
from collections import Counter
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from blackbox.errors import SuiteError
from blackbox.suites import FAMILIES, available, find, lint, secret_suite, short_form
from blackbox.suites.families import borders, choosing
from blackbox.suites.families.draws import Draws

if TYPE_CHECKING:
    from blackbox.core import Suite

KEY, OTHER = b"0123456789abcdef", b"fedcba9876543210"


@lru_cache
def drawn(family: str, key: bytes) -> Suite:
    """Return a secret suite, drawn once."""
    return secret_suite(family, key)


def prompts(family: str, key: bytes) -> list[str]:
    """Return the questions of a secret suite."""
    return [probe.messages[-1].content for probe in drawn(family, key).probes]


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
    suite = drawn(family, KEY)
    assert suite == secret_suite(family, KEY)
    shared = set(prompts(family, KEY)) & set(prompts(family, OTHER))
    assert len(shared) <= len(suite.probes) // 10
    assert suite.name != drawn(family, OTHER).name
    assert KEY.decode() not in str(suite.document)


@pytest.mark.parametrize("family", sorted(set(FAMILIES) - {"reasoned-choice"}))
def test_a_secret_suite_keeps_the_rules_of_its_family(family: str) -> None:
    """Decoding, decision, form and parser are those of the release; lint has nothing to say; nothing is released."""
    suite, released = drawn(family, KEY), find(family)
    assert (suite.decoding, suite.decision, suite.questions) == (
        released.decoding,
        released.decision,
        released.questions,
    )
    assert {p.form for p in suite.probes} == {p.form for p in released.probes}
    assert {p.parser for p in suite.probes} <= {p.parser for p in released.probes}
    short, released_short = short_form(suite), short_form(released)
    assert (lint(short), len(short.probes)) == ((), len(released_short.probes))
    assert max(p.repeats for p in short.probes) <= max(p.repeats for p in released_short.probes)
    assert lint(suite) == ()
    public = {p.messages[-1].content for each in available() if each.name == family for p in each.probes}
    assert not public & {p.messages[-1].content for p in suite.probes}


@pytest.mark.parametrize("family", ["one-token", "continuation"])
def test_a_drawn_suite_asks_in_the_languages_of_the_release(family: str) -> None:
    """Openings of code and of text in five languages, picks in four."""
    suite, released = drawn(family, KEY), find(family)
    assert {p.language for p in suite.probes} == {p.language for p in released.probes}
    assert len(suite.probes) == len(released.probes)


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_a_drawn_suite_says_what_was_not_checked_and_nothing_of_its_release(family: str) -> None:
    """Its own account of what it holds: how a release came about is no word about questions drawn from a key."""
    document = drawn(family, KEY).document
    assert document["unchecked"]
    assert not re.search(
        "version|by hand|written for this suite", str(document["description"]).replace("name, version", "")
    )
    assert "probes are public" not in str(document["against"])


def test_an_unknown_family_or_a_short_key_is_refused() -> None:
    """The nearest family is named; a short key could be guessed."""
    with pytest.raises(SuiteError, match="there is no family 'identiti' to draw from a key; did you mean 'identity'"):
        secret_suite("identiti", KEY)
    with pytest.raises(SuiteError, match="the key has 3 bytes; take 16 or more"):
        secret_suite("one-token", b"abc")


def test_every_shipped_family_has_a_secret_form() -> None:
    """Nothing that is released is without one."""
    assert {suite.name for suite in available()} == set(FAMILIES)


def test_released_questions_follow_from_their_public_keys() -> None:
    """Anybody can draw the released inputs and puzzles again."""
    made = borders.make(Draws(b"blackbox border-input 1", "border-input"))
    assert [each["prompt"] for each in made] == [p.messages[-1].content for p in find("border-input@1").probes]
    puzzles = choosing.make(Draws(b"blackbox reasoned-choice v1", "reasoned-choice"), 9)
    released = {p.id: (p.messages[-1].content, p.key) for p in find("reasoned-choice@1").probes}
    assert len(puzzles) == 360
    assert all(released[each["id"]] == (each["prompt"], each["key"]) for each in puzzles)


def test_keys_are_balanced_and_options_differ() -> None:
    """A hundred of each letter over all, four different options everywhere."""
    probes = find("reasoned-choice@1").probes
    assert Counter(p.key for p in probes) == dict.fromkeys("ABCD", 100)
    assert all(len(set(re.findall(r"^[A-D]\. (.+)$", p.messages[-1].content, re.MULTILINE))) == 4 for p in probes)
    assert Counter(p.language for p in probes) == {"en": 200, "zh": 200}
