"""Storms of refusals from a server's own log, refusals of key and quota, and memory over many answers."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

CONCURRENCY = 8
N_CALLS = 200
SIZES = (10_000, 100_000)
SIZES_HTTP = (10_000, 100_000)
PEAK_MB = 300.0
AT_ONCE = (1, 4, 16)
REPLIES_S = (0.05, 2.0)
REFUSALS_S = (0.005, 0.2, 1.0)
N_SIMULATED = 150
N_DRAWN = 1000
SEED = 20_260_107
WHOLE = 1
"""A bucket lets parts of a request pass; what is sent are whole ones."""


def limits(_: Path) -> dict[str, Any]:
    """Return by how many requests servers of many kinds are exceeded, refusals with and without a time; simulated."""
    from support.drawn_limits import NAMES
    from support.storms import BUCKETS, LIMITS, SLOW

    rows, flaws = [], []
    for name, rule in {**LIMITS, **BUCKETS, **SLOW}.items():
        for names, how in NAMES.items():
            over = {n: _worst(rule, n, how) for n in AT_ONCE}
            flaws += [
                f"{name}, {names}, {n} at once: {found:.1f} over"
                for n, found in over.items()
                if (found > n if name in LIMITS else found >= n + WHOLE)
            ]
            rows.append({"limit": name, "bucket": name not in LIMITS, "time": names, "over": over})
    drawn = _drawn()
    return {
        "calls": N_SIMULATED,
        "replies_s": REPLIES_S,
        "refusals_s": REFUSALS_S,
        "limits": rows,
        "drawn": drawn,
        "flaws": [*flaws, *drawn["exceeded"]],
    }


def _worst(rule: Callable[[], Any], concurrency: int, how: Mapping[str, Any]) -> float:
    from support.storms import stormed

    found = (
        stormed(rule(), concurrency=concurrency, n=N_SIMULATED, reply_s=reply_s, refusal_s=refusal_s, **how)["over"]
        for reply_s in REPLIES_S
        for refusal_s in REFUSALS_S
    )
    return round(max(found), 2)


def _drawn() -> dict[str, Any]:
    """Return how many limits that were drawn at random were met with refusals, and which were exceeded."""
    from support.drawn_limits import drawn_storm

    rng = random.Random(SEED)  # noqa: S311 - kinds of limits, not a secret
    storms = [drawn_storm(rng) for _ in range(N_DRAWN)]
    found = [storm.over(N_SIMULATED) for storm in storms]
    return {
        "n": N_DRAWN,
        "seed": SEED,
        "n_refusing": sum(n_refused > 0 for _, n_refused in found),
        "exceeded": [
            f"{storm.said}: {over:.2f} over" for storm, (over, _) in zip(storms, found, strict=True) if over > 0
        ],
    }


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
