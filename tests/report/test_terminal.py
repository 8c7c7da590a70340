"""The terminal text: 80 columns, plain unless colour is asked for, the same answers as the page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from report import documents
from rich.cells import cell_len

from blackbox.report import render

if TYPE_CHECKING:
    from collections.abc import Callable

DOCUMENTS: dict[str, Callable[[], dict[str, Any]]] = {
    "different": lambda: documents.two("different"),
    "inconclusive": lambda: documents.two("inconclusive"),
    "not-applicable": lambda: documents.two("not_applicable", banded=False),
    "suites": documents.suites_of_two,
    "related": documents.related_only,
    "many": lambda: documents.many(4, 20, 2),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_text_is_the_golden_one(name: str, golden: Callable[[str, str], None]) -> None:
    """Every line as last looked at."""
    golden(f"terminal-{name}.txt", render(DOCUMENTS[name]()))


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_wider_than_the_terminal(name: str, width: int) -> None:
    """Only commands, which are there to be copied, may be longer."""
    lines = render(DOCUMENTS[name](), width=width).splitlines()

    assert [line for line in lines if cell_len(line) > width and not line.startswith("  blackbox ")] == []


def test_plain_text_holds_no_control_byte_and_no_trailing_space() -> None:
    """Without colour there is nothing but printable text and line feeds."""
    text = render(documents.two())

    assert re.findall(r"[^\S\n ]|[\x00-\x09\x0b-\x1f\x7f-\x9f]", text.replace("\u3000", "")) == []
    assert [line for line in text.splitlines() if line != line.rstrip()] == []


def test_colour_adds_codes_and_changes_no_word() -> None:
    """With colour the words are the same, and only colour codes are added."""
    plain, coloured = (render(documents.two(), color=color) for color in (False, True))
    stripped = "\n".join(line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", coloured).split("\n"))

    assert "\x1b[" in coloured
    assert stripped == plain


def test_the_environment_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is drawn depends on the arguments alone; the command line reads the environment."""
    before = render(documents.two())
    for name, value in (("COLUMNS", "50"), ("NO_COLOR", "1"), ("FORCE_COLOR", "1"), ("TERM", "dumb")):
        monkeypatch.setenv(name, value)

    assert render(documents.two()) == before


def test_every_verdict_stands_out_without_colour() -> None:
    """The verdict is a sign and a word in capitals."""
    marks = {
        "different": "≠ DIFFERENT",
        "inconclusive": "? INCONCLUSIVE",
        "not_applicable": "– NOT APPLICABLE",
        "equivalent": "≈ EQUIVALENT WITHIN THE MARGIN",
    }

    assert {v: mark for v, mark in marks.items() if f"\n{mark}\n" not in render(documents.two(v))} == {}


def test_a_very_narrow_terminal_is_drawn_at_forty_columns() -> None:
    """Below forty columns lines wrap in the terminal rather than letter by letter here."""
    assert render(documents.two(), width=7) == render(documents.two(), width=40)


def test_many_pairs_are_listed_and_their_details_pointed_to() -> None:
    """Beyond three pairs the terminal shows the overview and says where the rest is."""
    text = render(documents.many(4, 20, 2))

    assert "6 pairs in detail: in the HTML report, or name two runs to compare." in text
    assert "Answers side by side" not in text


def test_a_few_pairs_are_told_in_brief() -> None:
    """With two or three pairs each has its answer, its similarity and what would settle it; the rest is pointed to."""
    text = render(documents.suites_of_two())

    assert text.count("More on this pair: in the HTML report, or name its two runs to compare.") == 3
    assert text.count("What would settle it") == 3
    assert "Probes by effect" not in text


def test_what_is_left_out_is_counted() -> None:
    """A cut table says how many rows are missing and where they are."""
    text = " ".join(render(documents.two()).split())

    assert '10 of 16 rows left out here; all of them: "probes" of this pair in comparison.json.' in text
