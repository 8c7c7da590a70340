"""How this comparison came about: who was chosen and how, what was fixed beforehand, how much was looked at, when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox.core.wording import CHOSEN_UNSTATED, LOOKS
from blackbox.report.blocks import Bullets, Fact, KeyValues, Quote, Section
from blackbox.report.sections._numbers import count, moment, plural
from blackbox.report.sections._pairs import listed, mapping, pairs, suite_title
from blackbox.report.sections._pairs import runs as by_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blackbox.report.blocks import Block, Inline

_ORIGINS = {
    "imported": "imported: how the questions were chosen is not recorded",
    "collected": "collected under a plan that fixes questions, order, level and margin before the first call",
}


def build(document: Mapping[str, Any]) -> tuple[Block, ...]:
    """Return what a reader must know before counting a finding."""
    if not pairs(document):
        return ()
    facts = (
        Fact(name="why these two" if len(pairs(document)) == 1 else "why these", value=_chosen(document)),
        Fact(name="comparisons", value=_compared(document), meaning="Every one of them is in this report."),
        Fact(
            name="looks",
            value=_looks(document),
            meaning="Collecting more until something shows is one look more.",
        ),
        Fact(name="observed", value=_window(document), meaning="Nothing is known of any other time."),
        Fact(name="sessions", value=_sessions(document)),
    )
    return (KeyValues(facts=facts), Bullets(items=_questions(document)))


def _chosen(document: Mapping[str, Any]) -> Inline:
    stated = document.get("chosen")
    return Quote(text=str(stated)) if stated else CHOSEN_UNSTATED


def _compared(document: Mapping[str, Any]) -> str:
    tested = sum(int(entry.get("n_pairs_tested") or 0) for entry in map(mapping, listed(document.get("decision"))))
    skipped = len(listed(document.get("skipped_pairs")))
    questions = plural(len(listed(document.get("questions"))), "question")
    left = f"; {count(skipped)} left out, with the reasons under skipped pairs" if skipped else ""
    return f"{plural(len(pairs(document)), 'pair')} and {questions}; {count(tested)} tested for a difference{left}"


def _looks(document: Mapping[str, Any]) -> str:
    taken = {
        LOOKS.format(look=entry.get("look"), planned=entry.get("looks_planned") or "an unknown number")
        for entry in map(mapping, listed(document.get("decision")))
        if entry.get("look")
    }
    return "; ".join(sorted(taken)) or "not recorded"


def _window(document: Mapping[str, Any]) -> str:
    found = by_id(document).values()
    firsts = sorted(str(run["requested_from"]) for run in found if run.get("requested_from"))
    lasts = sorted(str(run["requested_to"]) for run in found if run.get("requested_to"))
    if not firsts or not lasts:
        return "times of the calls are not recorded"
    untimed = sum(not run.get("requested_from") for run in found)
    beside = f"; {plural(untimed, 'run')} without times" if untimed else ""
    return f"{moment(firsts[0])} to {moment(lasts[-1])}{beside}"


def _sessions(document: Mapping[str, Any]) -> str:
    tally: dict[tuple[str, str], int] = {}
    for run in by_id(document).values():
        key = (str(run.get("endpoint")), suite_title(run))
        tally[key] = tally.get(key, 0) + 1
    repeated = sum(n > 1 for n in tally.values())
    of = plural(len(tally), "endpoint under a suite", "endpoints under their suites")
    return f"{repeated} of {of} answered in more than one session, which is the strong control"


def _questions(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Return how the questions of each suite were chosen."""
    found: dict[str, str] = {}
    for run in by_id(document).values():
        origin = _ORIGINS.get(str(run.get("origin")), "how they were chosen is not recorded")
        found.setdefault(suite_title(run), f"digest {str(run.get('suite_digest') or 'not recorded')[:16]}; {origin}")
    return tuple(f"Questions of {suite}: {words}." for suite, words in sorted(found.items()))


SECTION = Section(title="How this comparison came about", order=72, build=build, paper=True)
