"""Power beside the PyPI package `model-equality-testing` on the same samples, at α = .05.

Twenty forced-choice probes; a model's logits are normal with standard deviation 2 over 8 options, and 2.1 over 200 for
the designs of METHODS §2's table. The page gives the table's designs and not its laws; of 142 kinds tried
(`bench_power_laws.py`) these come nearest in all eight cells. With 8 a temperature is far harder to see. The package
shuffles a pooled list and reports mean(stat ≥ observed) without +1; we shuffle within each probe. Its own code
runs on the first samples of each scenario; a vectorised twin of it, which has to give the very same p on those,
runs on all of them, because its own code would take hours. A ± is one standard error; recorded beside it are exact
95 % intervals, whether each cell of the table is reached, and on how many samples only one of omnibus and package
rejects. Beside the omnibus, the larger of the standardised MMD² and χ² sum, stand three other ways to combine the two
over the same permutations: their sum, the smaller p, and Cauchy's mean of the p-values.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from _results import record
from peers.met import Missing, ModelEqualityTesting
from scipy.stats import beta, rankdata
from threadpoolctl import threadpool_limits

from blackbox import registry
from blackbox.core import PooledProbe
from blackbox.evidence.engine import Part, draw, omnibus, standardised
from blackbox.stats.distances import counts_by_label
from blackbox.stats.permutation import permutation_pvalue

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from blackbox.evidence.engine import Drawn

    Shares = np.ndarray[Any, np.dtype[np.float64]]

N_PROBES, N_OPTIONS, B, ALPHA, SEED = 20, 8, 199, 0.05, 23
TABLE_OPTIONS, FEW = 200, 20
SPREADS = {N_OPTIONS: 2.0, TABLE_OPTIONS: 2.1}
LETTERS = [chr(0x4E00 + k) for k in range(TABLE_OPTIONS)]
OURS = ("exact_mmd", "chi2", "jsd")
OTHERS = ("sum", "smaller p", "Cauchy")
LEVEL = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One alternative, asked of both tests.

    Args:
        name: In words.
        n: Answers a probe and side.
        suspect: From a model's logits and a generator to the suspect's answer shares.
        table: Power METHODS.md §2 asks for: MMD, χ² sum and the package.
        n_pairs: Simulated audits.
        n_checked: Of these, audits the package's own code repeats.
        lost: Share of answers the suspect loses at every other probe.
        n_options: Answers there are.
    """

    name: str
    n: int
    suspect: Callable[[Shares, np.random.Generator], Shares]
    table: tuple[float, float, float] | None
    n_pairs: int
    n_checked: int
    lost: float = 0.0
    n_options: int = N_OPTIONS


def softmax(logits: Shares) -> Shares:
    """Return answer shares."""
    weights = np.exp(logits - logits.max(1, keepdims=True))
    return np.asarray(weights / weights.sum(1, keepdims=True))


def model(rng: np.random.Generator, n_options: int) -> Shares:
    """Return `(P, K)` logits."""
    return rng.normal(0, SPREADS[n_options], (N_PROBES, n_options))


def mixed(share: float) -> Callable[[Shares, np.random.Generator], Shares]:
    """Return a suspect that answers a share of calls from another model."""
    return lambda logits, rng: (1 - share) * softmax(logits) + share * softmax(model(rng, logits.shape[1]))


def same(logits: Shares, _: np.random.Generator) -> Shares:
    """Return a suspect of the same model."""
    return softmax(logits)


def heated(temperature: float) -> Callable[[Shares, np.random.Generator], Shares]:
    """Return a suspect at another temperature."""
    return lambda logits, _: softmax(logits / temperature)


def noisy(logits: Shares, rng: np.random.Generator) -> Shares:
    """Return a suspect whose logits stray by .3."""
    return softmax(logits + rng.normal(0, 0.3, logits.shape))


TABLE = (
    ("temperature 1.3", 20, heated(1.3), (0.53, 0.34, 0.51)),
    ("logit noise .3", 100, noisy, (0.90, 0.67, 0.86)),
    ("mixture 20 %", 20, mixed(0.2), (0.21, 0.32, 0.16)),
    ("mixture 20 %", 50, mixed(0.2), (0.69, 0.89, 0.61)),
)
SCENARIOS = (
    Scenario(name="one model", n=20, suspect=same, table=None, n_pairs=400, n_checked=3),
    *(
        Scenario(name=name, n=n, suspect=s, table=asked, n_pairs=pairs, n_checked=1 if n > FEW else 3)
        for (name, n, s, asked), pairs in zip(TABLE, (400, 150, 400, 300), strict=True)
    ),
    Scenario(name="temperature 0.77", n=20, suspect=heated(0.77), table=None, n_pairs=400, n_checked=3),
    Scenario(name="one model, unequal loss", n=10, suspect=same, table=None, n_pairs=400, n_checked=3, lost=0.7),
)
TABLE_SCENARIOS = tuple(
    Scenario(name=name, n=n, suspect=s, table=asked, n_pairs=400, n_checked=1, n_options=TABLE_OPTIONS)
    for name, n, s, asked in TABLE
)


def our_pvalues(x: list[np.ndarray], y: list[np.ndarray]) -> dict[str, float]:
    """Return p of each of our signals, of the omnibus, and of other ways to combine its two."""
    probes = []
    for p, (a, b) in enumerate(zip(x, y, strict=True)):
        codes = np.unique(np.concatenate([a, b]), return_inverse=True)[1]
        probes.append(PooledProbe(probe_id=f"p{p:02d}", values=codes, n_x=len(a), n_y=len(b)))
    parts = [Part(name=n, signal=registry.signal(n), probes=tuple(probes)) for n in OURS]
    drawn = draw(parts, seed=SEED, n_permutations=B)
    found = omnibus(drawn)
    return {"omnibus": found.pvalue, **found.signal_pvalues, **combined(drawn)}


def combined(drawn: Sequence[Drawn]) -> dict[str, float]:
    """Return p of other statistics made of the standardised draws of MMD² and χ²; every labelling is treated alike."""
    z = np.array([own for d in drawn if d.info.omnibus and (own := standardised(d)) is not None])
    if not len(z):
        return dict.fromkeys(OTHERS, 1.0)
    near = np.round(z / np.abs(z).max(1, keepdims=True), 9)  # what is equal up to rounding has one rank
    own = rankdata(-near, method="max", axis=1) / z.shape[1]
    statistics = (z.sum(0), -own.min(0), np.tan((0.5 - own) * np.pi).mean(0))
    return {name: permutation_pvalue(values) for name, values in zip(OTHERS, statistics, strict=True)}


def twin_pvalue(x: list[np.ndarray], y: list[np.ndarray], torch_seed: int) -> float:
    """Return the package's p by counts: the same pooled shuffles, all at once."""
    cells = np.concatenate([p * TABLE_OPTIONS + a for side in (x, y) for p, a in enumerate(side)])
    n_x = sum(map(len, x))
    torch.manual_seed(torch_seed)
    labels = np.zeros((1 + B, len(cells)), dtype=np.int8)
    labels[0, :n_x] = 1
    for b in range(B):
        labels[1 + b, torch.randperm(len(cells)).numpy()[:n_x]] = 1
    full = np.bincount(cells, minlength=N_PROBES * TABLE_OPTIONS).reshape(N_PROBES, -1)
    padded = np.concatenate([cells, [N_PROBES * TABLE_OPTIONS - 1]])
    counts = counts_by_label(padded, np.pad(labels, ((0, 0), (0, 1)))).reshape(-1, N_PROBES, TABLE_OPTIONS)
    statistic = _mean_equal(counts, counts) + _mean_equal(full - counts, full - counts)
    statistic = statistic - 2 * _across(counts, full - counts)
    near = 1e-9 * np.abs(statistic).max()
    return float((statistic[1:] >= statistic[0] - near).mean())


def _mean_equal(counts: Shares, same: Shares) -> Shares:
    n = counts.sum(2)
    return (counts * (same - 1)).sum((1, 2)) / (n * (n - 1)).sum(1)


def _across(counts: Shares, others: Shares) -> Shares:
    return (counts * others).sum((1, 2)) / (counts.sum(2) * others.sum(2)).sum(1)


def package_pvalue(peer: ModelEqualityTesting, x: list[np.ndarray], y: list[np.ndarray], torch_seed: int) -> float:
    """Return the package's own p of the same samples under the same shuffles."""
    sides = [peer.sample([[LETTERS[k] for k in said] for said in side], length=1) for side in (x, y)]
    torch.manual_seed(torch_seed)
    return peer.pvalue(*sides, n_permutations=B)


def audit(scenario: Scenario, rng: np.random.Generator) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return both sides' answers at each probe."""
    logits = model(rng, scenario.n_options)
    if scenario.lost:  # every other probe is nearly decided, and there the suspect loses answers
        logits[::2] *= 4
    shares = softmax(logits), scenario.suspect(logits, rng)
    x, y = ([rng.choice(scenario.n_options, size=scenario.n, p=p) for p in own] for own in shares)
    kept = scenario.n - round(scenario.lost * scenario.n)
    return x, [said[:kept] if p % 2 == 0 else said for p, said in enumerate(y)]


def run(scenario: Scenario, peer: ModelEqualityTesting | None) -> dict[str, Any]:
    """Return how often each test rejects."""
    kind = [] if scenario.n_options == N_OPTIONS else [scenario.n_options]
    rng = np.random.default_rng([SEED, scenario.n, len(scenario.name), *kind])
    found: list[dict[str, float]] = []
    for i in range(scenario.n_pairs):
        x, y = audit(scenario, rng)
        twin = twin_pvalue(x, y, i)
        if peer is not None and i < scenario.n_checked:
            # The package compares floats without a tolerance: a tie may fall either way there.
            assert abs(package_pvalue(peer, x, y, i) - twin) <= 2 / B
        found.append({**our_pvalues(x, y), "package": twin})
    power = {name: float(np.mean([p[name] <= ALPHA for p in found])) for name in found[0]}
    errors = {name: float(np.sqrt(rate * (1 - rate) / len(found))) for name, rate in power.items()}
    return {
        "scenario": scenario.name,
        "n": scenario.n,
        "n_options": scenario.n_options,
        "n_pairs": scenario.n_pairs,
        "power": power,
        "standard_error": errors,
        "interval": {name: interval(rate, len(found)) for name, rate in power.items()},
        "cells_of_the_table": cells(power, len(found), scenario.table),
        "only_omnibus_rejects": sum(p["omnibus"] <= ALPHA < p["package"] for p in found),
        "only_package_rejects": sum(p["package"] <= ALPHA < p["omnibus"] for p in found),
        "methods_table": scenario.table,
        "checked_against_the_package": scenario.n_checked if peer else 0,
    }


def interval(rate: float, n: int) -> tuple[float, float]:
    """Return the exact 95 % interval of a rate (Clopper & Pearson 1934)."""
    k, tail = round(rate * n), (1 - LEVEL) / 2
    low = beta.ppf(tail, k, n - k + 1) if k else 0.0
    return float(low), float(beta.ppf(1 - tail, k + 1, n - k) if k < n else 1.0)


def cells(power: dict[str, float], n: int, table: tuple[float, float, float] | None) -> dict[str, str] | None:
    """Return of MMD, χ² and the package whether the table's figure is reached, within the interval, or above it."""
    if table is None:
        return None
    found = {}
    for name, asked in zip(("exact_mmd", "chi2", "package"), table, strict=True):
        within = asked <= interval(power[name], n)[1]
        found[name] = "reached" if power[name] >= asked else "within the interval" if within else "below"
    return found


def main(*wanted: str) -> None:
    """Print and record both kinds of laws, or the one named: `power` or `power_table`."""
    try:
        peer = ModelEqualityTesting()
    except Missing as missing:
        peer = None
        print(f"the package's own code is not run: {missing}")
    torch.set_num_threads(1)
    for name, scenarios in (("power", SCENARIOS), ("power_table", TABLE_SCENARIOS)):
        if not wanted or name in wanted:
            rows = [run(scenario, peer) for scenario in scenarios]
            show(rows)
            settings = {"seed": SEED, "alpha": ALPHA, "n_permutations": B, "peer": peer.version if peer else None}
            spread = SPREADS[scenarios[0].n_options]
            record(name, {**settings, "n_probes": N_PROBES, "logit_sd": spread, "rows": rows})


def show(rows: list[dict[str, Any]]) -> None:
    """Print one kind of laws."""
    columns = ("omnibus", *OURS, *OTHERS, "package")
    print(f"rejections at α = {ALPHA}, B = {B}  {'answers':>9}{'n':>6}" + "".join(f"{name:>15}" for name in columns))
    for row in rows:
        cells = "".join(f"{row['power'][c]:>9.3f} ±{row['standard_error'][c]:.3f}" for c in columns)
        asked = row["methods_table"]
        beside = "  METHODS §2: MMD {:.2f}, χ² {:.2f}, package {:.2f}".format(*asked) if asked else ""
        print(f"  {row['scenario']:<24}{row['n_options']:>13}{row['n']:>6}  {cells}{beside}")


if __name__ == "__main__":
    with threadpool_limits(limits=1):
        main(*sys.argv[1:])
