"""Another family of models, found with 120 one-token calls a side at α = .01: 8 probes × 15 calls.

Three kinds of laws, all with answers of the two models drawn independently: softmax of normal logits (sd 2, 8 options),
Dirichlet .3 over 12 answers, Dirichlet .5 over 20. Every audit has new laws.
"""

from __future__ import annotations

import sys
from time import process_time
from typing import TYPE_CHECKING

import numpy as np
from _results import record
from scipy.stats import beta
from threadpoolctl import threadpool_limits

from blackbox import registry
from blackbox.core import PooledProbe
from blackbox.evidence.engine import Part, draw, omnibus

if TYPE_CHECKING:
    from collections.abc import Callable

SEED, N_PROBES, N_CALLS, ALPHA, B = 20_261_128, 8, 15, 0.01, 999
SIGNALS = {name: registry.signal(name) for name in ("exact_mmd", "chi2")}


def normal(rng: np.random.Generator) -> np.ndarray:
    """Return `(P, 8)` shares, softmax of normal logits."""
    weights = np.exp(rng.normal(0, 2.0, (N_PROBES, 8)))
    return np.asarray(weights / weights.sum(1, keepdims=True))


def peaked(rng: np.random.Generator) -> np.ndarray:
    """Return `(P, 12)` shares."""
    return rng.dirichlet(np.full(12, 0.3), N_PROBES)


def diffuse(rng: np.random.Generator) -> np.ndarray:
    """Return `(P, 20)` shares."""
    return rng.dirichlet(np.full(20, 0.5), N_PROBES)


def pvalue(rng: np.random.Generator, own: np.ndarray, other: np.ndarray) -> float:
    """Return the omnibus p of one audit."""
    probes = []
    for p, (a, b) in enumerate(zip(own, other, strict=True)):
        said = np.concatenate([rng.choice(len(law), N_CALLS, p=law) for law in (a, b)])
        codes = np.unique(said, return_inverse=True)[1]
        probes.append(PooledProbe(probe_id=f"p{p}", values=codes, n_x=N_CALLS, n_y=N_CALLS))
    parts = [Part(name=n, signal=s, probes=tuple(probes)) for n, s in SIGNALS.items()]
    return omnibus(draw(parts, seed=SEED, n_permutations=B)).pvalue


def found(laws: Callable[[np.random.Generator], np.ndarray], n_audits: int) -> dict[str, object]:
    """Return how often another model is found, and how often the same one is."""
    rng = np.random.default_rng([SEED, len(laws.__name__)])
    n_other = n_same = 0
    for _ in range(n_audits):
        own, other = laws(rng), laws(rng)
        n_other += pvalue(rng, own, other) <= ALPHA
        n_same += pvalue(rng, own, own) <= ALPHA
    lower = float(beta.ppf(0.05, n_other, n_audits - n_other + 1)) if n_other else 0.0
    return {
        "laws": laws.__name__, "calls_a_side": N_PROBES * N_CALLS, "alpha": ALPHA, "n_audits": n_audits,
        "power": n_other / n_audits, "power_lower_95": lower, "false_alarms": n_same / n_audits,
    }  # fmt: skip


def main(n_audits: int = 500) -> int:
    """Run everything, print it, write results; 1 if the target is missed."""
    started = process_time()
    rows = [found(laws, n_audits) for laws in (normal, peaked, diffuse)]
    for row in rows:
        print(row)
    checks = {"another family found in at least 99 % of audits": all(float(str(r["power"])) >= 0.99 for r in rows)}
    record("family", {"seed": SEED, "n_permutations": B, "rows": rows, "checks": checks,
                      "seconds": process_time() - started})  # fmt: skip
    print(checks)
    return 0 if all(checks.values()) else 1


if __name__ == "__main__":
    with threadpool_limits(limits=1):
        sys.exit(main(*map(int, sys.argv[1:])))
