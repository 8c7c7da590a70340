"""Comparison document → page: sections found by name, in order; with several pairs, one fold a pair."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from blackbox import registry
from blackbox.report.blocks import Fold, Group, Link, Page, Title, Verdict
from blackbox.report.sections._numbers import count, moment, plural
from blackbox.report.sections._pairs import (
    closest_first,
    lead_mark,
    listed,
    mapping,
    pair_anchor,
    pair_title,
    pairs,
    runs,
    sides,
    with_names,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.report.blocks import Block, Builds

FRONT = 30
"""Document sections below this order stand before the pairs, the others after them."""
OPEN_PAIRS = 3
"""Up to this many pairs are shown unfolded."""
DETAILED_PAIRS = 200
"""Up to this many pairs are shown in detail, closest kin first."""


def assemble(document: Mapping[str, Any]) -> Page:
    """Return the page of a comparison document."""
    found, document = _sections(), with_names(document)
    compared = pairs(document)
    parts = _of_one(document, found) if len(compared) <= 1 else _of_many(document, found)
    return Page(title=_title(document), subtitle=_subtitle(document), parts=parts, n_pairs=len(compared))


def narrowed(document: Mapping[str, Any], pair: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the document with this pair and its two runs only."""
    known = runs(document)
    own = [known[side] for side in (str(pair.get("a")), str(pair.get("b"))) if side in known]
    return {**document, "pairs": [pair], "runs": own}


def _sections() -> Sequence[tuple[str, Builds]]:
    return sections_of("comparison")


def sections_of(kind: str) -> Sequence[tuple[str, Builds]]:
    """Return the sections that speak of one kind of document, in order, with their names."""
    named = [(name, registry.section(name)) for name in registry.names("report.sections")]
    own = [(name, section) for name, section in named if getattr(section, "kind", "comparison") == kind]
    return sorted(own, key=lambda entry: (entry[1].order, entry[0]))


def _scope(section: Builds) -> str:
    return str(getattr(section, "scope", "document"))


def _of_one(document: Mapping[str, Any], found: Sequence[tuple[str, Builds]]) -> tuple[Group, ...]:
    return built(document, found, prefix="")


def _of_many(document: Mapping[str, Any], found: Sequence[tuple[str, Builds]]) -> tuple[Group, ...]:
    whole = [(name, section) for name, section in found if _scope(section) == "document"]
    each = [(name, section) for name, section in found if _scope(section) == "pair"]
    compared = pairs(document)
    places = closest_first(compared)[:DETAILED_PAIRS]
    folds = tuple(_fold(document, place, each, opened=len(compared) <= OPEN_PAIRS) for place in places)
    return (
        *built(document, [entry for entry in whole if entry[1].order < FRONT], prefix=""),
        Group(title=("Pair by pair",), blocks=folds, anchor="pairs"),
        *built(document, [entry for entry in whole if entry[1].order >= FRONT], prefix=""),
    )


def _fold(document: Mapping[str, Any], place: int, each: Sequence[tuple[str, Builds]], *, opened: bool) -> Fold:
    pair, anchor = pairs(document)[place], pair_anchor(place)
    return Fold(
        title=pair_title(pair),
        blocks=built(narrowed(document, pair), each, prefix=f"{anchor}-"),
        anchor=anchor,
        mark=lead_mark(pair),
        open=opened,
    )


def built(document: Mapping[str, Any], found: Sequence[tuple[str, Builds]], *, prefix: str) -> tuple[Group, ...]:
    """Return the sections that have something to say, each answer with where to read on among them."""
    groups = {
        name: Group(
            title=(section.title,),
            blocks=section.build(document),
            anchor=f"{prefix}{name.replace('_', '-')}",
            brief=bool(getattr(section, "brief", False)),
            paper=bool(getattr(section, "paper", False)),
        )
        for name, section in found
    }
    spoken = {name: group for name, group in groups.items() if group.blocks}
    return tuple(
        replace(group, blocks=tuple(_leading_on(block, spoken) for block in group.blocks)) for group in spoken.values()
    )


def _leading_on(block: Block, spoken: Mapping[str, Group]) -> Block:
    """Return an answer with links to those of the sections it names that are there."""
    if not isinstance(block, Verdict):
        return block
    there = (spoken[link.target] for link in block.onward if link.target in spoken)
    return replace(block, onward=tuple(Link(words=group.title, target=group.anchor) for group in there))


def _title(document: Mapping[str, Any]) -> Title:
    compared = pairs(document)
    ends = {tuple(name.text for name in sides(pair)) for pair in compared}
    if len(ends) == 1:
        a, b = sides(compared[0])
        return (a, " against ", b)
    endpoints = {str(run.get("endpoint")) for run in listed(document.get("runs"))}
    return (f"{plural(len(endpoints), 'endpoint')}, {plural(len(compared), 'pair')} compared",)


def _subtitle(document: Mapping[str, Any]) -> str:
    found = runs(document).values()
    n_answers = sum(int(run.get("n_observations") or 0) for run in found)
    suites = sorted({str(run.get("suite")) for run in found})
    provenance = mapping(document.get("provenance"))
    stated = (
        f"{plural(len(found), 'run')}, {count(n_answers)} recorded calls",
        f"{'suite' if len(suites) == 1 else 'suites'} {', '.join(suites)}" if suites else "",
        f"blackbox {provenance['blackbox']}" if provenance.get("blackbox") else "",
        moment(provenance.get("created_at") or ""),
    )
    return " · ".join(part for part in stated if part)
