"""Readings of histories as `drift` writes them, made up: an endpoint that changed, and one too short to tell."""

from __future__ import annotations

from typing import Any


def history(n_runs: int = 14, *, onset: int | None = 9) -> dict[str, Any]:
    """Return a reading of `n_runs` days; the answers change with run `onset`, the run after it confirms."""
    points = [_point(i, onset) for i in range(n_runs)]
    names = [point["run"] for point in points]
    since, confirmed = (None, None) if onset is None else (names[onset], names[onset + 1])
    return {
        "schema": "blackbox.drift/1",
        "verdict": "inconclusive" if onset is None else "changed",
        "reason": "only 2 runs: three first ones are the reference" if onset is None else f"{confirmed} confirms it",
        "onset": since,
        "onset_interval": None if onset is None else {"low": names[onset - 1], "high": since, "level": 0.95},
        "detected": confirmed,
        "alpha": 0.01,
        "horizon": 50,
        "endpoint": "local",
        "suite": "one-token",
        "suite_version": 1,
        "points": points,
        "probes": [
            {"probe_id": f"cell-{i}", "prompt": "Name a colour.", "effect": 0.4 - i / 10, "n_before": 40, "n_after": 40}
            for i in range(3 if onset is not None else 0)
        ],
        "exhibits": [],
        "context": [],
        "warnings": [],
        "limits": ["This covers only the calls that were sent."],
        "provenance": {"blackbox": "0.1.0", "created_at": "2026-11-23T10:00:00.000000Z"},
    }


def _point(place: int, onset: int | None) -> dict[str, Any]:
    after = onset is not None and place >= onset
    tested = place >= 3
    return {
        "run": f"20261101t080000z-local-one-token-{place:08d}",
        "label": "",
        "endpoint": "local",
        "statistic": None if place == 5 else 0.31 if after else 0.004 - 0.003 * (place % 3),
        "pvalue": None if not tested or place == 5 else 0.0001 if after else 0.4,
        "limit": 0.012 if tested and place != 5 else None,
        "n": 60,
        "n_missing": 0,
        "suspected": tested and after,
        "alarm": onset is not None and place == onset + 1,
        "reason": None,
        "journal_head": f"{place:064d}",
        "at": f"2026-11-{place + 1:02d}T08:00:00.000000Z",
        "until": f"2026-11-{place + 1:02d}T08:01:00.000000Z",
        "served_model": ["local"],
        "provider": [],
        "system_fingerprint": [],
    }
