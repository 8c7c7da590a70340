"""The history as a figure: the distance of each run to the first ones, with the band it moves in by chance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from blackbox.report.blocks import Bullets, Moment, Name, Section, Text, Timeline
from blackbox.report.sections._histories import named, points, run_name
from blackbox.report.sections._numbers import decimal, plural, pvalue
from blackbox.report.sections._pairs import listed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blackbox.report.blocks import Block

_BAND = (
    "Distance: mean over probes of the squared distance of equal answers (MMD²) to the first runs; 0 is no difference, "
    "2 no answer in common. A run of this endpoint lies above the band once in a hundred. A run above it is suspected, "
    "and the run after it confirms or clears it."
)


def build(document: Mapping[str, Any]) -> tuple[Block, ...]:
    """Return the figure, and what changed around the answers."""
    read = points(document)
    if not read:
        return ()
    places = [point.get("run") for point in read]
    onset = places.index(document["onset"]) if document.get("onset") in places else None
    figure = Timeline(
        title="Distance to the first runs, run by run",
        moments=tuple(_moment(point) for point in read),
        onset=onset,
        description=_described(document, read),
    )
    context = tuple(Name(text=str(line)) for line in listed(document.get("context")))
    beside = (Text(text="Beside the answers, and no part of the verdict:"), Bullets(items=context)) if context else ()
    return (figure, Text(text=_BAND, kind="note"), *beside)


def _moment(point: Mapping[str, Any]) -> Moment:
    state = _state(point)
    value = point.get("statistic")
    p = point.get("pvalue")
    told = {"alarm": ", confirms a change", "suspected": ", suspected"}.get(state, "")
    tested = f", p {pvalue(p)}" if p is not None else ""
    words = f"{run_name(point)}: {decimal(value)}{tested}, {plural(int(point.get('n') or 0), 'answer')}{told}"
    return Moment(name=Name(text=run_name(point)), value=value, limit=point.get("limit"), state=state, words=words)


def _state(point: Mapping[str, Any]) -> Literal["calm", "suspected", "alarm", "first", "silent"]:
    if point.get("statistic") is None:
        return "silent"
    if point.get("alarm"):
        return "alarm"
    if point.get("suspected"):
        return "suspected"
    return "first" if point.get("pvalue") is None else "calm"


def _described(document: Mapping[str, Any], read: list[Mapping[str, Any]] | Any) -> str:  # noqa: ANN401 - a sequence
    n_suspected = sum(bool(point.get("suspected")) for point in read)
    alarm = next((run_name(point) for point in read if point.get("alarm")), None)
    onset = f" Changed since {named(document, document['onset'])}." if document.get("onset") else ""
    confirmed = f" Alarm at {alarm}." if alarm else " No alarm."
    return f"{plural(len(read), 'run')}, {n_suspected} suspected.{confirmed}{onset}"


SECTION = Section(title="Timeline", order=30, build=build, scope="pair", brief=True, kind="drift")
