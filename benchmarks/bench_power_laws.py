"""Can METHODS §2's power table be had from any of the usual answer laws? Its designs are stated, its laws are not.

Each kind of law (Dirichlet, or softmax of normal logits, over K answers) gives all four designs' power of exact-match
MMD² and of the χ² sum, at 20 probes and α = .05. Powers are of standardised sums: the permutation mean and variance of
χ² given the margins is exact (Haldane 1940, "The mean and variance of χ² when used as a test of homogeneity, when
expectations are small", Biometrika 31, 346–355), that of MMD² is the multinomial one at the pooled shares; critical
values are simulated from pairs that are the same. On the laws of `bench_power.py power_table` this agrees with
permutation within its error.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
from _results import FOLDER, record

if TYPE_CHECKING:
    from collections.abc import Iterator

    Array = np.ndarray[Any, np.dtype[np.float64]]

SEED, N_PROBES, ALPHA = 29, 20, 0.05
OPTIONS = (4, 6, 10, 20, 26, 50, 100, 200, 500)
CONCENTRATIONS = (0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0)
SPREADS = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0)
NEAR = [("softmax", spread, n) for spread in (2.1, 2.2, 2.3, 2.4) for n in (200, 300, 400, 600)]
"""Looked at closer, because the table lies between their neighbours."""
TABLE = {
    "temperature 1.3, n = 20": (0.53, 0.34),
    "logit noise .3, n = 100": (0.90, 0.67),
    "mixture 20 %, n = 20": (0.21, 0.32),
    "mixture 20 %, n = 50": (0.69, 0.89),
}
TOLERANCE = 0.06
"""How far a simulated figure of either side may stray: two standard errors of 300 audits."""


def softmax(logits: Array) -> Array:
    """Return shares."""
    weights = np.exp(logits - logits.max(-1, keepdims=True))
    return np.asarray(weights / weights.sum(-1, keepdims=True))


def logits_of(rng: np.random.Generator, kind: tuple[str, float, int], n_audits: int) -> Array:
    """Return `(A, P, K)` log-shares of new models."""
    name, width, n_options = kind
    if name == "softmax":
        return rng.normal(0, width, (n_audits, N_PROBES, n_options))
    return np.log(np.maximum(rng.gamma(width, size=(n_audits, N_PROBES, n_options)), 1e-300))


def designs(
    rng: np.random.Generator, kind: tuple[str, float, int], n_audits: int
) -> Iterator[tuple[int, Array, Array]]:
    """Yield answers a side, and the laws of both sides, of each design of the table."""
    own = logits_of(rng, kind, n_audits)
    p = softmax(own)
    mixed = 0.8 * p + 0.2 * softmax(logits_of(rng, kind, n_audits))
    yield 20, p, softmax(own / 1.3)
    yield 100, p, softmax(own + rng.normal(0, 0.3, own.shape))
    yield 20, p, mixed
    yield 50, p, mixed


def statistics(rng: np.random.Generator, n: int, p: Array, q: Array) -> Array:
    """Return `(2, A)` standardised sums over probes of MMD² and χ²."""
    x, y = rng.multinomial(n, p).astype(float), rng.multinomial(n, q).astype(float)
    total = x + y
    within = ((x * (x - 1)).sum(-1) + (y * (y - 1)).sum(-1)) / (n * (n - 1))
    mmd2 = within - 2 * (x * y).sum(-1) / n**2
    chi2 = ((x - y) ** 2 / np.maximum(total, 1)).sum(-1)
    mean, variance = moments(total, n)
    pooled = total / (2 * n)
    two, three = (pooled**2).sum(-1), (pooled**3).sum(-1)
    spread = (4 / (n * (n - 1)) + 4 / n**2) * np.maximum(two - 2 * three + two**2, 1e-12)
    return np.stack(
        [
            mmd2.sum(1) / np.sqrt(spread.sum(1)),
            (chi2 - mean).sum(1) / np.sqrt(np.maximum(variance.sum(1), 1e-12)),
        ]
    )


def moments(total: Array, n: int) -> tuple[Array, Array]:
    """Return mean and variance of χ² of 2 × K tables with `n` answers a side, given how often each was given."""
    size, given = 2 * n, (total > 0).sum(-1)
    inverse = np.where(total > 0, 1 / np.maximum(total, 1), 0.0).sum(-1)
    rows = ((size - 2) / (size - 1), (size * 2 / n - 4) / (size - 2))
    columns = ((given - 1) * (size - given) / (size - 1), (size * inverse - given**2) / (size - 2))
    mean = size / (size - 1) * (given - 1)
    variance = 2 * size / (size - 3) * (rows[0] - rows[1]) * (columns[0] - columns[1])
    return mean, variance + size**2 / (size - 1) * rows[1] * columns[1]


def powers(kind: tuple[str, float, int], n_audits: int) -> list[tuple[float, float]]:
    """Return the power of MMD² and χ² in each design."""
    rng = np.random.default_rng([SEED, kind[0] == "softmax", round(100 * kind[1]), kind[2]])
    found = []
    for n, p, q in designs(rng, kind, n_audits):
        critical = np.quantile(statistics(rng, n, (p + q) / 2, (p + q) / 2), 1 - ALPHA, axis=1, keepdims=True)
        mmd2, chi2 = (statistics(rng, n, p, q) > critical).mean(1)
        found.append((float(mmd2), float(chi2)))
    return found


def measured(n_audits: int) -> dict[tuple[str, float, int], dict[str, Any]]:
    """Return the rows already recorded at this size: every kind has a seed of its own."""
    path = FOLDER / "power_laws.json"
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if (kept.get("seed"), kept.get("n_audits")) != (SEED, n_audits):
        return {}
    return {(row["laws"], row["width"], row["n_options"]): row for row in kept["rows"]}


def main(n_audits: int = 300) -> None:
    """Print the nearest kinds and record all."""
    kinds = [("softmax", s, k) for s in SPREADS for k in OPTIONS]
    kinds += [("dirichlet", c, k) for c in CONCENTRATIONS for k in OPTIONS]
    known = measured(n_audits)
    rows = []
    for kind in [*kinds, *NEAR]:
        if kind in known:
            rows.append(known[kind])
            continue
        found = powers(kind, n_audits)
        cells = [
            (a, b) for got, asked in zip(found, TABLE.values(), strict=True) for a, b in zip(got, asked, strict=True)
        ]
        rows.append({
            "laws": kind[0], "width": kind[1], "n_options": kind[2], "power": dict(zip(TABLE, found, strict=True)),
            "largest_gap": max(abs(a - b) for a, b in cells),
            "all_at_least": all(a >= b - TOLERANCE for a, b in cells),
        })  # fmt: skip
    rows.sort(key=lambda row: row["largest_gap"])
    for row in rows[:8]:
        print(
            f"{row['laws']} {row['width']:g} over {row['n_options']}: largest gap {row['largest_gap']:.2f}",
            row["power"],
        )
    print("kinds at least the table in every cell:", sum(row["all_at_least"] for row in rows), "of", len(rows))
    record("power_laws", {
        "seed": SEED, "alpha": ALPHA, "n_probes": N_PROBES, "n_audits": n_audits, "methods_table": TABLE, "rows": rows,
    })  # fmt: skip


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
