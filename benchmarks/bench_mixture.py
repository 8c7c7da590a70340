"""Mixture: power, error and coverage at shares .1, .2, .3, and false "mixed" where only the temperature differs.

Answers are drawn from known laws (peaked: 12 answers a probe, Dirichlet .3; diffuse: 20 answers, Dirichlet .5), 16
probes × 15 calls a side = 240, as the one-token suite asks. Every simulated audit has new laws.
"""

from __future__ import annotations

import json
import sys
from time import process_time
from typing import TYPE_CHECKING

import numpy as np
from _results import FOLDER, record
from scipy.special import logsumexp, xlogy
from scipy.stats import binom

from blackbox.core import PooledProbe
from blackbox.evidence.share import CHECK_LEVEL, Triple, estimate, share_pvalue
from blackbox.evidence.unexplained import unexplained_in
from blackbox.stats.mixture import Counts
from blackbox.stats.permutation import permutation_pvalue
from blackbox.stats.share_likelihood import Prior, n_moved_weights, share_interval

if TYPE_CHECKING:
    from collections.abc import Callable

RESULT = FOLDER / "mixture.json"
SEED, N_PROBES, N_CALLS, ALPHA = 20_260_101, 16, 15, 0.01
LAWS = {"peaked": (12, 0.3), "diffuse": (20, 0.5)}
COVERAGE = ((12, 12), (16, 15), (20, 20))
"""Probes and calls a probe at which coverage is measured."""
SHARES = (0.0, 0.1, 0.2, 0.3)
TEMPERATURES = (0.7, 1.3, 1.5, 2.0)
CALLS = ((15, 15), (20, 20), (25, 25), (30, 30), (15, 30), (15, 60), (15, 240))
"""Calls a probe of the suspect, and of reference and alternative, at which power is measured."""
N_PERMUTATIONS, N_BOOTSTRAP = 999, 99


def triples(
    rng: np.random.Generator,
    laws: tuple[np.ndarray, np.ndarray, np.ndarray],
    calls: tuple[int, int, int] = (N_CALLS, N_CALLS, N_CALLS),
) -> list[Triple]:
    """Return one simulated audit's answers, drawn from reference, suspect and alternative."""
    found = []
    for i, (p, b, q) in enumerate(zip(*laws, strict=True)):
        x, y, z = (np.sort(rng.choice(len(p), size=n, p=law)) for law, n in zip((p, b, q), calls, strict=True))
        pooled = PooledProbe(probe_id=f"p{i}", values=np.concatenate([x, y]), n_x=calls[0], n_y=calls[1])
        found.append(Triple(probe=pooled, alternative=z))
    return found


def laws_of(rng: np.random.Generator, kind: str, n_probes: int = N_PROBES) -> tuple[np.ndarray, np.ndarray]:
    """Return `(P, K)` laws of the reference and of the alternative; `shared`: both stray from the same law."""
    if kind == "shared":
        common = rng.dirichlet(np.full(20, 0.3), n_probes)
        p, q = (rng.gamma(np.maximum(6 * common, 1e-3)) + 1e-12 for _ in range(2))
        return p / p.sum(-1, keepdims=True), q / q.sum(-1, keepdims=True)
    n_answers, concentration = LAWS[kind]
    p, q = (rng.dirichlet(np.full(n_answers, concentration), n_probes) for _ in range(2))
    return p, q


def counted(rng: np.random.Generator, laws: tuple[np.ndarray, np.ndarray], share: float, n_calls: int) -> Counts:
    """Return `(P, K)` answer counts of reference, suspect and alternative."""
    p, q = laws
    three = (p, (1 - share) * p + share * q, q)
    n, m, c = (rng.multinomial(n_calls, law / law.sum(-1, keepdims=True)).astype(float) for law in three)
    return Counts(reference=n, suspect=m, alternative=c)


def coverage(rng: np.random.Generator, kind: str, *, share: float, size: tuple[int, int], n_audits: int) -> dict:
    """Return how often the 95 % interval held the true share, found or not, and how wide it was."""
    covered, widths, errors = 0, [], []
    for _ in range(n_audits):
        found = share_interval(counted(rng, laws_of(rng, kind, size[0]), share, size[1]), level=0.95)
        covered += found.low <= share <= found.high
        widths.append(found.high - found.low)
        errors.append(found.share - share)
    return {
        "laws": kind, "share": share, "n_probes": size[0], "calls_a_probe": size[1], "n_audits": n_audits,
        "coverage": covered / n_audits, "width": float(np.mean(widths)), "bias": float(np.mean(errors)),
        "rmse": float(np.sqrt(np.mean(np.square(errors)))),
    }  # fmt: skip


def limit(rng: np.random.Generator, kind: str, *, share: float, n_audits: int) -> dict:
    """Return the power of ours beside two tests nobody can run, on the same audits.

    Given the pooled answers of reference and suspect, and those of the alternative, labels dealt within probes are all
    that the null hypothesis leaves open, and every test of exact level α for all laws is one that holds it there (both
    are complete sufficient statistics). Among these the one that rejects for large ratios of the likelihood with the
    share to that without, the laws integrated over what they were drawn from, has the highest power on average over
    such laws (Neyman & Pearson 1933; Lehmann & Romano 2005, "Testing Statistical Hypotheses", §3.8 and §4.3). The
    other test is told both laws, and so bounds what more answers of reference and alternative could give.
    """
    ours, average, told = 0, 0, 0
    n_answers, concentration = LAWS[kind]
    for _ in range(n_audits):
        p, q = laws_of(rng, kind)
        audit = triples(rng, (p, (1 - share) * p + share * q, q))
        ours += share_pvalue(audit, seed=int(rng.integers(1_000)), n_permutations=N_PERMUTATIONS) <= ALPHA
        n, m, c = (np.array(side) for side in zip(*(t.counts(n_answers) for t in audit), strict=True))
        one = Counts(reference=n, suspect=m, alternative=c)
        average += permutation_pvalue(_ratios(rng, one, share, n_answers * [concentration])) <= ALPHA
        with np.errstate(divide="ignore", invalid="ignore"):
            weights = np.nan_to_num(np.log1p(share * (q / p - 1)), posinf=1e3)
        null = rng.multinomial(N_CALLS, p, size=(N_PERMUTATIONS, N_PROBES)) * weights
        told += permutation_pvalue(np.array([(one.suspect * weights).sum(), *null.sum((1, 2))])) <= ALPHA
    return {
        "laws": kind, "share": share, "alpha": ALPHA, "n_audits": n_audits, "n_permutations": N_PERMUTATIONS,
        "ours": ours / n_audits, "most_powerful_on_average": average / n_audits, "told_the_laws": told / n_audits,
    }  # fmt: skip


def _ratios(rng: np.random.Generator, one: Counts, share: float, prior: list[float]) -> np.ndarray:
    """Return the log-likelihood ratio of the share against none, laws integrated out, under each labelling."""
    total = np.zeros(1 + N_PERMUTATIONS)
    for n, m, c in zip(one.reference, one.suspect, one.alternative, strict=True):
        dealt = rng.multivariate_hypergeometric((n + m).astype(int), N_CALLS, size=N_PERMUTATIONS)
        reference = np.concatenate([n[None], dealt.astype(float)])
        suspect, alternative = (n + m) - reference, np.tile(c, (1 + N_PERMUTATIONS, 1))
        law = Prior(counts=np.tile(prior, (len(suspect), 1)), total=np.full(len(suspect), sum(prior)))
        every = Counts(reference=reference, suspect=suspect, alternative=alternative)
        weights = n_moved_weights(every, law, law)
        moved = np.arange(weights.shape[1])
        mixed = logsumexp(weights + xlogy(moved, share) + xlogy(N_CALLS - moved, 1 - share), axis=1)
        total += mixed - weights[:, 0]
    return total


def calls(rng: np.random.Generator, kind: str, *, share: float, sizes: tuple[int, int], n_audits: int) -> dict:
    """Return the power at some calls a probe of the suspect, and of both reference and alternative."""
    found = 0
    for _ in range(n_audits):
        p, q = laws_of(rng, kind)
        audit = triples(rng, (p, (1 - share) * p + share * q, q), (sizes[1], sizes[0], sizes[1]))
        found += share_pvalue(audit, seed=int(rng.integers(1_000)), n_permutations=N_PERMUTATIONS) <= ALPHA
    return {
        "laws": kind, "share": share, "calls_of_suspect": N_PROBES * sizes[0],
        "calls_of_reference_and_alternative": N_PROBES * sizes[1], "alpha": ALPHA, "n_audits": n_audits,
        "found": found / n_audits,
    }  # fmt: skip


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


def check_levels(rng: np.random.Generator, kind: str, *, share: float, n_audits: int) -> dict:
    """Return how often each check refuses a true mixture, found or not: two p-values at .05, the tilt by its BIC."""
    rows = []
    for _ in range(n_audits):
        p, q = laws_of(rng, kind)
        fitted = estimate(triples(rng, (p, (1 - share) * p + share * q, q)), n_bootstrap=N_BOOTSTRAP, rng=rng)
        rows.append((fitted.fit_pvalue, fitted.common_pvalue or 1.0, fitted.tilt_bic))
    fit, common, tilt = np.array(rows).T
    return {
        "laws": kind, "share": share, "n_audits": n_audits, "fit": float((fit <= CHECK_LEVEL).mean()),
        "common": float((common <= CHECK_LEVEL).mean()), "tilt": float((tilt <= 0).mean()),
        "mean_fit_pvalue": float(fit.mean()), "mean_common_pvalue": float(common.mean()),
        "any": float(((fit <= CHECK_LEVEL) | (common <= CHECK_LEVEL) | (tilt <= 0)).mean()),
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


def _covers(row: dict) -> bool:
    """Return whether coverage is at least the lower 99.9 % limit of a binomial at .95."""
    return row["coverage"] >= binom.ppf(0.0005, row["n_audits"], 0.95) / row["n_audits"]


def sections(rng: np.random.Generator, n: int) -> dict[str, Callable[[], list[dict]]]:
    """Return what each section measures, with n audits a row, for coverage twice as many."""
    three = (*LAWS, "shared")
    return {
        "known": lambda: [known(rng, k, share=s, temperature=1.0, n_audits=n) for k in LAWS for s in SHARES],
        "temperature_only": lambda: [
            known(rng, k, share=0.0, temperature=t, n_audits=n) for k in LAWS for t in TEMPERATURES
        ],
        "unknown": lambda: [
            unknown(rng, k, share=s, n_calls=calls, n_audits=n) for k in LAWS for calls in (15, 60) for s in SHARES
        ],
        "coverage": lambda: [
            coverage(rng, k, share=s, size=size, n_audits=2 * n) for k in three for s in SHARES for size in COVERAGE
        ],
        "limits": lambda: [limit(rng, k, share=s, n_audits=n) for k in LAWS for s in (0.2, 0.3)],
        "check_levels": lambda: [check_levels(rng, k, share=s, n_audits=n) for k in LAWS for s in (0.2, 0.3)],
        "calls": lambda: [calls(rng, k, share=0.2, sizes=sizes, n_audits=2 * n) for k in LAWS for sizes in CALLS],
    }


def main(n_audits: int = 100, *wanted: str) -> int:
    """Run the sections wanted, print and write them beside those kept; 1 if a target is missed."""
    kept = json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.exists() else {}
    found = {}
    for place, name in enumerate(sections(np.random.default_rng(SEED), n_audits)):
        if wanted and name not in wanted and name in kept:
            found[name] = kept[name]
            continue
        started = process_time()
        found[name] = sections(np.random.default_rng([SEED, place]), n_audits)[name]()
        print(name, f"{process_time() - started:.0f} s", *found[name], sep="\n", flush=True)
    checks = {
        "known, peaked: share .2 found in at least 90 % of audits of 240 calls": found["known"][2]["found"] >= 0.9,
        "no share: found within the binomial range of alpha": all(
            _within(r, "found") for r in found["known"] if not r["share"]
        ),
        "temperature alone: 'mixed' within the binomial range of alpha": all(
            _within(r, "given") for r in found["temperature_only"]
        ),
        "known: intervals hold the share in 95 % within the binomial range": all(map(_covers, found["coverage"])),
        "true mixtures: fit and common share refused within the binomial range of their level": all(
            _within({**r, "alpha": CHECK_LEVEL}, name) for r in found["check_levels"] for name in ("fit", "common")
        ),
        "unknown: a bound above the truth at most alpha": all(_within(r, "wrong") for r in found["unknown"]),
    }
    design = {"seed": SEED, "alpha": ALPHA, "n_permutations": N_PERMUTATIONS, "n_bootstrap": N_BOOTSTRAP}
    record("mixture", {**design, **found, "checks": checks})
    print(checks)
    return 0 if all(checks.values()) else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:2]), *sys.argv[2:]))
