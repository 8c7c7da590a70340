"""What a report must hold so that it can be argued with: each item is on the page, also where nothing was found."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from report import documents
from report.pages import parsed

from blackbox.core import wording
from blackbox.report import render
from blackbox.report.sections._exhibits import marks_of

ITEMS = {
    "propositions": [words for pair in wording.PROPOSITIONS.values() for words in pair],
    "no direction": [wording.DIRECTION],
    "no probability": [wording.NOT_A_PROBABILITY],
    "explanations": [*wording.EXPLANATIONS.values(), "Not tested, for answers alone can't rule them out"],
    "explanations that no test covers": list(wording.UNTESTABLE),
    "how chosen": ["why these two", "not stated", "Questions of one-token v1: digest", "before the first call"],
    "how much was looked at": ["1 pair and 3 questions; 1 tested for a difference", "looks"],
    "when": ["observed", "2026-03-01 09:01 UTC to 2026-03-01 10:02 UTC"],
    "session controls": ["Each endpoint against itself", "second session", "0 of 2 endpoints under their suites"],
    "loss": ["Lost answers: 3 on side A, 3 on side B. No unequal loss was seen (p = 0.81)."],
    "decoding": ["sent decoding", "honoured decoding", "not measured"],
    "bands": ["Repeat control", "Same weights, other hosts", "Unrelated endpoints"],
    "rebuttal": list(wording.REBUTTALS),
    "reply": ["No reply was given with this report."],
    "settling": ["Collect a second session of each endpoint"],
    "provenance": ["blackbox verify ", "blackbox compare ", "Suite digest", "Journal head"],
}


def words(document: dict[str, Any]) -> str:
    """Return the text of a document's page on one line."""
    return " ".join(parsed(render(document, to="html")).text.split()).replace("`", "")


@pytest.mark.parametrize("verdict", ["different", "inconclusive", "not_applicable", "equivalent"])
def test_every_item_is_on_the_page_whatever_the_verdict(verdict: str) -> None:
    """A page that says that the answers are insufficient is as complete as one that says different."""
    text = words(documents.two(verdict))

    assert {} == {
        item: missing
        for item, wanted in ITEMS.items()
        if (missing := [each for each in wanted if each.replace("`", "") not in text])
    }


def test_a_population_is_named_with_its_errors() -> None:
    """Who the population is, how often its ratios mislead with the upper limit, and whether siblings are in it."""
    text = words(documents.against_population(3))

    wanted = (
        "40 models in 21 lineage groups, 780 labelled pairs",
        "at most, bounded",
        "1.00 %",
        "too few siblings",
        "2026-02-01 09:00 UTC to 2026-02-03 09:00 UTC; en, zh",
    )
    assert [] == [each for each in wanted if each not in text]
    assert text.index("Similarity with its three bands") < text.index("What this population can support".lower())


def test_how_the_pair_was_chosen_is_quoted() -> None:
    """The user's own words are a quote: shown, never obeyed."""
    html = render(documents.two() | {"chosen": "the <b>contract</b> names it"}, to="html")

    assert '<bdi class="quote">the &lt;b&gt;contract&lt;/b&gt; names it</bdi>' in html


def test_a_reply_stands_word_for_word_and_its_field_goes() -> None:
    """With a reply the page shows it escaped, with its digest; without one there is a field to write and print."""
    given = documents.two() | {"reply": {"text": "We served v2.\n<b>Not</b> v1.", "digest": "ab" * 32}}
    html = render(given, to="html")

    assert "We served v2.\n&lt;b&gt;Not&lt;/b&gt; v1." in html
    assert ("ab" * 32 in html, "<textarea" in html) == (True, False)
    assert 1 == render(documents.two(), to="html").count("<textarea")
    assert given["reply"] == json.loads(render(given, to="json"))["reply"]


def test_several_pairs_say_what_they_do_not_say() -> None:
    """The overview of many carries its own disclaimer before the first pair."""
    text = words(documents.many(4, 2, 1))

    assert 0 < text.index(wording.NOT_SAID["several"]) < text.index("Pair by pair", text.index("pairs compared: "))


def test_answers_are_looked_up_with_equal_ones_counted_once() -> None:
    """A probe's different answers stand once with counts and runs; words of models are quotes only."""
    whole = documents.two()
    whole["answers"] = [documents.answers(whole["runs"])]
    html = render(whole, to="html")

    assert html.count('<details class="found"') == 4
    assert '<b class="times">9 ×</b>' in html
    assert '<bdi class="quote">&lt;i&gt;blue&lt;/i&gt;</bdi>' in html
    assert "<i>blue" not in html
    assert "qwen-official 7, qwen-reseller 2" in parsed(html).text


def test_shared_rare_phrases_are_marked_in_both_answers() -> None:
    """A phrase of the telling ones is marked wherever it stands, in any case of letters; nothing else is."""
    whole = documents.two(n_exhibits=4)
    phrase = {"probe_id": "cell-003", "phrase": "let them soften", "n_words": 3, "n_sharing": 0, "n_references": 9}
    whole["pairs"][0]["related"]["telling"] = {"probes": [], "phrases": [phrase]}
    marked = re.findall("<mark>(.*?)</mark>", render(whole, to="html"))

    assert len(marked) > 3
    assert {"let them soften"} == set(marked)
    assert "<mark>" not in render(documents.two(n_exhibits=4), to="html")


def test_marks_join_where_they_overlap() -> None:
    """Places are in order and apart; an empty phrase marks nothing."""
    assert ((0, 7), (8, 11)) == marks_of("One two TWO", ["one t", "e two", "two", " "])
    assert () == marks_of("one", [])
