"""What differs behind two results of one pair: the answers, their conditions, the sample, the method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CAUSES = ("answers", "conditions", "sample", "method")
"""Kinds of cause, in the order in which they are named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One comparison's view of a pair.

    Args:
        pair: The pair's entry.
        runs: The entries of its two runs, in the order of the comparison it is set against.
        document: The whole comparison.
    """

    pair: Mapping[str, Any]
    runs: tuple[Mapping[str, Any], Mapping[str, Any]]
    document: Mapping[str, Any]

    @classmethod
    def of(cls, pair: Mapping[str, Any], document: Mapping[str, Any], *, swapped: bool = False) -> Side:
        """Return a pair with its runs; `swapped` puts side B first."""
        known = {str(run.get("id")): run for run in document.get("runs") or ()}
        order = ("b", "a") if swapped else ("a", "b")
        first, second = (known.get(str(pair.get(side)), {}) for side in order)
        return cls(pair=pair, runs=(first, second), document=document)


def causes(was: Side, now: Side) -> dict[str, list[dict[str, Any]]]:
    """Return, for each kind of cause, what differs: `{"what", "before", "after"}`, empty where nothing does."""
    return {
        "answers": _differing(_answers(was), _answers(now)),
        "conditions": _differing(_conditions(was), _conditions(now)),
        "sample": _differing(_sample(was), _sample(now)),
        "method": _differing(_method(was), _method(now)),
    }


def _differing(was: Mapping[str, Any], now: Mapping[str, Any]) -> list[dict[str, Any]]:
    names = dict.fromkeys([*was, *now])
    return [
        {"what": name, "before": was.get(name), "after": now.get(name)}
        for name in names
        if was.get(name) != now.get(name)
    ]


def _answers(side: Side) -> dict[str, Any]:
    """Return which answers were read: the heads of the journals they stand in."""
    return {f"answers of {_place(i)}": run.get("journal_head") for i, run in enumerate(side.runs)}


def _place(index: int) -> str:
    return ("the first endpoint", "the second endpoint")[index]


def _conditions(side: Side) -> dict[str, Any]:
    found: dict[str, Any] = {
        str(condition.get("name")): condition.get("state") for condition in side.pair.get("conditions") or ()
    }
    for index, run in enumerate(side.runs):
        for name in ("sent_decoding", "honoured_decoding", "claimed_model", "served_models", "providers"):
            value = sorted(run.get(name) or ()) if _is_tally(name) else run.get(name)
            found[f"{name.replace('_', ' ')} of {_place(index)}"] = value
    return found


def _is_tally(name: str) -> bool:
    """Whether a field counts replies: which names there are is a condition, how many of each is sample."""
    return name in {"served_models", "providers"}


def _sample(side: Side) -> dict[str, Any]:
    found: dict[str, Any] = {"suite version": side.pair.get("suite_version")}
    for index, run in enumerate(side.runs):
        found[f"calls of {_place(index)}"] = run.get("n_observations")
        found[f"suite digest of {_place(index)}"] = run.get("suite_digest")
    rules = _rules(side)
    return found | {"pairs tested together": rules.get("n_pairs_tested")}


def _method(side: Side) -> dict[str, Any]:
    provenance, same = side.document.get("provenance") or {}, side.pair.get("same") or {}
    rules = _rules(side)
    found: dict[str, Any] = {"blackbox": provenance.get("blackbox"), "seed": provenance.get("seed")}
    found |= {f"package {name}": version for name, version in (provenance.get("packages") or {}).items()}
    found |= {name.replace("_", " "): rules.get(name) for name in ("alpha", "margin", "adjustment", "n_permutations")}
    found |= dict(_versions(side.pair))
    found["positive control"] = (same.get("positive_control") or {}).get("run_id")
    found["hosts of the same weights"] = (same.get("benign_band") or {}).get("n_pairs")
    found["alternative"] = (side.pair.get("mixed") or {}).get("alternative")
    population = (side.pair.get("related") or {}).get("population") or {}
    return found | {"population": population.get("digest")}


def _versions(pair: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for question in ("same", "related"):
        for signal in (pair.get(question) or {}).get("signals") or ():
            yield f"signal {signal.get('signal')}", signal.get("version")


def _rules(side: Side) -> Mapping[str, Any]:
    for rules in side.document.get("decision") or ():
        if rules.get("suite") == side.pair.get("suite"):
            found: Mapping[str, Any] = rules
            return found
    return {}
