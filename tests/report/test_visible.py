"""Invisible characters are shown, visible ones are left alone."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blackbox.report.visible import pieces, visible

HIDDEN = {
    "escape": ("\x1b[31m", "⟨U+001B⟩[31m"),
    "null": ("a\x00b", "a⟨U+0000⟩b"),
    "C1 control": ("\x9b31m", "⟨U+009B⟩31m"),
    "delete": ("\x7f", "⟨U+007F⟩"),
    "right-to-left override": ("\u202eabc", "⟨U+202E⟩abc"),
    "isolate": ("\u2066x\u2069", "⟨U+2066⟩x⟨U+2069⟩"),
    "zero-width space": ("ye\u200bs", "ye⟨U+200B⟩s"),
    "byte order mark": ("\ufeffyes", "⟨U+FEFF⟩yes"),
    "lone surrogate": ("\ud800", "⟨U+D800⟩"),
    "tag letters": ("\U000e0041", "⟨U+E0041⟩"),
    "variation selector supplement": ("a\U000e0100", "a⟨U+E0100⟩"),
    "hangul filler": ("\u3164", "⟨U+3164⟩"),
    "line separator": ("a\u2028b", "a⟨U+2028⟩b"),
    "no-break space": ("a\u00a0b", "a⟨U+00A0⟩b"),
    "tab": ("a\tb", "a⇥b"),
    "carriage return": ("a\rb", "a⟨U+000D⟩b"),
    "line feed": ("a\nb", "a⏎b"),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_an_invisible_character_becomes_a_sign(name: str) -> None:
    """Nothing is dropped: each hidden character stands as a sign in its place."""
    text, expected = HIDDEN[name]

    assert visible(text) == expected


@pytest.mark.parametrize("text", ["plain", "naïve – “quoted”", "红色　的", "שלום", "😀", "e\u0301", "❤\ufe0f", ""])
def test_visible_text_is_left_alone(text: str) -> None:
    """Letters of any script, emoji and combining marks are shown as they are."""
    assert visible(text) == text


def test_line_feeds_can_stay() -> None:
    """Only line feeds stay, and only when asked for."""
    assert visible("a\nb\tc", lines=True) == "a\nb⇥c"


def test_outer_spaces_are_signs_in_quotes() -> None:
    """A space before or after an answer tells two answers apart, so it is shown; inner ones stay."""
    shown = "".join(piece.text for piece in pieces("  a b\n "))

    assert shown == "␣␣a b\n␣"


def test_the_end_of_a_cut_text_is_no_outer_space() -> None:
    """Where a text was cut, a space at the cut is not the end of what was said."""
    shown = "".join(piece.text for piece in pieces(" a ", whole=False))

    assert shown == "␣a "


def test_a_sign_carries_the_name_of_its_character() -> None:
    """A reader can learn what a sign stands for."""
    names = [piece.name for piece in pieces("a\u200bb\x07")]

    assert names == [None, "U+200B ZERO WIDTH SPACE", None, "U+0007 control character"]


@given(st.text(alphabet=st.characters(), max_size=40))
def test_no_control_or_format_character_ever_remains(text: str) -> None:
    """Over any text: no character of a hidden category is left, and text without any is unchanged."""
    left = {unicodedata.category(c) for c in visible(text)} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}

    assert left == set()
    assert visible(visible(text)) == visible(text)
