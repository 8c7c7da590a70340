"""Exact-match MMD² of all pairs of many runs at once: shared shuffles make it one matrix product.

The statistic is linear in the entries of the Gram matrix, and all pairs of equal layout share their
labellings (METHODS §1.4). What a run contributes alone is computed once a run; what is left of a pair, which
answers of one equal which of the other, is a row of zeros and ones, and its sums under every labelling are
the product of that row with a matrix all pairs share. Products hold integers below 2²⁴: float32 is exact.

`compare` screens many pairs with `screening`, which does the same for χ² and unequal counts too, in float64; this is
the faster special case of exact match at one equal count, for matrices of endpoints of which only distances are asked.
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

BLOCK = 2_048
"""Pairs in one matrix product: bounds memory, whatever the number of runs."""


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
    left, right = np.triu_indices(n_runs, 1)
    observed = np.empty(len(left), dtype=np.float32)
    across = np.empty(len(left), dtype=np.float32)
    n_at_least = np.zeros(len(left), dtype=np.int64)
    for chunk, start in enumerate(range(0, n_permutations + 1, CHUNK)):
        shared = _shared(codes, probe_ids, seed=seed, chunk=chunk, n_rows=min(CHUNK, n_permutations + 1 - start))
        for first in range(0, len(left), BLOCK):
            here = slice(first, first + BLOCK)
            equal = _equal(codes[left[here]], codes[right[here]])
            sums = equal @ shared.across
            _add_own(sums, shared, left[here], right[here])
            if chunk == 0:
                observed[here], across[here] = sums[:, 0], equal.sum(1)
            n_at_least[here] += (sums >= observed[here, None]).sum(1)
    within, between = observed.astype(np.float64), across.astype(np.float64)
    statistic = (within / (n * (n - 1)) - 2 * between / n**2) / n_probes
    return AllPairs(statistic=statistic, n_at_least=n_at_least - 1, n_permutations=n_permutations)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shared:
    """What all pairs share under some labellings: who is dealt to the same side as whom.

    Args:
        across: `(P·n·n, rows)` 2 where answer u of the first and v of the second run are on one side, else 0.
        of_x: `(R, rows)` equal answers on one side, counted in both orders, of each run as side x.
        of_y: The same of each run as side y.
    """

    across: Matrix32
    of_x: Matrix32
    of_y: Matrix32


def _shared(codes: AnyArray, probe_ids: Sequence[str], *, seed: int, chunk: int, n_rows: int) -> _Shared:
    n = codes.shape[2]
    deals = [label_chunk(seed, probe_id, (n, n), chunk)[:n_rows] for probe_id in probe_ids]
    own = _equal(codes, codes)
    x, y = [deal[:, :n] for deal in deals], [deal[:, n:] for deal in deals]
    itself = np.float32(codes.shape[1] * n)
    return _Shared(across=2 * _together(x, y), of_x=own @ _together(x, x) - itself, of_y=own @ _together(y, y) - itself)


def _add_own(sums: Matrix32, shared: _Shared, left: AnyArray, right: AnyArray) -> None:
    """Add what each run of a pair contributes alone; pairs are in the order of `np.triu_indices`."""
    for i in range(int(left[0]), int(left[-1]) + 1):
        start, stop = np.searchsorted(left, [i, i + 1])
        sums[start:stop] += shared.of_x[i]
        sums[start:stop] += shared.of_y[right[start] : right[stop - 1] + 1]


def _together(first: Sequence[AnyArray], second: Sequence[AnyArray]) -> Matrix32:
    """Return `(P·n·n, rows)` whether each two answers are dealt to one side."""
    columns = [(a[:, :, None] == b[:, None, :]).reshape(len(a), -1) for a, b in zip(first, second, strict=True)]
    return np.ascontiguousarray(np.concatenate(columns, axis=1).T, dtype=np.float32)


def _equal(first: AnyArray, second: AnyArray) -> Matrix32:
    """Return `(pairs, P·n·n)` whether each two answers of a probe are equal."""
    equal = first[:, :, :, None] == second[:, :, None, :]
    return np.asarray(equal.reshape(len(first), -1), dtype=np.float32)
