"""The e-process: false alarms over null streams looked at after every pair, and calls saved against the fixed design.

16 probes × 15 repeats a side as the one-token suite asks, α = .01. Null laws: peaked, diffuse, near-constant answers.
The fixed design asks all 240 pairs; its test is the within-probe permutation test of exact-match MMD² and χ².
"""

from __future__ import annotations

import math
import sys
from time import perf_counter

import numpy as np
from _results import record
from scipy.stats import binom

from blackbox.core import PooledProbe
from blackbox.evidence.engine import Part, draw, omnibus
from blackbox.signals.chi2 import SIGNAL as CHI2
from blackbox.signals.exact_mmd import SIGNAL as EXACT_MMD
from blackbox.stats.betting import Betting

SEED, N_PROBES, N_REPEATS, ALPHA = 20_260_102, 16, 15, 0.01
N_PERMUTATIONS = 999
LAWS = {"peaked": (12, 0.3), "diffuse": (20, 0.5), "near-constant": (4, 0.05)}


def laws_of(rng: np.random.Generator, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Return `(P, K)` laws of two unrelated endpoints."""
    n_answers, concentration = LAWS[kind]
    p, q = (rng.dirichlet(np.full(n_answers, concentration), N_PROBES) for _ in range(2))
    return p, q


def answers(rng: np.random.Generator, laws: np.ndarray) -> np.ndarray:
    """Return `(P, n)` answers."""
    return np.stack([rng.choice(len(law), size=N_REPEATS, p=law / law.sum()) for law in laws])


def stopped_at(a: np.ndarray, b: np.ndarray) -> int | None:
    """Return after how many pairs the wealth reached 1/α, None if it never did."""
    betting = Betting()
    for repeat in range(N_REPEATS):
        for probe in range(N_PROBES):
            betting.play(str(probe), int(a[probe, repeat]), int(b[probe, repeat]))
            if betting.highest >= math.log(1 / ALPHA):
                return betting.n_pairs
    return None


def fixed_pvalue(a: np.ndarray, b: np.ndarray) -> float:
    """Return the omnibus p of the whole design."""
    probes = []
    for i, (x, y) in enumerate(zip(a, b, strict=True)):
        codes = np.unique(np.concatenate([x, y]), return_inverse=True)[1]
        values = np.concatenate([np.sort(codes[: len(x)]), np.sort(codes[len(x) :])])
        probes.append(PooledProbe(probe_id=str(i), values=values, n_x=len(x), n_y=len(y)))
    parts = [Part(name=n, signal=s, probes=tuple(probes)) for n, s in (("exact_mmd", EXACT_MMD), ("chi2", CHI2))]
    return omnibus(draw(parts, seed=SEED, n_permutations=N_PERMUTATIONS)).pvalue


def null(rng: np.random.Generator, kind: str, n_streams: int) -> dict:
    """Return how many streams of one endpoint against itself ever alarmed."""
    alarms = 0
    for _ in range(n_streams):
        p, _ = laws_of(rng, kind)
        alarms += stopped_at(answers(rng, p), answers(rng, p)) is not None
    limit = int(binom.ppf(0.999, n_streams, ALPHA))
    return {"laws": kind, "n_streams": n_streams, "alarms": alarms, "rate": alarms / n_streams, "limit": limit}


def saving(rng: np.random.Generator, kind: str, *, share: float, n_streams: int) -> dict:
    """Return power and mean calls of both designs where B mixes in another endpoint's answers."""
    stops, rejected = [], 0
    for _ in range(n_streams):
        p, q = laws_of(rng, kind)
        a, b = answers(rng, p), answers(rng, (1 - share) * p + share * q)
        stops.append(stopped_at(a, b))
        rejected += fixed_pvalue(a, b) <= ALPHA
    n_fixed = 2 * N_PROBES * N_REPEATS
    calls = [2 * n if n is not None else n_fixed for n in stops]
    return {
        "laws": kind, "share": share, "n_streams": n_streams, "power": float(np.mean([n is not None for n in stops])),
        "fixed_power": rejected / n_streams, "mean_calls": float(np.mean(calls)),
        "median_calls": float(np.median(calls)),
        "fixed_calls": n_fixed, "saved": 1 - float(np.mean(calls)) / n_fixed,
    }  # fmt: skip


def main(n_null: int = 1_000, n_alternative: int = 100) -> int:
    """Run everything, print it, write results; 1 if a target is missed."""
    started = perf_counter()
    rng = np.random.default_rng(SEED)
    nulls = [null(rng, kind, n_null) for kind in LAWS]
    savings = [saving(rng, k, share=s, n_streams=n_alternative) for k in ("peaked", "diffuse") for s in (1.0, 0.5, 0.3)]
    for row in [*nulls, *savings]:
        print(row)
    total, alarms = sum(r["n_streams"] for r in nulls), sum(r["alarms"] for r in nulls)
    checks = {
        "at least 2,000 null streams": total >= 2_000,
        "false alarms at most alpha over all streams": alarms / total <= ALPHA,
        "false alarms within the binomial range of alpha for each law": all(r["alarms"] <= r["limit"] for r in nulls),
    }
    record("sequential", {
        "seed": SEED, "alpha": ALPHA, "n_permutations": N_PERMUTATIONS, "null": nulls, "alternatives": savings,
        "checks": checks, "seconds": perf_counter() - started,
    })  # fmt: skip
    print(checks)
    return 0 if all(checks.values()) else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
