"""What changed between two comparisons, and what the change can be due to: answers, conditions, sample or method."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from blackbox.core import digest
from blackbox.evidence.difference_causes import CAUSES, Side, causes
from blackbox.evidence.difference_words import sentence, summary

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SCHEMA = "blackbox.diff/1"

FIELDS: Mapping[str, tuple[str, ...]] = {
    "same.verdict": ("same", "verdict"),
    "same.band": ("same", "band"),
    "same.pvalue_adjusted": ("same", "pvalue_adjusted"),
    "same.effect": ("same", "effect", "value"),
    "similarity": ("similarity", "value"),
    "related.verbal": ("related", "verbal"),
    "related.log10_lr": ("related", "log10_lr"),
    "related.rank_pvalue": ("related", "rank_pvalue"),
    "related.score": ("related", "score"),
    "mixed.share": ("mixed", "share"),
}
"""What is looked at in a pair: a name, and where it stands in the comparison."""
ANSWERS_IN_WORDS = frozenset({"same.verdict", "related.verbal"})
"""Fields whose change is a changed answer; the others are numbers behind one."""

_Key = tuple[str, frozenset[str], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    entry: Mapping[str, Any]
    document: Mapping[str, Any]
    names: Mapping[str, str]


def difference(
    before: Mapping[str, Any], after: Mapping[str, Any], *, renamed: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return the `blackbox.diff/1` document of two `blackbox.comparison/1` documents.

    Pairs are the same pair when suite and both endpoint names agree; the order of the two sides does not matter.

    Args:
        before: The earlier comparison, or the other party's.
        after: The later one, or ours.
        renamed: Endpoint name in `before`: its name in `after`.
    """
    was, now = _pairs(before, renamed or {}), _pairs(after, {})
    both = [key for key in was if key in now]
    pairs = [_entry(was[key], now[key]) for key in both]
    return {
        "schema": SCHEMA,
        "before": _side(before),
        "after": _side(after),
        "pairs": pairs,
        "only_before": [was[key].names for key in was if key not in now],
        "only_after": [now[key].names for key in now if key not in was],
        "counts": dict(Counter(pair["status"] for pair in pairs)),
        "sentence": summary([pair["status"] for pair in pairs], n_before=len(was), n_after=len(now)),
    }


def _pairs(document: Mapping[str, Any], renamed: Mapping[str, str]) -> dict[_Key, _Pair]:
    """Return the pairs by suite and endpoints; several of the same two endpoints are numbered in their order."""
    seen: Counter[tuple[str, frozenset[str]]] = Counter()
    found: dict[_Key, _Pair] = {}
    for entry in document.get("pairs") or ():
        names = _names(entry, renamed)
        key = (names["suite"], frozenset((names["a_endpoint"], names["b_endpoint"])))
        found[*key, seen[key]] = _Pair(entry=entry, document=document, names=names)
        seen[key] += 1
    return found


def _names(entry: Mapping[str, Any], renamed: Mapping[str, str]) -> dict[str, str]:
    a, b = (str(entry.get(f"{side}_endpoint")) for side in "ab")
    return {"a_endpoint": renamed.get(a, a), "b_endpoint": renamed.get(b, b), "suite": str(entry.get("suite"))}


def _side(document: Mapping[str, Any]) -> dict[str, Any]:
    provenance = document.get("provenance") or {}
    return {
        "digest": digest(document),
        "created_at": provenance.get("created_at"),
        "blackbox": provenance.get("blackbox"),
        "command": provenance.get("command"),
        "n_runs": len(document.get("runs") or ()),
        "n_pairs": len(document.get("pairs") or ()),
    }


def _entry(was: _Pair, now: _Pair) -> dict[str, Any]:
    changes = list(_changes(was.entry, now.entry))
    found = causes(
        Side.of(was.entry, was.document),
        Side.of(now.entry, now.document, swapped=was.names["a_endpoint"] != now.names["a_endpoint"]),
    )
    status = _status(changes)
    return {
        **now.names,
        "status": status,
        "changes": changes,
        "causes": found,
        "possible_causes": [name for name in CAUSES if found[name]],
        "sentence": sentence(status, [name for name in CAUSES if found[name]]),
    }


def _changes(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name, path in FIELDS.items():
        before, after = _at(was, path), _at(now, path)
        if before != after:
            yield {"field": name, "before": before, "after": after, "beyond_interval": _beyond(name, was, now)}


def _beyond(name: str, was: Mapping[str, Any], now: Mapping[str, Any]) -> bool | None:
    """Return whether two effects' intervals are apart; None where there are no two intervals in one unit."""
    if name != "same.effect":
        return None
    was_effect, now_effect = (_at(pair, ("same", "effect")) or {} for pair in (was, now))
    ends = [effect.get(end) for effect in (was_effect, now_effect) for end in ("ci_low", "ci_high")]
    if was_effect.get("unit") != now_effect.get("unit") or None in ends:
        return None
    return bool(was_effect["ci_low"] > now_effect["ci_high"] or now_effect["ci_low"] > was_effect["ci_high"])


def _status(changes: Sequence[Mapping[str, Any]]) -> str:
    fields = {change["field"] for change in changes}
    if fields & ANSWERS_IN_WORDS:
        return "answer changed"
    return "numbers changed" if fields else "unchanged"


def _at(entry: Mapping[str, Any], path: Sequence[str]) -> Any:  # noqa: ANN401 - a value of the document
    value: Any = entry
    for name in path:
        value = value.get(name) if hasattr(value, "get") else None
    return value
