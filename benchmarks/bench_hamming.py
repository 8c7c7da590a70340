"""MMD with the Hamming kernel: the package's statistic to 1e-9, and the time from strings to p beside it.

25 prompts × 10 answers a side × 1,000 characters, 1,000 shuffles. The package shuffles the pooled list, we
within each prompt; the statistic is one. Its time is measured over a few shuffles and scaled to 1,000, which
favours neither: every shuffle of it costs the same. Seconds are processor time of one core.
"""

from __future__ import annotations

from itertools import accumulate
from time import process_time
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from _results import record
from peers.met import Missing, ModelEqualityTesting
from threadpoolctl import threadpool_limits

from blackbox import registry
from blackbox.core import FeatureMatrix
from blackbox.evidence.engine import Part, draw, omnibus
from blackbox.evidence.samples import pool
from blackbox.features._hashing import code_points
from blackbox.stats.permutation import kept_labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.core import PooledProbe

    Texts = Sequence[Sequence[str]]

B, N_PEER_SHUFFLES, N_ROUNDS, SEED = 999, 5, 5, 17
SHAPES = ((25, 10, 1_000), (8, 10, 50), (20, 5, 12), (5, 20, 1))


def answers(rng: np.random.Generator, n_probes: int, n: int, length: int) -> list[list[str]]:
    """Return `n` texts a prompt of up to `length` letters, the longest exactly so long."""
    letters = np.array(list("etaoinshrdlu — 的一是不了"))
    shares = rng.dirichlet(np.full(len(letters), 0.8), size=n_probes)
    lengths = rng.integers(max(1, length // 2), length + 1, size=(n_probes, n))
    lengths[:, 0] = length
    return [["".join(rng.choice(letters, size=k, p=shares[p])) for k in lengths[p]] for p in range(n_probes)]


def matrix(texts: Texts) -> FeatureMatrix:
    """Return the code points of these answers, as the feature gives them."""
    flat = [text for said in texts for text in said]
    return FeatureMatrix(
        feature="code_points",
        version=1,
        values=code_points(flat).values,
        probe_ids=tuple(f"p{p:02d}" for p, said in enumerate(texts) for _ in said),
        keys=tuple(map(str, range(len(flat)))),
        offsets=np.array([0, *accumulate(map(len, flat))]),
    )


def pooled(x: Texts, y: Texts) -> tuple[PooledProbe, ...]:
    """Return the pooled probes of two sides."""
    of_x, of_y = matrix(x), matrix(y)
    return pool(of_x, of_y, set(of_x.probe_ids))


def ours(x: Texts, y: Texts) -> tuple[float, float]:
    """Return statistic and p, from strings."""
    part = Part(name="hamming_mmd", signal=registry.signal("hamming_mmd"), probes=pooled(x, y))
    [drawn] = draw([part], seed=SEED, n_permutations=B)
    return float(drawn.mean[0]), omnibus([drawn]).signal_pvalues["hamming_mmd"]


def peers(peer: ModelEqualityTesting, sides: tuple[Texts, Texts], length: int) -> dict[str, Any]:
    """Return the package's statistic, and its time with a few shuffles and scaled to 1,000."""
    started = process_time()
    x, y = (peer.sample(side, length=length) for side in sides)
    statistic = peer.statistic(x, y)
    before = process_time() - started
    started = process_time()
    peer.pvalue(x, y, n_permutations=N_PEER_SHUFFLES)
    each = (process_time() - started) / (N_PEER_SHUFFLES + 1)
    return {"statistic": statistic, "seconds": before + each * (B + 1), "seconds_a_shuffle": each}


def timed(x: Texts, y: Texts, *, fresh: bool) -> float:
    """Return the best of a few rounds; `fresh` draws the label matrices anew instead of sharing them."""
    seconds = []
    for _ in range(N_ROUNDS):
        if fresh:
            kept_labels.cache_clear()
        started = process_time()
        ours(x, y)
        seconds.append(process_time() - started)
    return min(seconds)


def main() -> None:
    """Print and record agreement and times."""
    try:
        peer = ModelEqualityTesting()
    except Missing as missing:
        print(f"MMD-Hamming: skipped, {missing}")
        return
    torch.set_num_threads(1)
    rng = np.random.default_rng(SEED)
    rows = []
    for n_probes, n, length in SHAPES:
        x, y = answers(rng, n_probes, n, length), answers(rng, n_probes, n, length)
        statistic, pvalue = ours(x, y)
        found = peers(peer, (x, y), length)
        shared, fresh = timed(x, y, fresh=False), timed(x, y, fresh=True)
        row = {
            "n_probes": n_probes,
            "n_a_side": n,
            "length": length,
            "statistic": statistic,
            "pvalue": pvalue,
            "peer_statistic": found["statistic"],
            "difference": abs(statistic - found["statistic"]),
            "seconds": shared,
            "seconds_with_fresh_labels": fresh,
            "peer_seconds_scaled_to_1000_shuffles": found["seconds"],
            "peer_shuffles_timed": N_PEER_SHUFFLES + 1,
            "ratio": found["seconds"] / shared,
            "ratio_with_fresh_labels": found["seconds"] / fresh,
        }
        assert row["difference"] < 1e-9
        rows.append(row)
        print(
            f"MMD-Hamming {n_probes:>2} × {n:>2} × {length:>5,}: difference {row['difference']:.1e} · "
            f"ours {1e3 * shared:.1f} ms ({1e3 * fresh:.1f} with fresh labels) · package {found['seconds']:.1f} s · "
            f"{row['ratio']:,.0f}× ({row['ratio_with_fresh_labels']:,.0f}×)"
        )
    record("hamming", {"seed": SEED, "n_permutations": B, "peer": f"{peer.version}", "rows": rows})


if __name__ == "__main__":
    with threadpool_limits(limits=1):
        main()
