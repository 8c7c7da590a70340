"""Any answer can be looked up: by probe, family, language and words, equal ones counted together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox.report.blocks import Finder, Found, Name, Quote, Saying, Section, Text
from blackbox.report.sections import _words
from blackbox.report.sections._numbers import count, plural
from blackbox.report.sections._pairs import listed, mapping, run_names, suite_title

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from blackbox.report.blocks import Block

WHERE = '"answers" in comparison.json; in full: blackbox show RUN'
MOST_NAMED = 6
"""Runs named beside an answer; the others are counted."""


def build(document: Mapping[str, Any]) -> tuple[Block, ...]:
    """Return all probes with what was answered to them."""
    entries = [mapping(entry) for entry in listed(document.get("answers"))]
    items = tuple(found for entry in entries for found in _of_suite(entry, run_names(document)))
    if not items:
        return ()
    n_probes = sum(int(entry.get("n_probes") or 0) for entry in entries)
    missing = n_probes - len(items)
    cut = f" {plural(missing, 'probe')} more would not fit here: blackbox show RUN has them." if missing > 0 else ""
    said = f"{plural(len(items), 'probe')}, every different answer once with how often each run gave it.{cut}"
    return (Text(text=said, kind="note"), Finder(items=items, where=WHERE))


def _of_suite(entry: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[Found]:
    runs = [names.get(str(run), str(run)) for run in listed(entry.get("runs"))]
    for probe in map(mapping, listed(entry.get("probes"))):
        yield Found(
            probe=Name(text=str(probe.get("probe_id"))),
            suite=suite_title(entry),
            family=str(probe.get("family") or "none"),
            language=_words.language(probe.get("language")),
            prompt=Quote(text=str(probe.get("prompt") or ""), cut=bool(probe.get("prompt_cut"))),
            sayings=tuple(_saying(mapping(answer), runs) for answer in listed(probe.get("answers"))),
            n_distinct=int(probe.get("n_distinct") or 0),
        )


def _saying(answer: Mapping[str, Any], runs: Sequence[str]) -> Saying:
    outcome = str(answer.get("outcome"))
    words = _words.OUTCOMES.get(outcome, outcome)
    text = str(answer.get("text") or "") or f"[{words}]"
    by_run = sorted(((int(n), int(place)) for place, n in _tally(answer)), key=lambda each: (-each[0], each[1]))
    named = ", ".join(f"{runs[place]} {n}" for n, place in by_run[:MOST_NAMED])
    more = len(by_run) - MOST_NAMED
    return Saying(
        quote=Quote(text=text, cut=bool(answer.get("cut"))),
        outcome="" if outcome == "ok" else words,
        n=int(answer.get("n") or 0),
        by=Name(text=named + (f" and {count(more)} more" if more > 0 else "")),
    )


def _tally(answer: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """Yield the runs that gave an answer by their places; a place that is none is left out."""
    yield from ((place, n) for place, n in mapping(answer.get("by_run")).items() if str(place).isdecimal())


SECTION = Section(title="Find an answer", order=57, build=build, paper=True)
