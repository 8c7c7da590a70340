"""Simulated histories: runs of one endpoint as counts."""

from __future__ import annotations

import numpy as np

from blackbox.evidence.drift import Rules
from blackbox.evidence.drift_counts import AnswerCounts

RULES = Rules(alpha=0.01, horizon=60, baseline=7, seed=0)


def history(
    rng: np.random.Generator,
    *,
    n_runs: int = 24,
    swap: int | None = None,
    share: float = 1.0,
    concentration: float | None = None,
    n_probes: int = 12,
    n: int = 4,
) -> AnswerCounts:
    """Return runs that serve one model and, from `swap` on, another one in a share of calls.

    `concentration`: every run draws its answer shares anew around the model's.
    """
    base, other = rng.dirichlet(np.full(6, 0.5), n_probes), rng.dirichlet(np.full(6, 0.5), n_probes)
    counts = np.zeros((n_runs, n_probes, 6))
    for run in range(n_runs):
        shares = base if swap is None or run < swap else (1 - share) * base + share * other
        if concentration is not None:
            shares = np.stack([rng.dirichlet(s * concentration + 1e-6) for s in shares])
        counts[run] = [rng.multinomial(n, s) for s in shares]
    return AnswerCounts.of(counts)


def names(counts: AnswerCounts) -> tuple[str, ...]:
    """Return what runs are called."""
    return tuple(f"run-{k}" for k in range(counts.n_runs))
