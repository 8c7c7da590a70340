"""How sections read a document and name a pair and its sides, the same everywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from blackbox.report.blocks import Link, Mark, Name, Title, Tone

_TONES: Mapping[str, Tone] = {
    "different": "different",
    "inconclusive": "inconclusive",
    "not_applicable": "not_applicable",
    "equivalent": "equivalent",
}
_WORDS = {
    "different": "different",
    "inconclusive": "inconclusive",
    "not_applicable": "not applicable",
    "equivalent": "equivalent within the margin",
}


def mapping(value: object) -> Mapping[str, Any]:
    """Return an object of the document, empty where it is null or absent."""
    return value if isinstance(value, Mapping) else {}


def listed(value: object) -> Sequence[Any]:
    """Return a list of the document, empty where it is null or absent."""
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()


def pairs(document: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return the document's pairs."""
    return listed(document.get("pairs"))


def runs(document: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """Return the document's runs by id."""
    return {str(run.get("id")): run for run in listed(document.get("runs"))}


def sides(pair: Mapping[str, Any]) -> tuple[Name, Name]:
    """Return what side A and side B are called: their endpoints, or their runs when both are of one endpoint."""
    a, b = str(pair.get("a_endpoint", "A")), str(pair.get("b_endpoint", "B"))
    if a == b:
        a, b = str(pair.get("a", a)), str(pair.get("b", b))
    return Name(text=a), Name(text=b)


def side_titles(pair: Mapping[str, Any]) -> tuple[str, str]:
    """Return the column titles of the two sides."""
    a, b = sides(pair)
    return f"A · {a.text}", f"B · {b.text}"


def suite_title(pair: Mapping[str, Any]) -> str:
    """Return suite and version of a pair."""
    version = pair.get("suite_version")
    return f"{pair.get('suite', 'suite unknown')}{f' v{version}' if version is not None else ''}"


def pair_title(pair: Mapping[str, Any]) -> Title:
    """Return the heading of a pair."""
    a, b = sides(pair)
    return (a, " against ", b, " · ", Name(text=suite_title(pair)))


def pair_anchor(index: int) -> str:
    """Return the page anchor of the pair at `index` of the document."""
    return f"pair-{index + 1}"


def pair_link(pair: Mapping[str, Any], index: int) -> Link:
    """Return a link into a pair's part of the page."""
    a, b = sides(pair)
    return Link(words=(a, " against ", b), target=pair_anchor(index))


def verdict_mark(verdict: object) -> Mark:
    """Return the mark of a verdict of *same*; an unknown word is shown neutrally."""
    word = str(verdict)
    return Mark(tone=_TONES.get(word, "neutral"), word=_WORDS.get(word, word))


def same_mark(pair: Mapping[str, Any]) -> Mark:
    """Return the mark of a pair's verdict of *same*."""
    return verdict_mark(mapping(pair.get("same")).get("verdict", "not_applicable"))


def related_mark(pair: Mapping[str, Any]) -> Mark:
    """Return what a pair's *related* answer amounts to: a verbal equivalent, a rank alone, or nothing."""
    related = mapping(pair.get("related"))
    if related.get("log10_lr") is not None:
        return Mark(tone="neutral", word=str(related.get("verbal") or "likelihood ratio"))
    if related.get("rank_pvalue") is not None:
        return Mark(tone="neutral", word="rank only, no ratio")
    return Mark(tone="not_applicable", word="no statement")


def lead_mark(pair: Mapping[str, Any]) -> Mark:
    """Return the mark of the question that leads a pair."""
    return related_mark(pair) if pair.get("lead") == "related" else same_mark(pair)
