"""The report never claims more than the evidence: its fixed texts and its pages are read for overclaiming words."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from report import documents
from report.pages import parsed

import blackbox.report
from blackbox.core import wording
from blackbox.report import render

ROOT = Path(blackbox.report.__file__).parent
OVERCLAIMING = re.compile(
    r"\bprov(?:es|en|ed)\b|\bproofs?\b|\bcop(?:ied|y of)\b|\bstolen\b|\bmatch(?:es|ed|ing)?\b|\bfingerprint(?:s|ed)?\b"
    r"|\bDNA\b|\d\s?% similar|\bidentity\b|\bguilty\b|\bclone[ds]?\b|\bfake\b|\bcheat\w*"
    r"|\bconfidence\b|\bcertain(?:ly)?\b",
    flags=re.IGNORECASE,
)
DOCUMENT_FIELDS = frozenset({"fingerprints"})
"""Names of the contract's fields, read but never printed."""
VERDICTS = ("different", "inconclusive", "not_applicable", "equivalent")


def fixed_texts() -> list[tuple[str, str]]:
    """Return every text in the package's code, docstrings apart, and in its templates outside of tags."""
    found: list[tuple[str, str]] = []
    for path in sorted(ROOT.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        documentation = {
            id(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        found += [
            (path.name, node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation
        ]
    for path in sorted(ROOT.rglob("*.j2")):
        found.append(
            (
                path.name,
                re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL),
            )
        )
    return found


def overclaims(texts: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the texts that hold a word a report must not use."""
    return [(name, text) for name, text in texts if text not in DOCUMENT_FIELDS and OVERCLAIMING.search(text)]


def test_no_fixed_text_overclaims() -> None:
    """No text of the package proves, finds copies or matches, or gives a similarity without its bands."""
    texts = fixed_texts()

    assert len(texts) > 500
    assert overclaims(texts) == []


@pytest.mark.parametrize(
    "text",
    [
        "This proves that B is A.",
        "B was copied.",
        "a copy of A",
        "a match",
        "They are 93 % similar.",
        "its fingerprint",
        "95 % confidence",
    ],
)
def test_the_reading_finds_an_overclaiming_text(text: str) -> None:
    """The words are found where they stand."""
    assert overclaims([("made up", text)]) == [("made up", text)]


@pytest.mark.parametrize("verdict", VERDICTS)
@pytest.mark.parametrize("form", ["terminal", "html"])
def test_no_page_overclaims(verdict: str, form: str) -> None:
    """The drawn report of every verdict keeps to the same words."""
    out = render(documents.two(verdict, rank=0.3, n_exhibits=0), to=form)
    text = parsed(out).text if form == "html" else out

    assert OVERCLAIMING.findall(text) == []


@pytest.mark.parametrize("verdict", ["inconclusive", "not_applicable"])
def test_not_rejected_is_never_worded_as_sameness(verdict: str) -> None:
    """Where no difference was found, nothing says that the two are alike, the same or equivalent."""
    text = " ".join(parsed(render(documents.two(verdict), to="html")).text.split())
    answer = text[text.index("Do A and B answer from one") : text.index("Do A and B share ancestry")]
    claims = re.findall(
        r"(?:are|is) (?:the same|alike|equal|identical|equivalent)|answer alike|no difference exists", answer
    )

    assert claims == (["are alike"] if verdict == "inconclusive" else [])
    assert ("This does not say that the two are alike." in answer) == (verdict == "inconclusive")


@pytest.mark.parametrize("verdict", VERDICTS)
@pytest.mark.parametrize("form", ["terminal", "html"])
def test_every_answer_says_what_it_does_not_say(verdict: str, form: str) -> None:
    """Three questions, three times what must not be read into the answer, whatever the verdict."""
    out = render(documents.two(verdict), to=form)
    text = " ".join((parsed(out).text if form == "html" else out).split())

    assert text.count("This does not say") == 3


def test_the_sentences_of_the_evidence_are_printed_as_they_are() -> None:
    """A report words no verdict anew: it prints what evidence wrote."""
    document = documents.two("inconclusive")
    document["pairs"][0]["sentences"] = {
        "same": "Sentence one.",
        "related": "Sentence two.",
        "mixed": "Sentence three.",
    }
    text = render(document)

    assert [s for s in ("one", "two", "three") if f"\nSentence {s}.\n" not in text] == []


def texts_of(value: object) -> list[str]:
    """Return every text held in a constant."""
    if isinstance(value, str):
        return [value]
    held = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else ()
    return [text for each in held for text in texts_of(each)]


WORDS = [text for name, value in vars(wording).items() if name.isupper() for text in texts_of(value)]
SAME_OF = r"\bsame\b(?!\*)(?![ -](?:weights|way|words|suite|public data|teacher|model, released|family)\b)"
"""As the name of the question it has its stars; of weights, words and the like it claims nothing of two endpoints."""


def test_the_words_of_verdicts_stand_in_one_module_and_claim_no_more() -> None:
    """Nothing overclaims, and *same* is said of nothing but weights and the like: sameness needs its margin."""
    assert len(WORDS) > 60
    assert [] == [text for text in WORDS if OVERCLAIMING.search(text)]
    assert [] == [text for text in WORDS if re.search(SAME_OF, text) and "margin" not in text]
    assert re.search(SAME_OF, "They are the same.")


def test_no_other_module_writes_them_again() -> None:
    """Verdict names, limits, strengths and disclaimers are literals of `core.wording` alone."""
    once = {
        wording.DIRECTION,
        wording.NOT_A_PROBABILITY,
        wording.TWO_PRODUCTS,
        *wording.LIMITS,
        *wording.BANDS.values(),
    }
    once |= {words for _, words in wording.VERBAL_SCALE} | set(wording.NOT_SAID.values()) | set(wording.REBUTTALS)
    again = []
    for path in sorted(ROOT.parent.rglob("*.py")):
        nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        held = {node.value for node in nodes if isinstance(node, ast.Constant)}
        again += [(path.name, text) for text in sorted(once.intersection(map(str, held)))]

    assert {"wording.py"} == {name for name, _ in again}
    assert len(again) == len(once)
