"""Storms of refusals from a server's own log, refusals of key and quota, and memory over many answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

CONCURRENCY = 8
N_CALLS = 200
SIZES = (10_000, 100_000)
PEAK_MB = 300.0


def storms(folder: Path) -> dict[str, Any]:
    """Return how far above its limits a server was asked, and what became of endpoints that refuse for good."""
    from support.refusals import limited, refusing

    rows = [limited(folder, a_minute, n=N_CALLS, concurrency=CONCURRENCY) for a_minute in (300, 1200)]
    stopped = refusing(folder)
    flaws = [f"{row['a_minute']} a minute: {row['over']:.1f} over" for row in rows if row["over"] > CONCURRENCY]
    return {"concurrency": CONCURRENCY, "limits": rows, **stopped, "flaws": [*flaws, *stopped["refusal_flaws"]]}


def memory(folder: Path) -> dict[str, Any]:
    """Return the most memory that collecting many answers takes, and resuming behind them."""
    from support.many_answers import collected

    rows = [collected(folder, n) for n in SIZES]
    flaws = [f"{row['answers']:,}: {row['peak_mb']:.0f} MB" for row in rows if row["peak_mb"] >= PEAK_MB]
    return {"sizes": [json.loads(json.dumps(row)) for row in rows], "flaws": flaws}
