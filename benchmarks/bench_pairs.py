"""All pairs of 200 endpoints at B = 999 on one core: a speed figure, and no claim about any model.

Exact-match MMD² of every pair over a suite of 16 probes × 15 answers, from codes to p, beside the peak of this
core in the same run (square float32 matrix product) and beside the engine's way of one pair at a time. The
p-values of both ways have to be the same numbers. Beside it what `compare` does with many runs: the omnibus of exact
match and χ², drawn of many pairs together (`screening`), at B = 999 and, for pairs that may differ, at 99,999. One
thread; seconds are those the core worked (processor time), so that other work on the machine does not count.
"""

from __future__ import annotations

from itertools import combinations, islice
from time import process_time
from typing import TYPE_CHECKING

import numpy as np
from _all_pairs import all_pairs
from _results import record
from threadpoolctl import threadpool_limits

from blackbox import registry
from blackbox.core import PooledProbe
from blackbox.evidence.engine import Part, draw, omnibus
from blackbox.evidence.screening import CodedPair, screened

if TYPE_CHECKING:
    from collections.abc import Callable

N_RUNS, N_PROBES, N_REPEATS, N_ANSWERS, B, SEED = 200, 16, 15, 8, 999, 11
PROBES = tuple(f"p{i:02d}" for i in range(N_PROBES))
N_ENGINE_PAIRS, N_SCREENED, N_ROUNDS = 40, 1_024, 3
N_FOLLOWED, MOST = 40, 99_999


def codes() -> np.ndarray:
    """Return `(R, P, n)` sorted answer codes of 200 endpoints of twenty models."""
    rng = np.random.default_rng(SEED)
    models = rng.dirichlet(np.full(N_ANSWERS, 0.5), size=(20, N_PROBES))
    runs = [[rng.choice(N_ANSWERS, size=N_REPEATS, p=share) for share in models[r % 20]] for r in range(N_RUNS)]
    return np.sort(np.array(runs, dtype=np.uint8), axis=2)


def peak_flops(size: int = 2048) -> float:
    """Return the best rate of a square float32 product on this core, in operations per second."""
    matrix = np.random.default_rng(0).random((size, size), dtype=np.float32)
    best = min(_seconds(lambda: matrix @ matrix) for _ in range(5))
    return 2 * size**3 / best


SIGNALS = {name: registry.signal(name) for name in ("exact_mmd", "chi2")}


def pooled(runs: np.ndarray, i: int, j: int) -> tuple[PooledProbe, ...]:
    """Return the pooled answers of one pair."""
    probes = []
    for p, probe_id in enumerate(PROBES):
        values = np.unique(np.concatenate([runs[i, p], runs[j, p]]), return_inverse=True)[1]
        probes.append(PooledProbe(probe_id=probe_id, values=values, n_x=N_REPEATS, n_y=N_REPEATS))
    return tuple(probes)


def one_at_a_time(pairs: list[tuple[PooledProbe, ...]]) -> list[tuple[float, float]]:
    """Return the engine's p of exact match and of the omnibus for each pair."""
    found = []
    for probes in pairs:
        parts = [Part(name=n, signal=s, probes=probes) for n, s in SIGNALS.items()]
        tested = omnibus(draw(parts, seed=SEED, n_permutations=B))
        found.append((tested.signal_pvalues["exact_mmd"], tested.pvalue))
    return found


def together(pairs: list[CodedPair], n_permutations: int = B) -> list[tuple[float, float]]:
    """Return the same as `compare` has it of many pairs."""
    tests = [omnibus(drawn) for drawn in screened(pairs, SIGNALS, seed=SEED, n_permutations=n_permutations)]
    return [(tested.signal_pvalues["exact_mmd"], tested.pvalue) for tested in tests]


def _seconds(work: Callable[[], object]) -> float:
    started = process_time()
    work()
    return process_time() - started


def _least(work: Callable[[], object]) -> float:
    """Return the seconds of the quickest of some rounds: what else the machine does only adds to them."""
    return min(_seconds(work) for _ in range(N_ROUNDS))


def main() -> None:
    """Print and record pairs per second, the share of the peak, and the ratio to one pair at a time."""
    runs = codes()
    found = all_pairs(runs, PROBES, seed=SEED, n_permutations=B)
    rounds = []
    for _ in range(N_ROUNDS):
        before = peak_flops()
        seconds = _seconds(lambda: all_pairs(runs, PROBES, seed=SEED, n_permutations=B))
        rounds.append({"seconds": seconds, "peak": max(before, peak_flops())})
    best = min(rounds, key=lambda each: each["seconds"])
    n_pairs = N_RUNS * (N_RUNS - 1) // 2
    flops = 2.0 * n_pairs * N_PROBES * N_REPEATS**2 * (1 + B)  # of one statistic; the omnibus has two
    n_answers = sum(len(np.unique(runs[:, p])) for p in range(N_PROBES))
    done = 2.0 * N_RUNS**2 * n_answers * (1 + B)
    ends = list(islice(combinations(range(N_RUNS), 2), N_SCREENED))
    alone = [pooled(runs, i, j) for i, j in ends[:N_ENGINE_PAIRS]]
    of_run = [dict(zip(PROBES, run, strict=True)) for run in runs]
    batch = [CodedPair(x=of_run[i], y=of_run[j], probe_ids=PROBES) for i, j in ends]
    engine: list[tuple[float, float]] = []
    engine_seconds = _least(lambda: engine.extend(one_at_a_time(alone)))
    screen: list[tuple[float, float]] = []
    screen_seconds = _least(lambda: screen.extend(together(batch)))
    draw_seconds = _least(lambda: screened(batch, SIGNALS, seed=SEED, n_permutations=B))
    label_seconds = _seconds(lambda: together(batch[:N_FOLLOWED], MOST))
    followed_seconds = _least(lambda: together(batch[:N_FOLLOWED], MOST))
    del engine[N_ENGINE_PAIRS:], screen[N_SCREENED:]
    assert engine == screen[:N_ENGINE_PAIRS]
    assert [p for p, _ in screen] == found.pvalue[:N_SCREENED].tolist()
    result = {
        "label": "speed of all pairs; says nothing about any model",
        "seed": SEED,
        "n_endpoints": N_RUNS,
        "n_probes": N_PROBES,
        "n_repeats": N_REPEATS,
        "n_permutations": B,
        "n_pairs": n_pairs,
        "seconds": best["seconds"],
        "pairs_per_second_per_core": n_pairs / best["seconds"],
        "share_of_sgemm_peak": flops / best["seconds"] / best["peak"],
        "share_of_sgemm_peak_in_operations_done": done / best["seconds"] / best["peak"],
        "sgemm_peak_gflops": best["peak"] / 1e9,
        "rounds": rounds,
        "engine_pairs_per_second": N_ENGINE_PAIRS / engine_seconds,
        "screened_pairs_per_second": N_SCREENED / screen_seconds,
        "screened_share_of_sgemm_peak": 2 * flops / n_pairs * N_SCREENED / screen_seconds / best["peak"],
        "drawn_pairs_per_second": N_SCREENED / draw_seconds,
        "followed_n_permutations": MOST,
        "followed_pairs_per_second": N_FOLLOWED / followed_seconds,
        "followed_labels_dealt_once_seconds": label_seconds - followed_seconds,
        "pvalues_equal_to_the_engine": True,
    }
    record("pairs", result)
    print(f"all pairs: {N_RUNS} endpoints, {N_PROBES} probes × {N_REPEATS}, B = {B}: {n_pairs:,} pairs")
    print(
        f"  {result['pairs_per_second_per_core']:,.0f} pairs/s a core · "
        f"{result['share_of_sgemm_peak']:.0%} of {result['sgemm_peak_gflops']:.0f} GFLOP/s as one product of Gram "
        f"entries, {result['share_of_sgemm_peak_in_operations_done']:.0%} in operations done"
    )
    print(
        f"  the omnibus of compare: {result['screened_pairs_per_second']:,.0f} pairs/s a core together, "
        f"{result['engine_pairs_per_second']:,.0f} one at a time · at B = {MOST:,} "
        f"{result['followed_pairs_per_second']:,.1f} · p-values equal"
    )


if __name__ == "__main__":
    with threadpool_limits(limits=1):
        main()
