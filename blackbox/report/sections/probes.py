"""What carries the result: the probes, largest effect first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox.report.blocks import Column, Name, Number, Quote, Section, Table, Text
from blackbox.report.sections import _words
from blackbox.report.sections._numbers import count, decimal, digits_for, plural
from blackbox.report.sections._pairs import listed, mapping, pairs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.report.blocks import Block, Inline

PROMPT_CHARACTERS = 110
"""What of a prompt tells one probe from another; all of it stands beside its answers."""
_TOO_FEW = "an effect needs two answers a side at one probe. What was answered stands below, side by side."


def build(document: Mapping[str, Any]) -> tuple[Block, ...]:
    """Return the table of probes, and where kinship was weighed those that speak most for it."""
    return tuple(block for pair in pairs(document) for block in _ordered(pair))


def _ordered(pair: Mapping[str, Any]) -> tuple[Block, ...]:
    told, rest = _telling(pair), _of_pair(pair)
    return (*told, *rest) if pair.get("lead") == "related" else (*rest, *told)


def _telling(pair: Mapping[str, Any]) -> tuple[Block, ...]:
    found = [mapping(row) for row in listed(mapping(mapping(pair.get("related")).get("telling")).get("probes"))]
    asked = {str(row.get("probe_id")): str(row.get("prompt") or "") for row in map(mapping, listed(pair.get("probes")))}
    if not found:
        return ()
    rows = tuple(
        (
            Name(text=str(row.get("probe_id"))),
            _asked(asked.get(str(row.get("probe_id")), "")),
            Number(text=decimal(row.get("score"), digits=1)),
        )
        for row in found
    )
    columns = (
        Column(title="Probe"),
        Column(title="Asked"),
        Column(title="Score", numeric=True, meaning="By words: how much closer the two are here than references."),
    )
    where = '"related.telling" of this pair in comparison.json'
    return (Table(caption="Probes that speak most for kinship", columns=columns, rows=rows, where=where),)


def _asked(prompt: str) -> Quote:
    return Quote(text=prompt[:PROMPT_CHARACTERS], cut=len(prompt) > PROMPT_CHARACTERS)


def _of_pair(pair: Mapping[str, Any]) -> tuple[Block, ...]:
    rows = [mapping(row) for row in listed(pair.get("probes"))]
    if not rows:
        return (
            Text(
                text="No table of probes: this comparison holds too many pairs, or none could be tested.", kind="note"
            ),
        )
    effects = [row.get("effect") for row in rows]
    if set(effects) == {None}:
        return (Text(text=f"None of {plural(len(rows), 'probe')} shows an effect: {_TOO_FEW}"),)
    largest = max((e for e in effects if e is not None and e > 0), default=None)
    columns = (
        Column(title="Probe"),
        Column(title="Asked"),
        Column(title="Kind"),
        Column(title="Answers A / B", numeric=True),
        Column(
            title="Effect",
            numeric=True,
            meaning="Squared kernel distance; chance alone scatters it around 0.",
        ),
    )
    return (
        Table(
            caption="Probes by effect, largest first",
            columns=columns,
            rows=tuple(_row(row, largest, digits_for(effects)) for row in rows),
            where='"probes" of this pair in comparison.json',
            weight="long",
        ),
        *_languages(rows),
    )


def _row(row: Mapping[str, Any], largest: float | None, digits: int) -> tuple[Inline, ...]:
    effect, prompt = row.get("effect"), str(row.get("prompt") or "")
    share = None if effect is None or largest is None else min(1.0, max(0.0, effect / largest))
    stated = (row.get("family"), _words.language(row.get("language")), row.get("form"))
    kind = " · ".join(str(word) for word in stated if word)
    return (
        Name(text=str(row.get("probe_id"))),
        _asked(prompt),
        kind,
        Number(text=f"{count(row.get('n_a') or 0)} / {count(row.get('n_b') or 0)}"),
        Number(text=decimal(effect, digits=digits), share=share),
    )


def _languages(rows: Sequence[Mapping[str, Any]]) -> tuple[Block, ...]:
    without = sum(row.get("effect") is None for row in rows)
    if not without:
        return ()
    return (
        Text(text=f"{without} of {len(rows)} probes have too few answers on a side to show an effect.", kind="note"),
    )


SECTION = Section(title="What carries it", order=50, build=build, scope="pair")
