"""Answers to look up: equal ones once, every usable one counted, and never more than there is room for."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from blackbox.evidence import answers
from blackbox.evidence.answers import answers_entry
from tests.support.runs import make_run, make_suite

if TYPE_CHECKING:
    import pytest

SUITE = make_suite(2, repeats=3)
FORMS = {"p000": "closed", "p001": "closed"}


def test_equal_answers_are_counted_together_by_run() -> None:
    """By a naive count: each different text once, with its number of times in each run; lost calls are no answers."""
    said = ({"p000": ["a", "b", None], "p001": ["x"]}, {"p000": ["b", "b", "c"], "p001": [None]})
    runs = [make_run(SUITE, each, endpoint=f"e{place}") for place, each in enumerate(said)]
    entry = answers_entry(runs, FORMS)
    expected = Counter((text, str(place)) for place, each in enumerate(said) for text in each["p000"] if text)

    found = entry["probes"][0]["answers"]
    assert {(a["text"], place): n for a in found for place, n in a["by_run"].items()} == dict(expected)
    assert ["b", "a", "c"] == [a["text"] for a in found]
    assert [a["n"] for a in found] == [sum(a["by_run"].values()) for a in found]
    assert (3, 2, [run.id for run in runs]) == (entry["probes"][0]["n_distinct"], entry["n_probes"], entry["runs"])


def test_answers_that_differ_in_white_space_only_are_two() -> None:
    """A stripped space is a difference (METHODS §1.11)."""
    entry = answers_entry([make_run(SUITE, {"p000": ["a", " a"]})], FORMS)

    assert {"a", " a"} == {a["text"] for a in entry["probes"][0]["answers"]}


def test_there_is_only_so_much_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long answers are cut and say so; where even that is too much, later probes are left out and counted."""
    monkeypatch.setattr(answers, "MAX_CHARACTERS", 300)
    runs = [make_run(SUITE, {"p000": ["y" * 500, "z" * 500, "w"], "p001": ["v" * 90]})]
    entry = answers_entry(runs, FORMS)

    assert (1, 2) == (len(entry["probes"]), entry["n_probes"])
    assert [(80, True), (80, True), (1, False)] == [(len(a["text"]), a["cut"]) for a in entry["probes"][0]["answers"]]
