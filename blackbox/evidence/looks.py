"""Looks: extending a finished run is looking again, and every further look costs level (METHODS §1.15).

Look k is judged at α/2^k, which over any number of looks sums to α. A plan of a single look judges it at α; if such a
run is extended after all, the first look has been taken at α, and the later ones add at most α/2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.core import Decision, Run


def look_of(run: Run) -> int:
    """Return which look a run is at: how many times the planned repeats were begun, by its stored answers."""
    if run.manifest.origin != "collected":
        return 1
    repeats = {probe.id: probe.repeats for probe in run.suite.probes}
    looks = [1 + o.repeat // repeats[o.probe_id] for o in run.observations if repeats.get(o.probe_id)]
    return max(looks, default=1)


def alpha_at(decision: Decision, look: int) -> float:
    """Return the level of a look: α where the plan has one look and this is it, else α/2^k."""
    if decision.looks == look == 1:
        return decision.alpha
    return float(decision.alpha / 2**look)


def look_warnings(runs: Sequence[Run], decision: Decision) -> list[str]:
    """Return what a reader must know of runs that were extended, or extended beyond the plan."""
    return [
        f"{run.id}: extended, so this is look {look} of {decision.looks} planned, "
        f"judged at α = {alpha_at(decision, look):.2g}{_beyond(decision) if look > decision.looks else ''}"
        for run in runs
        if (look := look_of(run)) > 1
    ]


def _beyond(decision: Decision) -> str:
    if decision.looks > 1:
        return "; the plan foresaw fewer looks"
    first = f"; the plan foresaw one look, taken at {decision.alpha:g}"
    return f"{first}: over all looks at most 1.5 times as many false alarms"
