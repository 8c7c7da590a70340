"""Runs that are killed, disks that fail, clocks that are set: what is on disk afterwards."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

N_KILLS = 50
N_PROBES = 60
SEED = 20_260_107


def kills(folder: Path) -> dict[str, Any]:
    """Return what became of runs that were killed at random moments and resumed."""
    from support.killing import Plan, kill_and_resume
    from support.processes import executed

    plan = Plan(n_kills=N_KILLS, n_probes=N_PROBES, start=executed)
    found = kill_and_resume(plan, folder, random.Random(SEED))  # noqa: S311 - a moment, not a secret
    return {
        "n_kills": found.n_kills,
        "n_runs": found.n_runs,
        "calls_a_run": N_PROBES,
        "moments": dict(found.moments),
        "acknowledged_before_kills": found.n_acknowledged,
        "records_lost": found.n_lost,
        "requests_sent_twice": found.n_sent_twice,
        "bytes_rewritten": found.n_rewritten,
        "rows_unlike_undisturbed": found.n_rows_wrong,
        "runs_not_verified": found.n_not_verified,
        "complaints": found.complaints,
        "flaws": found.flaws,
    }


def disks(folder: Path) -> dict[str, Any]:
    """Return what became of runs on disks that are full or read-only, with clocks that jump, and with damage."""
    from support.broken_disks import SCENES

    rows = []
    for name, scene in SCENES.items():
        own = folder / name
        own.mkdir()
        rows.append({"scene": name, **scene(own)})
    flaws = {row["scene"]: row["flaws"] for row in rows if row["flaws"]}
    return {"n_scenes": len(rows), "scenes": rows, "flaws": flaws}
