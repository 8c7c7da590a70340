"""Records in a notebook: inert HTML, frames with a row a pair or an answer, and one line where pandas is missing."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

import pytest
from report import documents
from report.pages import parsed
from report.test_hostile import CORPUS, attacked

from blackbox.core import Comparison, Run
from blackbox.core.showing import N_PAIRS
from blackbox.errors import UsageError
from tests.support import printed
from tests.support.runs import make_run, make_suite

if TYPE_CHECKING:
    from collections.abc import Sequence


def answered(texts: Sequence[str | None], endpoint: str = "a") -> Run:
    """Return a run that answered so."""
    suite = make_suite(1, repeats=len(texts))
    return make_run(suite, {"p000": texts}, endpoint=endpoint)


def test_a_comparison_shows_verdicts_and_what_they_do_not_say() -> None:
    """A table a row a pair, the sentences, the warnings and the limits."""
    page = parsed(Comparison(document=documents.suites_of_two())._repr_html_())

    assert (page.misnested, page.unclosed) == ([], [])
    for words in (
        "different",
        "inconclusive",
        "not_applicable",
        "no result says who derived from whom",
        "qwen-official",
    ):
        assert words in page.text


def test_many_pairs_are_counted() -> None:
    """A notebook shows some; a frame has all."""
    comparison = Comparison(document=documents.many(14, 2, 1))
    html = comparison._repr_html_()

    assert html.count("<tr>") == N_PAIRS + 1
    assert "41 of 91 pairs are left out here" in html
    assert len(comparison.to_frame()) == 91


@pytest.mark.parametrize("text", ["".join(CORPUS[:18]), *CORPUS[18:]])
def test_hostile_text_is_inert(text: str) -> None:
    """Names and answers add no element, no attribute, and nothing that can't be seen."""
    shapes = []
    for added in ("x", text):
        document = attacked(documents.suites_of_two(), lambda true, added=added: added + true)
        run = answered([added, None], endpoint="a")
        html = Comparison(document=document)._repr_html_() + run._repr_html_()
        page = parsed(html)
        assert page.misnested == []
        shapes.append({element.shape for element in page.elements})
        assert all(c.isprintable() for c in html)

    assert shapes[0] == shapes[1]


def test_a_run_shows_its_circumstances_and_first_answers() -> None:
    """Who answered, to what, with which outcomes; a missing answer is a row without a text."""
    html = answered(["yes"] * 11 + [None])._repr_html_()

    for words in ("simulated v1", "ok 11", "error 1", "4 of 12 answers are left out here", "p000#0"):
        assert words in html


def test_frames_have_a_row_a_pair_or_an_answer() -> None:
    """With the columns that a table of results needs; what is missing is null, not a text."""
    pairs = Comparison(document=documents.suites_of_two()).to_frame()
    answers = answered(["yes", None]).to_frame()

    assert ["different", "inconclusive", "not_applicable"] == list(pairs["verdict"])
    assert {"pvalue_adjusted", "effect_ci_low", "log10_lr", "mixed_share"} <= set(pairs.columns)
    assert ["ok", "error"] == list(answers["outcome"])
    assert answers["text"].isna().tolist() == [False, True]
    assert {"served_model", "latency_s", "prompt_tokens", "error"} <= set(answers.columns)


def test_a_history_is_a_frame_of_its_runs() -> None:
    """A reading of a history gives a row a run, and shows its verdict."""
    history = Comparison(document=printed.drift())

    assert "changed: run 8 of 9 confirms" in re.sub("<[^>]*>", "", history._repr_html_())
    assert len(history.to_frame()) == len(printed.drift()["points"])


def test_without_pandas_there_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says what to install; nothing else needs it."""
    monkeypatch.setitem(sys.modules, "pandas", None)
    run: Any = answered(["yes"])

    assert run._repr_html_()
    with pytest.raises(UsageError, match="pip install pandas"):
        run.to_frame()


def test_an_answer_is_cut() -> None:
    """Long answers do not fill a notebook."""
    assert len(answered(["word " * 5000])._repr_html_()) < 3000
