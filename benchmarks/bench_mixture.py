"""Mixture: power, error and coverage at shares .1, .2, .3, and false "mixed" where only the temperature differs.

Answers are drawn from known laws (peaked: 12 answers a probe, Dirichlet .3; diffuse: 20 answers, Dirichlet .5), 16
probes × 15 calls a side = 240, as the one-token suite asks. Every simulated audit has new laws.
"""

from __future__ import annotations

import sys
from time import perf_counter

import numpy as np
from _results import record
from scipy.stats import binom

from blackbox.core import PooledProbe
from blackbox.evidence.share import Triple, estimate, share_pvalue
from blackbox.evidence.unexplained import unexplained_in

SEED, N_PROBES, N_CALLS, ALPHA = 20_260_101, 16, 15, 0.01
LAWS = {"peaked": (12, 0.3), "diffuse": (20, 0.5)}
SHARES = (0.0, 0.1, 0.2, 0.3)
TEMPERATURES = (0.7, 1.3, 1.5, 2.0)
N_PERMUTATIONS, N_BOOTSTRAP = 999, 99


def triples(rng: np.random.Generator, laws: tuple[np.ndarray, np.ndarray, np.ndarray]) -> list[Triple]:
    """Return one simulated audit's answers, drawn from reference, suspect and alternative."""
    found = []
    for i, (p, b, q) in enumerate(zip(*laws, strict=True)):
        x, y, z = (np.sort(rng.choice(len(p), size=N_CALLS, p=law)) for law in (p, b, q))
        pooled = PooledProbe(probe_id=f"p{i}", values=np.concatenate([x, y]), n_x=N_CALLS, n_y=N_CALLS)
        found.append(Triple(probe=pooled, alternative=z))
    return found


def laws_of(rng: np.random.Generator, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Return `(P, K)` laws of the reference and of the alternative."""
    n_answers, concentration = LAWS[kind]
    p, q = (rng.dirichlet(np.full(n_answers, concentration), N_PROBES) for _ in range(2))
    return p, q


def tilted(p: np.ndarray, temperature: float) -> np.ndarray:
    """Return the laws at another temperature."""
    raised = p ** (1 / temperature)
    return np.asarray(raised / raised.sum(-1, keepdims=True))


def known(rng: np.random.Generator, kind: str, *, share: float, temperature: float, n_audits: int) -> dict:
    """Return how often a share was found and given, its error, and how often its interval held the truth."""
    found, given, errors, covered = 0, 0, [], 0
    refused: dict[str, int] = {"fit": 0, "common": 0, "tilt": 0}
    for _ in range(n_audits):
        p, q = laws_of(rng, kind)
        suspect = (1 - share) * tilted(p, temperature) + share * q
        audit = triples(rng, (p, suspect, q))
        if share_pvalue(audit, seed=int(rng.integers(1_000)), n_permutations=N_PERMUTATIONS) > ALPHA:
            continue
        found += 1
        fitted = estimate(audit, n_bootstrap=N_BOOTSTRAP, rng=rng)
        refused["fit"] += fitted.fit_pvalue <= 0.05
        refused["common"] += fitted.common_pvalue is not None and fitted.common_pvalue <= 0.05
        refused["tilt"] += fitted.tilt_bic <= 0
        if fitted.objection is None:
            given += 1
            errors.append(fitted.share - share)
            covered += fitted.ci_low <= share <= fitted.ci_high
    return {
        "laws": kind, "share": share, "temperature": temperature, "alpha": ALPHA, "n_audits": n_audits,
        "found": found / n_audits, "given": given / n_audits,
        "refused": {name: n / n_audits for name, n in refused.items()},
        "bias": float(np.mean(errors)) if errors else None,
        "rmse": float(np.sqrt(np.mean(np.square(errors)))) if errors else None,
        "coverage_of_given": covered / given if given else None,
    }  # fmt: skip


def unknown(rng: np.random.Generator, kind: str, *, share: float, n_calls: int, n_audits: int) -> dict:
    """Return how often a bound above 0 was shown, its mean, and how often it was above the truth."""
    shown, wrong, values = 0, 0, []
    for _ in range(n_audits):
        p, q = laws_of(rng, kind)
        suspect = (1 - share) * p + share * q
        rows = [
            {f"p{i}": [int(x) for x in rng.choice(len(law), size=n_calls, p=law)] for i, law in enumerate(side)}
            for side in (p, suspect)
        ]
        bound = unexplained_in(rows[0], rows[1], alpha=0.05, rng=rng)
        assert bound is not None
        shown += bound.value > 0
        wrong += bound.value > share
        values.append(bound.value)
    return {
        "laws": kind, "share": share, "calls_a_side": n_calls * N_PROBES, "alpha": 0.05, "n_audits": n_audits,
        "shown": shown / n_audits, "mean_bound": float(np.mean(values)), "wrong": wrong / n_audits,
    }  # fmt: skip


def _within(row: dict, name: str) -> bool:
    """Return whether a rate is at most the upper 99.9 % limit of a binomial at alpha."""
    return row[name] <= binom.ppf(0.999, row["n_audits"], row["alpha"]) / row["n_audits"]


def main(n_audits: int = 200) -> int:
    """Run everything, print it, write results; 1 if a target is missed."""
    started = perf_counter()
    rng = np.random.default_rng(SEED)
    rows = [known(rng, k, share=s, temperature=1.0, n_audits=n_audits) for k in LAWS for s in SHARES]
    tilts = [known(rng, k, share=0.0, temperature=t, n_audits=2 * n_audits) for k in LAWS for t in TEMPERATURES]
    sizes = [(kind, n, share) for kind in LAWS for n in (15, 60) for share in SHARES]
    bounds = [unknown(rng, kind, share=share, n_calls=n, n_audits=n_audits) for kind, n, share in sizes]
    for row in [*rows, *tilts, *bounds]:
        print(row)
    checks = {
        "known, peaked: share .2 found in at least 90 % of audits of 240 calls": rows[2]["found"] >= 0.9,
        "no share: found within the binomial range of alpha": all(_within(r, "found") for r in rows if not r["share"]),
        "temperature alone: 'mixed' within the binomial range of alpha": all(_within(r, "given") for r in tilts),
        "unknown: a bound above the truth at most alpha": all(_within(r, "wrong") for r in bounds),
    }
    record("mixture", {
        "seed": SEED, "alpha": ALPHA, "n_permutations": N_PERMUTATIONS, "n_bootstrap": N_BOOTSTRAP,
        "known": rows, "temperature_only": tilts, "unknown": bounds, "checks": checks,
        "seconds": perf_counter() - started,
    })  # fmt: skip
    print(checks)
    return 0 if all(checks.values()) else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
