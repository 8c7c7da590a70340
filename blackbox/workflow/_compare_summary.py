"""Pairs of endpoints summed up over suites."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox.stats.multiplicity import holm

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def endpoint_pairs(pairs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return one verdict a pair of endpoints: Holm over suites (DESIGN §7, Pairs)."""
    by_endpoints: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for pair in pairs:
        first, second = sorted((str(pair["a_endpoint"]), str(pair["b_endpoint"])))
        by_endpoints.setdefault((first, second), []).append(pair)
    return [_summary(endpoints, members) for endpoints, members in sorted(by_endpoints.items())]


def _summary(endpoints: tuple[str, str], members: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    tested = [m for m in members if m["same"]["pvalue_adjusted"] is not None]
    adjusted = holm([m["same"]["pvalue_adjusted"] for m in tested]) if tested else []
    verdicts = [_verdict(m, p) for m, p in zip(tested, adjusted, strict=True)]
    applicable = [m["same"]["verdict"] for m in members if m["same"]["verdict"] != "not_applicable"]
    return {
        "a_endpoint": endpoints[0],
        "b_endpoint": endpoints[1],
        "verdict": _overall(verdicts, applicable),
        "pvalue_adjusted": min(adjusted, default=None),
        "adjustment": "holm",
        "suites": [
            {"suite": m["suite"], "verdict": m["same"]["verdict"], "pvalue_adjusted": m["same"]["pvalue_adjusted"]}
            for m in members
        ],
    }


def _verdict(member: Mapping[str, Any], pvalue_adjusted: float) -> str:
    """A suite's 'different' stands only if it survives the adjustment over suites."""
    verdict = str(member["same"]["verdict"])
    return "inconclusive" if verdict == "different" and pvalue_adjusted > member["same"]["alpha"] else verdict


def _overall(verdicts: Sequence[str], applicable: Sequence[str]) -> str:
    if not applicable:
        return "not_applicable"
    if "different" in verdicts:
        return "different"
    return "equivalent" if all(v == "equivalent" for v in applicable) else "inconclusive"
