"""The page of a `blackbox.diff/1` document: what changed between two comparisons, pair by pair, and why it may have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox.core import canonical
from blackbox.report.blocks import (
    Bullets,
    Column,
    Command,
    Fact,
    Fold,
    Group,
    KeyValues,
    Mark,
    Name,
    Page,
    Quote,
    Table,
    Text,
)
from blackbox.report.sections._numbers import NOT_AVAILABLE, decimal, moment, plural, pvalue
from blackbox.report.sections._pairs import listed, mapping, verdict_mark

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from blackbox.report.blocks import Block, Inline, Tone

OPEN_PAIRS = 3
"""Up to this many changed pairs are shown unfolded."""

_STATUS: Mapping[str, tuple[Tone, str]] = {
    "answer changed": ("different", "answer changed"),
    "numbers changed": ("neutral", "numbers only"),
    "unchanged": ("not_applicable", "unchanged"),
}
_FIELDS: Mapping[str, str] = {
    "same.verdict": "one distribution?",
    "same.band": "band of the difference",
    "same.pvalue_adjusted": "p, adjusted",
    "same.effect": "effect",
    "similarity": "similarity",
    "related.verbal": "ancestry, in words",
    "related.log10_lr": "log10 ratio",
    "related.rank_pvalue": "rank p",
    "related.score": "kinship score",
    "mixed.share": "share not of A",
}
_INTERVALS = {"True": "intervals apart", "False": "intervals overlap"}
_KEPT = "unchanged"
_P_VALUES = frozenset({"same.pvalue_adjusted", "related.rank_pvalue"})
_CHANCE = (
    "A p-value or an effect that moved without a changed answer is what two samples of one endpoint do; an interval "
    "says how far."
)


def assemble(document: Mapping[str, Any]) -> Page:
    """Return the page of a difference between two comparisons."""
    pairs = [mapping(pair) for pair in listed(document.get("pairs"))]
    parts = (
        Group(title=("What changed",), blocks=_overview(document, pairs), anchor="changed", brief=True),
        Group(title=("Pair by pair",), blocks=tuple(_folds(pairs)), anchor="pairs", brief=True),
        Group(title=("In one of the two only",), blocks=tuple(_alone(document)), anchor="alone", brief=True),
        Group(title=("What was set side by side",), blocks=_provenance(document), anchor="provenance", brief=True),
    )
    return Page(
        title=("Two comparisons, set side by side",),
        subtitle=f"{plural(len(pairs), 'pair')} in both",
        parts=tuple(part for part in parts if part.blocks),
        n_pairs=max(1, len(_changed(pairs))),
    )


def _overview(document: Mapping[str, Any], pairs: Sequence[Mapping[str, Any]]) -> tuple[Block, ...]:
    said = Text(text=str(document.get("sentence")))
    if not pairs:
        return (said,)
    rows = tuple(_row(pair) for pair in pairs)
    columns = (
        Column(title="Pair"),
        Column(title="Suite"),
        Column(title="Status"),
        Column(title="Before"),
        Column(title="After"),
        Column(title="p before → after", numeric=True, meaning="Corrected for the number of pairs."),
        Column(title="What differs behind it"),
    )
    table = Table(
        caption="Every pair in both",
        columns=columns,
        rows=rows,
        where='"pairs" in the JSON form',
        weight="whole",
        keys=tuple(_mark(pair).tone for pair in pairs),
    )
    return (said, table, Text(text=_CHANCE, kind="note"))


def _row(pair: Mapping[str, Any]) -> tuple[Inline, ...]:
    changes = _by_field(pair)
    verdict, p = changes.get("same.verdict", {}), changes.get("same.pvalue_adjusted", {})
    moved = " → ".join(_values("same.pvalue_adjusted", p))
    causes = listed(pair.get("possible_causes"))
    return (
        _pair_name(pair),
        Name(text=str(pair.get("suite"))),
        _mark(pair),
        verdict_mark(verdict["before"]).word if verdict else _KEPT,
        verdict_mark(verdict["after"]).word if verdict else _KEPT,
        moved if p else _KEPT,
        ", ".join(str(cause) for cause in causes) or "nothing",
    )


def _changed(pairs: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [pair for pair in pairs if pair.get("status") != "unchanged"]


def _folds(pairs: Sequence[Mapping[str, Any]]) -> Iterator[Fold]:
    changed = _changed(pairs)
    for number, pair in enumerate(changed, start=1):
        yield Fold(
            title=(_pair_name(pair), " · ", Name(text=str(pair.get("suite")))),
            blocks=(Group(title=("What it can be due to",), blocks=_explained(pair), brief=True),),
            anchor=f"pair-{number}",
            mark=_mark(pair),
            open=len(changed) <= OPEN_PAIRS,
        )


def _explained(pair: Mapping[str, Any]) -> tuple[Block, ...]:
    return (Text(text=str(pair.get("sentence"))), *_moved(pair), *_behind(pair))


def _moved(pair: Mapping[str, Any]) -> Iterator[Block]:
    rows = tuple(
        (
            _FIELDS.get(str(change.get("field")), str(change.get("field"))),
            *_values(str(change.get("field")), change),
            _INTERVALS.get(str(change.get("beyond_interval")), ""),
        )
        for change in map(mapping, listed(pair.get("changes")))
    )
    columns = (Column(title="What"), Column(title="Before"), Column(title="After"), Column(title=""))
    yield Table(caption="What changed", columns=columns, rows=rows)


def _behind(pair: Mapping[str, Any]) -> Iterator[Block]:
    rows = tuple(
        (
            str(item.get("what")),
            str(cause),
            Quote(text=_plain(item.get("before"))),
            Quote(text=_plain(item.get("after"))),
        )
        for cause, items in mapping(pair.get("causes")).items()
        for item in map(mapping, listed(items))
    )
    if rows:
        columns = (Column(title="What"), Column(title="Kind"), Column(title="Before"), Column(title="After"))
        yield Table(caption="What differs behind it", columns=columns, rows=rows)


def _alone(document: Mapping[str, Any]) -> Iterator[Block]:
    for side, words in (("only_before", "Before only"), ("only_after", "After only")):
        found = [mapping(pair) for pair in listed(document.get(side))]
        if found:
            yield Text(text=f"{words}: {plural(len(found), 'pair')}.")
            yield Bullets(items=tuple(_pair_name(pair) for pair in found))


def _provenance(document: Mapping[str, Any]) -> tuple[Block, ...]:
    return tuple(block for side in ("before", "after") for block in _made(side, mapping(document.get(side))))


def _made(side: str, stated: Mapping[str, Any]) -> Iterator[Block]:
    facts = (
        Fact(name=f"{side}, made", value=moment(stated.get("created_at") or NOT_AVAILABLE)),
        Fact(name="blackbox", value=str(stated.get("blackbox") or NOT_AVAILABLE)),
        Fact(name="digest of comparison.json", value=str(stated.get("digest"))),
    )
    yield KeyValues(facts=facts)
    if stated.get("command"):
        yield Command(lines=(str(stated["command"]),))


def _pair_name(pair: Mapping[str, Any]) -> Name:
    return Name(text=f"{pair.get('a_endpoint')} against {pair.get('b_endpoint')}")


def _mark(pair: Mapping[str, Any]) -> Mark:
    tone, word = _STATUS.get(str(pair.get("status")), ("neutral", str(pair.get("status"))))
    return Mark(tone=tone, word=word)


def _by_field(pair: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    return {str(change["field"]): mapping(change) for change in listed(pair.get("changes"))}


def _values(field: str, change: Mapping[str, Any]) -> tuple[str, str]:
    """Return a value before and after; with all its digits where the usual ones don't tell them apart."""
    before, after = change.get("before"), change.get("after")
    told = _value(field, before), _value(field, after)
    return told if told[0] != told[1] or before == after else (_plain(before), _plain(after))


def _value(field: str, value: object) -> str:
    if field == "same.verdict":
        return verdict_mark(value).word
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return pvalue(value) if field in _P_VALUES else decimal(value)
    return "none" if value is None else str(value)


def _plain(value: object) -> str:
    """Return a value behind a result as it is read: digests cut, objects as their canonical text."""
    if value is None:
        return "none"
    text = value if isinstance(value, str) else canonical(value)
    return f"{text[:12]}…" if len(text) == 64 and text.isalnum() else text  # noqa: PLR2004 - a sha256 digest
