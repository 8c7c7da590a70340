"""Closed answers become categories."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blackbox.core import MISSING_OUTCOMES, TEXT_OUTCOMES, Observation, Outcome
from blackbox.errors import EvidenceDamaged, SuiteError
from blackbox.features import category

if TYPE_CHECKING:
    from collections.abc import Callable

PARSERS = ("text", "word", "number", "letter", "coin")
ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=200)
"""Every code point, lone surrogates and unassigned ones among them."""
NEARLY_NUMBERS = st.text(alphabet="0123456789.,'_ -+一二十百千万亿〇零负点٣４%$Ab*\"“”\u202f", max_size=12)
FUZZ = settings(max_examples=400)


def said(text: str | None, outcome: Outcome = Outcome.OK) -> Observation:
    """Return an observation of this text."""
    return Observation(key="p#0", probe_id="p", repeat=0, block_id=0, outcome=outcome, text=text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Blue", "blue"),
        (" Blue.\n", "blue"),
        ("**Blue**", "blue"),
        ("“Blue!”", "blue"),
        ("`blue`", "blue"),
        ("🔵 Blue", "blue"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("Cafe\u0301", "café"),
        ("don’t", "don't"),
        ("blue\u2011green", "blue-green"),
        ("「苹果」。", "苹果"),
        ("布宜诺斯艾利斯", "布宜诺斯艾利斯"),
        ("पानी", "पानी"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("Синий.", "синий"),
        ("blue green", "invalid:blue green"),
        (" My answer: blue \n", "invalid:My answer: blue"),
        ("我选择的颜色是蓝色。", "invalid:我选择的颜色是蓝色。"),
        ("...", "invalid:..."),
        ("a@b", "invalid:a@b"),
        ("x" * 41, "invalid:" + "x" * 41),
    ],
)
def test_word_takes_one_word_however_it_is_dressed(text: str, expected: str) -> None:
    """Case, quotes, markdown and end punctuation go; a sentence is invalid and keeps its text."""
    assert expected == category(said(text), "word")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("42", "42"),
        ("**42**.", "42"),
        ("007", "7"),
        ("４２", "42"),
        ("٤٢", "42"),
        ("४२", "42"),
        ("-3", "-3"),
        ("− 3", "3"),
        ("−3", "-3"),
        ("+3", "3"),
        ("- 3", "3"),
        ("-0", "0"),
        ("1,234", "1234"),
        ("1,234,567.50", "1234567.5"),
        ("12,34,567", "1234567"),
        ("1.234.567,5", "1234567.5"),
        ("1 234", "1234"),
        ("1\u202f234", "1234"),
        ("1'234", "1234"),
        ("١٬٢٣٤٫٥", "1234.5"),
        ("3.14", "3.14"),
        ("3,14", "3.14"),
        ("0,500", "0.5"),
        ("1.234", "1.234"),
        ("4.0", "4"),
        ("七", "7"),
        ("十", "10"),
        ("十七", "17"),
        ("二十", "20"),
        ("二十三。", "23"),
        ("一百零五", "105"),
        ("一百二十三", "123"),
        ("两千零八", "2008"),
        ("一万二千", "12000"),
        ("十万零五", "100005"),
        ("二十三万四千五百六十七", "234567"),
        ("三亿零二万", "300020000"),
        ("貳拾叁", "23"),
        ("二〇二四", "2024"),
        ("負三", "-3"),
        ("三点一四", "3.14"),
        ("一百二", "invalid:一百二"),
        ("万", "invalid:万"),
        ("负", "invalid:负"),
        ("五百十百", "invalid:五百十百"),
        ("forty-two", "42"),
        ("The number is 42.", "invalid:The number is 42."),
        ("42%", "invalid:42%"),
        ("$42", "invalid:$42"),
        ("1,23", "1.23"),
        ("1,2345,678", "invalid:1,2345,678"),
        ("1 2 3", "invalid:1 2 3"),
        ("1" * 31, "invalid:" + "1" * 31),
        ("?", "invalid:?"),
    ],
)
def test_number_reads_any_script_and_grouping(text: str, expected: str) -> None:
    """A number is its value, whichever digits and separators it is written in; more than a number is invalid."""
    assert expected == category(said(text), "number")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A", "a"),
        ("(b).", "b"),
        ("**Q**", "q"),
        ("E\u0301", "é"),
        ("Ж", "ж"),
        ("ش", "ش"),
        ("ab", "invalid:ab"),
        ("7", "invalid:7"),
        ("A7", "invalid:A7"),
        ("A or B", "invalid:A or B"),
        ("!", "invalid:!"),
    ],
)
def test_letter_takes_one_letter(text: str, expected: str) -> None:
    """One letter of any script, case-folded."""
    assert expected == category(said(text), "letter")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Heads", "heads"),
        ("**Tails!**", "tails"),
        ("H", "heads"),
        ("正面", "heads"),
        ("反面。", "tails"),
        ("орёл", "heads"),
        ("Решка", "tails"),
        ("صورة", "heads"),
        ("كتابة", "tails"),
        ("edge", "invalid:edge"),
        ("heads or tails", "invalid:heads or tails"),
    ],
)
def test_coin_takes_a_side_in_many_languages(text: str, expected: str) -> None:
    """A side of a coin is heads or tails in whichever language it was said."""
    assert expected == category(said(text), "coin")


def test_every_outcome_has_its_category() -> None:
    """Texts are parsed, behaviour is named, and what says nothing about the model is None."""
    found = {outcome: category(said("a" if outcome in TEXT_OUTCOMES else None, outcome), "word") for outcome in Outcome}
    expected = {outcome: f"outcome:{outcome}" for outcome in Outcome}
    expected |= dict.fromkeys(TEXT_OUTCOMES, "a") | dict.fromkeys(MISSING_OUTCOMES)
    assert expected == found


def test_a_model_cannot_write_our_own_categories() -> None:
    """A text that reads like one of our prefixes stays a text."""
    texts = ("outcome:refusal", "invalid:x", "text:outcome:refusal", "plain")
    found = [category(said(text), "text") for text in texts]
    assert found == ["text:outcome:refusal", "text:invalid:x", "text:text:outcome:refusal", "plain"]


def test_raw_form_keeps_white_space_and_unicode_form() -> None:
    """Two texts that differ in form alone are one category normalised and two raw."""
    plain, dressed = said("café"), said(" cafe\u0301\n")
    assert category(plain, "text") == category(dressed, "text")
    assert category(dressed, "text", "raw") == " cafe\u0301\n"
    assert category(said(" a b"), "word", "raw") == "invalid: a b"


def test_white_space_alone_is_invalid() -> None:
    """An answer of white space is a category, never an empty text."""
    assert [category(said(" \n\t"), parser) for parser in PARSERS] == ["invalid:"] * 5


def test_long_texts_are_cut_and_stay_different() -> None:
    """Texts that agree in their first 120 code points and differ later are two categories of bounded length."""
    first, second = (category(said("x" * 5000 + tail), "text") for tail in "ab")
    assert first != second
    assert {120 + 1 + 16} == {len(str(first)), len(str(second))}


def test_a_cut_text_cannot_be_imitated() -> None:
    """The shown form of a long text, sent as an answer, is another category."""
    shown = str(category(said("x" * 5000), "text"))
    assert shown != category(said(shown), "text")


def test_an_unknown_parser_is_named() -> None:
    """The error says which parsers there are, even where no text would be parsed."""
    with pytest.raises(SuiteError, match="unknown parser 'smell'; known: text, word, number"):
        category(said(None, Outcome.REFUSAL), "smell")


def test_a_text_outcome_without_text_is_damage() -> None:
    """Nothing is made up for an observation that contradicts itself."""
    with pytest.raises(EvidenceDamaged, match="p#0 is ok but holds no text"):
        category(said(None), "word")


@FUZZ
@given(text=ANY_TEXT)
def test_any_text_has_a_category(text: str) -> None:
    """No text, however broken, crashes a parser or yields an empty category."""
    for parser in PARSERS:
        for form in ("normalised", "raw"):
            assert category(said(text), parser, form)  # type: ignore[arg-type]


@FUZZ
@given(text=ANY_TEXT, other=ANY_TEXT)
def test_text_categories_are_equal_exactly_when_normalised_texts_are(text: str, other: str) -> None:
    """`text` loses nothing but Unicode form and outer white space."""

    def bare(value: str) -> str:
        return unicodedata.normalize("NFC", value).strip()

    same = category(said(text), "text") == category(said(other), "text")
    assert same == (bare(text) == bare(other))


@FUZZ
@given(text=ANY_TEXT | NEARLY_NUMBERS)
@pytest.mark.parametrize("parser", ["word", "number", "letter", "coin"])
def test_a_parsed_value_parses_to_itself(text: str, parser: str) -> None:
    """Parsing is idempotent, and a value never looks like one of our prefixes."""
    value = str(category(said(text), parser))
    if not value.startswith("invalid:"):
        assert ":" not in value
        assert value == category(said(value), parser)


def dressings() -> list[Callable[[str], str]]:
    """Return ways in which models dress a value up."""
    return [str, "**{}**".format, "“{}”".format, "`{}`.".format, "\n {}!\n".format, "（{}）。".format, "_{}_".format]


@FUZZ
@given(value=st.integers(min_value=0, max_value=10**12), dress=st.sampled_from(dressings()))
def test_numbers_survive_every_dressing_and_script(value: int, dress: Callable[[str], str]) -> None:
    """An integer in grouped, full-width, Arabic-Indic or Devanagari digits is its plain decimal form."""
    written = [str(value), f"{value:,}", f"{value:_}".replace("_", "\u202f")]
    written += ["".join(chr(ord(zero) + int(char)) for char in str(value)) for zero in "０٠०"]
    assert {str(value)} == {category(said(dress(text)), "number") for text in written}


@FUZZ
@given(value=st.integers(min_value=1, max_value=10**12 - 1))
def test_chinese_numerals_mean_what_they_say(value: int) -> None:
    """A number spelt out by the rules of Chinese is read back."""
    assert str(value) == category(said(in_chinese(value)), "number")


def in_chinese(value: int) -> str:
    """Spell `value` in standard Chinese numerals, 0 < value < 10**12."""
    parts, gap = "", False
    for unit, scale in (("亿", 10**8), ("万", 10**4), ("", 1)):
        section, value = divmod(value, scale)
        if section:
            parts += ("零" if parts and (gap or section < 1000) else "") + section_in_chinese(section) + unit
        gap = section == 0 and bool(parts)
    return parts


def section_in_chinese(section: int) -> str:
    """Spell a number below 10,000."""
    spelt, gap = "", False
    for unit, scale in (("千", 1000), ("百", 100), ("十", 10), ("", 1)):
        digit, section = divmod(section, scale)
        if digit:
            spelt += ("零" if spelt and gap else "") + "零一二三四五六七八九"[digit] + unit
        gap = digit == 0
    return spelt


def test_categories_leave_the_observation_alone() -> None:
    """The text on record is the exact text."""
    observation: Any = said(" Blue. ")
    before = replace(observation)
    category(observation, "word")
    assert before == observation
