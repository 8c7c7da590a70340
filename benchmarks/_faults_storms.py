"""Storms of refusals from a server's own log, refusals of key and quota, and memory over many answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CONCURRENCY = 8
N_CALLS = 200
SIZES = (10_000, 100_000)
SIZES_HTTP = (10_000, 100_000)
PEAK_MB = 300.0
AT_ONCE = (1, 4, 16)
REPLIES_S = (0.05, 2.0)
N_SIMULATED = 150
WHOLE = 1
"""A bucket lets parts of a request pass; what is sent are whole ones."""


def limits(_: Path) -> dict[str, Any]:
    """Return by how many requests servers of many kinds are exceeded, refusals with and without a time; simulated."""
    from support.storms import BUCKETS, LIMITS

    rows, flaws = [], []
    for name, rule in {**LIMITS, **BUCKETS}.items():
        for says_when in (True, False):
            over = {n: _worst(rule, n, says_when=says_when) for n in AT_ONCE}
            flaws += [
                f"{name}, {n} at once: {found:.1f} over"
                for n, found in over.items()
                if (found >= n + WHOLE if name in BUCKETS else found > n)
            ]
            rows.append({"limit": name, "bucket": name in BUCKETS, "says_when": says_when, "over": over})
    return {"calls": N_SIMULATED, "replies_s": REPLIES_S, "limits": rows, "flaws": flaws}


def _worst(rule: Callable[[], Any], concurrency: int, *, says_when: bool) -> float:
    from support.storms import stormed

    found = (
        stormed(rule(), concurrency=concurrency, n=N_SIMULATED, says_when=says_when, reply_s=reply_s)["over"]
        for reply_s in REPLIES_S
    )
    return round(max(found), 2)


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


def memory_http(folder: Path) -> dict[str, Any]:
    """Return the same where each answer comes over HTTP from the reference endpoint."""
    from support.many_answers import collected_over_http

    rows = [collected_over_http(folder, n) for n in SIZES_HTTP]
    flaws = [f"{row['answers']:,}: {row['peak_mb']:.0f} MB" for row in rows if row["peak_mb"] >= PEAK_MB]
    return {"sizes": rows, "flaws": flaws}
