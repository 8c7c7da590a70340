"""History document → page: one endpoint in full, or a table over many with one fold each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox.report.assembling import built, sections_of
from blackbox.report.blocks import Fold, Group, Name, Page, Title
from blackbox.report.sections._histories import answers, histories, history_anchor, history_mark, history_title
from blackbox.report.sections._numbers import count, moment, plural
from blackbox.report.sections._pairs import listed, mapping

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.report.blocks import Builds

OPEN_HISTORIES = 2
"""Up to this many histories are shown unfolded."""


def assemble(document: Mapping[str, Any]) -> Page:
    """Return the page of a `blackbox.drift/1` or `blackbox.watch/1` document."""
    found = histories(document)
    whole = [entry for entry in sections_of("drift") if getattr(entry[1], "scope", "document") == "document"]
    each = [entry for entry in sections_of("drift") if getattr(entry[1], "scope", "document") == "pair"]
    parts = (
        built(found[0], each, prefix="")
        if len(found) == 1
        else (*built(document, whole, prefix=""), _folds(found, each))
    )
    return Page(title=_title(found), subtitle=_subtitle(document, found), parts=parts, n_pairs=len(found))


def _folds(found: Sequence[Mapping[str, Any]], each: Sequence[tuple[str, Builds]]) -> Group:
    folds = tuple(
        Fold(
            title=history_title(history),
            blocks=built(history, each, prefix=f"{history_anchor(place)}-"),
            anchor=history_anchor(place),
            mark=history_mark(history),
            open=len(found) <= OPEN_HISTORIES,
        )
        for place, history in enumerate(found)
    )
    return Group(title=("Endpoint by endpoint",), blocks=folds, anchor="histories")


def _title(found: Sequence[Mapping[str, Any]]) -> Title:
    if len(found) == 1:
        return (Name(text=str(found[0].get("endpoint"))), " over time")
    return (f"{plural(len(found), 'history', 'histories')} of endpoints",)


def _subtitle(document: Mapping[str, Any], found: Sequence[Mapping[str, Any]]) -> str:
    provenance = mapping(document.get("provenance")) or mapping(found[0].get("provenance") if found else None)
    n_runs = sum(len(listed(history.get("points"))) for history in found)
    suites = sorted({f"{history.get('suite')} v{history.get('suite_version')}" for history in found})
    stated = (
        f"{plural(n_runs, 'run')}, {count(sum(map(answers, found)))} usable answers",
        f"{'suite' if len(suites) == 1 else 'suites'} {', '.join(suites)}",
        f"blackbox {provenance['blackbox']}" if provenance.get("blackbox") else "",
        moment(provenance.get("created_at") or ""),
    )
    return " · ".join(part for part in stated if part)
