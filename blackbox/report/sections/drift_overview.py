"""All histories at a glance: one line an endpoint and suite."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from blackbox.report.blocks import Column, Link, Name, Number, Section, Table, Text
from blackbox.report.sections._histories import (
    answers,
    histories,
    history_anchor,
    history_mark,
    history_title,
    named,
    points,
)
from blackbox.report.sections._numbers import count, plural, pvalue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blackbox.report.blocks import Block, Inline


def build(document: Mapping[str, Any]) -> tuple[Block, ...]:
    """Return the table over all histories."""
    found = histories(document)
    if not found:
        return (Text(text="No history was read.", kind="warning"),)
    tally = Counter(str(history.get("verdict")) for history in found)
    said = ", ".join(f"{count(n)} {word}" for word, n in tally.most_common())
    columns = (
        Column(title="Endpoint"),
        Column(title="Changed?"),
        Column(title="Since"),
        Column(title="Runs", numeric=True),
        Column(title="Answers", numeric=True),
        Column(title="p, last run", numeric=True, meaning="Against the first runs."),
    )
    return (
        Text(text=f"{plural(len(found), 'history', 'histories')} read: {said}."),
        Table(
            caption="Every endpoint",
            columns=columns,
            rows=tuple(_row(history, place) for place, history in enumerate(found)),
            where='"histories" in drift.json',
            weight="whole",
            keys=tuple(history_mark(history).tone for history in found),
        ),
    )


def _row(history: Mapping[str, Any], place: int) -> tuple[Inline, ...]:
    read = points(history)
    last = read[-1].get("pvalue") if read else None
    words = tuple(part for part in history_title(history) if isinstance(part, (str, Name)))
    return (
        Link(words=words, target=history_anchor(place)),
        history_mark(history),
        Name(text=named(history, history["onset"])) if history.get("onset") else "–",
        Number(text=count(len(read))),
        Number(text=count(answers(history))),
        Number(text="–" if last is None else pvalue(last)),
    )


SECTION = Section(title="Overview", order=10, build=build, kind="drift")
