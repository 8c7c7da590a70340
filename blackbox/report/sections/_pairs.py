"""How sections read a document and name a pair and its sides, the same everywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from blackbox.core.wording import VERDICTS
from blackbox.report.blocks import Link, Mark, Name, Title, Tone

_NAMES = "side_names"
_TONES: Mapping[str, Tone] = {
    "different": "different",
    "inconclusive": "inconclusive",
    "not_applicable": "not_applicable",
    "equivalent": "equivalent",
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


def with_names(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the document with the name of each side in its pairs, two sessions of one endpoint told apart."""
    names = run_names(document)
    named = [
        {**pair, _NAMES: [names.get(str(pair.get(side)), str(pair.get(f"{side}_endpoint"))) for side in "ab"]}
        for pair in pairs(document)
    ]
    return {**document, "pairs": named}


def run_names(document: Mapping[str, Any]) -> Mapping[str, str]:
    """Return by run id: its endpoint, with its label, and numbered where that is still ambiguous in its suite."""
    groups: dict[tuple[str, str], list[str]] = {}
    for run_id, run in runs(document).items():
        label = str(run.get("label") or "")
        name = f"{run.get('endpoint')}{f' ({label})' if label else ''}"
        groups.setdefault((suite_title(run), name), []).append(run_id)
    return {
        run_id: name if len(members) == 1 else f"{name} (run {number})"
        for (_, name), members in groups.items()
        for number, run_id in enumerate(members, start=1)
    }


def sides(pair: Mapping[str, Any]) -> tuple[Name, Name]:
    """Return what side A and side B are called."""
    a, b = pair.get(_NAMES) or (pair.get("a_endpoint", "A"), pair.get("b_endpoint", "B"))
    return Name(text=str(a)), Name(text=str(b))


def side_titles(pair: Mapping[str, Any]) -> tuple[str, str]:
    """Return the column titles of the two sides."""
    a, b = sides(pair)
    return f"A · {a.text}", f"B · {b.text}"


def suite_title(entry: Mapping[str, Any]) -> str:
    """Return suite and version of a pair or run."""
    version = entry.get("suite_version")
    return f"{entry.get('suite', 'suite unknown')}{f' v{version}' if version is not None else ''}"


def rank(pair: Mapping[str, Any]) -> float | None:
    """Return a pair's rank p-value among the references, where there are any."""
    value: float | None = mapping(pair.get("related")).get("rank_pvalue")
    return value


def closest_first(compared: Sequence[Mapping[str, Any]]) -> Sequence[int]:
    """Return the places of the pairs, closest kin first where they are ranked, else as they are."""

    def key(place: int) -> tuple[float, float, int]:
        found, score = rank(compared[place]), mapping(compared[place].get("related")).get("score")
        return (2.0 if found is None else found, -(score or 0.0), place)

    return sorted(range(len(compared)), key=key)


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


def onward(*sections: str) -> tuple[Link, ...]:
    """Return links to sections of the same pair, by file name, for the page to complete."""
    return tuple(Link(words=(), target=name) for name in sections)


def verdict_mark(verdict: object) -> Mark:
    """Return the mark of a verdict of *same*; an unknown word is shown neutrally."""
    word = str(verdict)
    return Mark(tone=_TONES.get(word, "neutral"), word=VERDICTS.get(word, word))


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
