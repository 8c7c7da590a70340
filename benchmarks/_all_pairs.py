"""Exact-match MMD² of all pairs of many runs at once: shared labellings make it one matrix product a labelling.

All pairs of equal layout share their labellings (METHODS §1.4), so how often a run gives each answer on side x is
counted once a run and not once a pair. What is left of a pair is the inner product of two rows of such counts: under
each labelling the runs' rows times their transpose, over all probes at once. That takes fewer operations than summing
a Gram matrix of answers by as much as a probe has fewer different answers than answers squared. Products hold integers
below 2²⁴: float32 is exact.

It is what exact match alone could cost at one equal count, and no part of the package: `compare` decides by the
omnibus, whose χ² divides by how often both runs of a pair gave an answer and is no inner product of one row a run. Its
product over pairs is `blackbox.evidence.screening`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from blackbox.stats.permutation import CHUNK, label_chunk

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from blackbox.core import AnyArray, FloatArray

    Matrix32 = npt.NDArray[np.float32]

BLOCK = 1_000_000
"""Entries of the matrices of pairs held at once: bounds memory, whatever the number of runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AllPairs:
    """Results of every unordered pair of runs, in the order of `itertools.combinations`.

    Args:
        statistic: `(n_pairs,)` mean over probes of the unbiased exact-match MMD².
        n_at_least: `(n_pairs,)` labellings whose statistic is at least the observed one.
        n_permutations: B.
    """

    statistic: FloatArray
    n_at_least: npt.NDArray[np.int64]
    n_permutations: int

    @property
    def pvalue(self) -> FloatArray:
        """`(n_pairs,)` p = (1 + r) / (1 + B), not adjusted over pairs."""
        return (1 + self.n_at_least) / (1 + self.n_permutations)


def all_pairs(codes: AnyArray, probe_ids: Sequence[str], *, seed: int, n_permutations: int) -> AllPairs:
    """Return the within-probe permutation test of every pair of runs with equally many answers.

    Null hypothesis, labellings and p are those of the engine's `exact_mmd`: the first run of a pair is side x.

    Args:
        codes: `(R, P, n)` answer codes, sorted within a probe; equal codes are equal answers.
        probe_ids: The P probes.
        seed: The plan's seed.
        n_permutations: B.

    References:
        Gretton et al. (2012), JMLR 13, eq. (3), with k(a, b) = [a = b].
    """
    n_runs, n_probes, n = codes.shape
    given = _one_hot(codes)
    left, right = np.triu_indices(n_runs, 1)
    observed, n_at_least = np.empty((n_runs, n_runs), np.float32), np.zeros((n_runs, n_runs), np.int64)
    step = max(1, BLOCK // n_runs**2)
    for start in range(0, n_permutations + 1, step):
        rows = range(start, min(start + step, n_permutations + 1))
        sums = _together(given, [_dealt(seed, probe_id, n, rows) for probe_id in probe_ids])
        if start == 0:
            observed = sums[0].copy()
        n_at_least += (sums >= observed).sum(0)
    within, across = _agreements(given, observed)
    statistic = ((within - 2 * n * n_probes) / (n * (n - 1)) - 2 * across / n**2) / n_probes
    return AllPairs(
        statistic=statistic[left, right],
        n_at_least=n_at_least[left, right] - 1,
        n_permutations=n_permutations,
    )


def _one_hot(codes: AnyArray) -> list[Matrix32]:
    """Return for each probe `(n, R, K)` which of its K different answers each run's u-th is."""
    numbers = [
        np.unique(codes[:, p].T, return_inverse=True)[1].reshape(codes.shape[2], -1) for p in range(codes.shape[1])
    ]
    return [(own[:, :, None] == np.arange(own.max() + 1)).astype(np.float32) for own in numbers]


def _dealt(seed: int, probe_id: str, n: int, rows: range) -> Matrix32:
    """Return `(rows, 2n)` labels of those labellings: 1 for side x, −1 for side y."""
    chunks = [label_chunk(seed, probe_id, (n, n), c) for c in range(rows.start // CHUNK, (rows.stop - 1) // CHUNK + 1)]
    first = rows.start // CHUNK * CHUNK
    labels = np.concatenate(chunks)[rows.start - first : rows.stop - first]
    return 2 * labels.astype(np.float32) - 1


def _together(given: Sequence[Matrix32], deals: Sequence[Matrix32]) -> Matrix32:
    """Return `(rows, R, R)` twice the agreements on one side, less what no labelling changes, of run i before run j.

    With d_k how much oftener side x gives answer k than side y, the agreements on one side are Σ (c_k² + d_k²) / 2, c_k
    how often both sides give it. Here stands Σ d_k² with d_k the sum of what the two runs contribute.
    """
    n = given[0].shape[0]
    first, second = (
        np.concatenate([np.tensordot(d[:, half], g, axes=1) for g, d in zip(given, deals, strict=True)], axis=2)
        for half in (slice(n), slice(n, None))
    )
    sums = np.matmul(2 * first, second.transpose(0, 2, 1))
    sums += np.einsum("lrk,lrk->lr", first, first)[:, :, None]
    sums += np.einsum("lrk,lrk->lr", second, second)[:, None, :]
    return np.asarray(sums)


def _agreements(given: Sequence[Matrix32], observed: Matrix32) -> tuple[FloatArray, FloatArray]:
    """Return `(R, R)` agreements within two runs, each answer with itself included, and across them."""
    counts = np.concatenate([g.sum(0) for g in given], axis=1).astype(np.float64)
    across = counts @ counts.T
    own = across.diagonal()
    return (own[:, None] + own[None, :] + 2 * across + observed) / 2, across
