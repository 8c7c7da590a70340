"""What carries a pair's result: probes ranked by effect, with the answers of both sides."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from blackbox.core import TEXT_OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from blackbox.core import Observation, Probe, Run

    Category = Callable[[Observation, Probe], str | None]

MAX_ROWS = 12
MAX_TEXTS = 3
MAX_CHARACTERS = 900
OTHER = "(all other answers)"


def probe_rows(a: Run, b: Run, forms: Mapping[str, str], effects: Mapping[str, float]) -> list[dict[str, Any]]:
    """Return one row a compared probe, largest effect first; probes without an effect last."""
    n_a, n_b = (Counter(o.probe_id for o in run.observations if not o.missing) for run in (a, b))
    rows = [
        {
            "probe_id": probe.id,
            "family": probe.family,
            "language": probe.language,
            "form": forms[probe.id],
            "prompt": prompt(probe),
            "n_a": n_a[probe.id],
            "n_b": n_b[probe.id],
            "effect": effects.get(probe.id),
            "unit": "mmd2",
        }
        for probe in a.suite.probes
        if probe.id in forms
    ]
    return sorted(rows, key=lambda row: (row["effect"] is None, -(row["effect"] or 0.0), row["probe_id"]))


def exhibits(
    a: Run, b: Run, rows: Sequence[Mapping[str, Any]], *, category: Category, limit: int
) -> list[dict[str, Any]]:
    """Return the answers of both sides at the first `limit` rows: counts where closed, texts where open."""
    probes = {probe.id: probe for probe in a.suite.probes}
    return [_exhibit(a, b, probes[row["probe_id"]], row["form"], category) for row in rows[:limit]]


def prompt(probe: Probe) -> str:
    """Return what the user side of a probe says."""
    return "\n".join(message.content for message in probe.messages if message.role != "system")


def _exhibit(a: Run, b: Run, probe: Probe, form: str, category: Category) -> dict[str, Any]:
    at_a, at_b = ([o for o in run.observations if o.probe_id == probe.id] for run in (a, b))
    closed = form == "closed"
    return {
        "probe_id": probe.id,
        "prompt": prompt(probe),
        "counts": _counts(at_a, at_b, probe, category) if closed else None,
        "texts": None if closed else {"a": _texts(at_a), "b": _texts(at_b)},
    }


def _counts(
    at_a: Sequence[Observation], at_b: Sequence[Observation], probe: Probe, category: Category
) -> list[dict[str, Any]]:
    of_a, of_b = (Counter(c for o in side if (c := category(o, probe)) is not None) for side in (at_a, at_b))
    ranked = sorted(of_a | of_b, key=lambda c: (-abs(of_a[c] - of_b[c]), -(of_a[c] + of_b[c]), c))
    rows = [{"answer": c[:MAX_CHARACTERS], "a": of_a[c], "b": of_b[c]} for c in ranked[:MAX_ROWS]]
    rest = ranked[MAX_ROWS:]
    if rest:
        rows.append({"answer": OTHER, "a": sum(of_a[c] for c in rest), "b": sum(of_b[c] for c in rest)})
    return rows


def _texts(side: Sequence[Observation]) -> list[dict[str, Any]]:
    return [
        {
            "key": o.key,
            "outcome": str(o.outcome),
            "text": _quotable(o)[:MAX_CHARACTERS],
            "cut": len(_quotable(o)) > MAX_CHARACTERS,
        }
        for o in side[:MAX_TEXTS]
    ]


def _quotable(observation: Observation) -> str:
    """Return the answer, or in brackets what came instead."""
    if observation.outcome in TEXT_OUTCOMES and observation.text is not None:
        return observation.text
    return f"[no answer: {observation.outcome}]"
