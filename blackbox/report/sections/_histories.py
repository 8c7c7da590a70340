"""How sections read a history and name its runs, the same everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox.report.blocks import Mark, Name, Title, Tone
from blackbox.report.sections._pairs import listed, mapping

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TONES: Mapping[str, Tone] = {
    "changed": "different",
    "unstable": "inconclusive",
    "inconclusive": "inconclusive",
}
"""What was not seen is no finding of sameness: *no change seen* never looks like *equivalent*."""


def histories(document: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return the histories of a document: its own, or those it lists."""
    found = [mapping(each) for each in listed(document.get("histories"))]
    return found if "histories" in document else [document]


def points(history: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return the runs of a history in order."""
    return [mapping(point) for point in listed(history.get("points"))]


def answers(history: Mapping[str, Any]) -> int:
    """Return how many usable answers a history rests on."""
    return sum(int(point.get("n") or 0) for point in points(history))


def history_mark(history: Mapping[str, Any]) -> Mark:
    """Return the mark of a history's verdict."""
    word = str(history.get("verdict"))
    return Mark(tone=_TONES.get(word, "neutral"), word=word)


def history_title(history: Mapping[str, Any]) -> Title:
    """Return the heading of a history."""
    return (Name(text=str(history.get("endpoint"))), " · ", Name(text=f"{history.get('suite')}"))


def history_anchor(place: int) -> str:
    """Return the page anchor of the history at a place of the document."""
    return f"history-{place + 1}"


def run_name(point: Mapping[str, Any]) -> str:
    """Return what a run is called on a page: its time where that is known, else its label or id."""
    at = str(point.get("at") or "")
    label = str(point.get("label") or "")
    return f"{at[:10]} {at[11:16]}" if at else label or str(point.get("run"))


def named(history: Mapping[str, Any], run_id: object) -> str:
    """Return what the run of this id is called."""
    return next((run_name(point) for point in points(history) if point.get("run") == run_id), str(run_id))
