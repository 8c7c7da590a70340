"""Harmless explanations: how often a temperature change, and how often another model's share, is called explained.

16 probes; a model's answers are Dirichlet .3 over 12. Every audit has new laws. Counted are audits in which the
temperature change is said to explain the difference, can't be told from another model, or does not explain it.
"""

from __future__ import annotations

import sys
from time import process_time

import numpy as np
from _results import record
from threadpoolctl import threadpool_limits

from blackbox.evidence.explanations import RESIDUAL_LEVEL, weighed
from blackbox.stats.sampling import power_family, residual_fit

SEED, N_PROBES, N_ANSWERS, CONCENTRATION = 20_261_127, 16, 12, 0.3
SUSPECTS = ("mixture 30 %", "mixture 50 %", "temperature 0.77", "temperature 1.5")
SIZES = (15, 50)


def laws(rng: np.random.Generator) -> np.ndarray:
    """Return `(P, K)` answer shares of a model."""
    return rng.dirichlet(np.full(N_ANSWERS, CONCENTRATION), N_PROBES)


def suspect_of(kind: str, own: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the suspect's shares."""
    name, _, value = kind.partition(" ")
    if name == "temperature":
        raised = own ** (1 / float(value))
        return np.asarray(raised / raised.sum(1, keepdims=True))
    share = float(value.split()[0]) / 100 if name == "mixture" else 1.0
    return (1 - share) * own + share * other


def counts(rng: np.random.Generator, table: np.ndarray, n: int) -> np.ndarray:
    """Return `(P, K)` counts of `n` answers a probe."""
    return np.array([rng.multinomial(n, p / p.sum()) for p in table], dtype=float)


def audit(rng: np.random.Generator, kind: str, n: int, *, named: bool) -> tuple[str, bool]:
    """Return what is said of the temperature, and whether a large residual p alone would have called it explained."""
    own, other = laws(rng), laws(rng)
    x, y, z = (counts(rng, table, n) for table in (own, suspect_of(kind, own, other), other))
    fits = [
        residual_fit(x, y, power_family(), rng, z if named else None),
        residual_fit(y, x, power_family(), rng),
    ]
    best = max(fits, key=lambda fit: (fit.improves, fit.pvalue))
    naive = best.improves and best.pvalue > RESIDUAL_LEVEL
    return weighed(best, fits[0].advantage)[0], naive


def main(n_audits: int = 15) -> int:
    """Run everything, print it, write results; 1 if a share of another model is called explained too often."""
    started = process_time()
    rows = []
    for kind in SUSPECTS:
        for n in SIZES:
            for named in (False, True):
                rng = np.random.default_rng([SEED, SUSPECTS.index(kind), n])
                found = [audit(rng, kind, n, named=named) for _ in range(n_audits)]
                said = [status for status, _ in found]
                row = {
                    "suspect": kind, "answers_a_probe": n, "alternative_named": named, "n_audits": n_audits,
                    **{s: said.count(s) / n_audits for s in ("explains", "cannot_tell", "does_not_explain")},
                    "by_residual_p_alone": float(np.mean([naive for _, naive in found])),
                }  # fmt: skip
                rows.append(row)
                print(row, flush=True)
    wrong = max(row["explains"] for row in rows if not str(row["suspect"]).startswith("temperature"))
    checks = {"a share of another model is called explained in at most a tenth of audits": wrong <= 0.1}
    record("explanations", {
        "seed": SEED, "n_probes": N_PROBES, "n_answers": N_ANSWERS, "concentration": CONCENTRATION,
        "rows": rows, "checks": checks, "seconds": process_time() - started,
    })  # fmt: skip
    print(checks)
    return 0 if all(checks.values()) else 1


if __name__ == "__main__":
    with threadpool_limits(limits=1):
        sys.exit(main(*map(int, sys.argv[1:])))
