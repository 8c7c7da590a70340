"""The omnibus of many pairs at once: matrix products in place of one pair after another.

Exact-match MMD² and χ² are both quadratic in the labels. With which answers of a pair equal which as a row, their
values under every labelling are the product of that row with a matrix that all pairs of one layout share, because
labels derive from the probe and the counts only (METHODS §1.4). `compare` screens many pairs this way; the draws are
the engine's up to rounding, and the p-values are the same numbers.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from blackbox.evidence.engine import Drawn
from blackbox.stats.permutation import CHUNK, label_chunk

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.core import AnyArray, FloatArray, LabelArray, PooledProbe, TwoSampleSignal

    Layout = tuple[tuple[str, int, int], ...]

BATCHED = ("exact_mmd", "chi2")
FEWEST = 4
"""Pairs of one layout below which one at a time is as fast."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Values:
    """Draws of some pairs of one layout: `(N, 1 + B)` means over probes and `(N, P)` observed statistics."""

    mean: Mapping[str, FloatArray]
    observed: Mapping[str, FloatArray]


def screened(
    pairs: Sequence[Sequence[PooledProbe]], signals: Mapping[str, TwoSampleSignal], *, seed: int, n_permutations: int
) -> list[tuple[Drawn, ...]]:
    """Return for each pair the draws of exact-match MMD² and χ², or nothing where too few pairs share its layout.

    Args:
        pairs: The pooled codes of each pair's closed probes.
        signals: Signals by registered name; those that can't be had by a product are left to the engine.
        seed: The plan's seed.
        n_permutations: B, less than one chunk of labellings.

    References:
        Gretton et al. (2012), JMLR 13, eq. (3), with k(a, b) = [a = b]; Pearson (1900), Phil. Mag. 50, 157–175.
    """
    names = [name for name in BATCHED if name in signals]
    found: list[tuple[Drawn, ...]] = [()] * len(pairs)
    if n_permutations >= CHUNK or not names:
        return found
    for layout, members in _by_layout(pairs).items():
        if len(members) < FEWEST or not layout:
            continue
        values = _values([pairs[i] for i in members], layout, seed=seed, n_rows=n_permutations + 1)
        for row, i in enumerate(members):
            found[i] = tuple(_drawn(name, signals[name], layout, values, row) for name in names)
    return found


def _by_layout(pairs: Sequence[Sequence[PooledProbe]]) -> dict[Layout, list[int]]:
    found: dict[Layout, list[int]] = defaultdict(list)
    for i, probes in enumerate(pairs):
        found[tuple((p.probe_id, p.n_x, p.n_y) for p in probes)].append(i)
    return found


def _values(pairs: Sequence[Sequence[PooledProbe]], layout: Layout, *, seed: int, n_rows: int) -> _Values:
    sums = {name: np.zeros((len(pairs), n_rows)) for name in BATCHED}
    observed: dict[str, list[FloatArray]] = {name: [] for name in BATCHED}
    for place, (probe_id, n_x, n_y) in enumerate(layout):
        labels = label_chunk(seed, probe_id, (n_x, n_y), 0)[:n_rows]
        codes = np.stack([probes[place].values for probes in pairs])
        for name, values in zip(BATCHED, _at_probe(codes, labels, n_x, n_y), strict=True):
            sums[name] += values
            observed[name].append(values[:, 0])
    return _Values(
        mean={name: total / len(layout) for name, total in sums.items()},
        observed={name: np.stack(columns, axis=1) for name, columns in observed.items()},
    )


def _at_probe(codes: AnyArray, labels: LabelArray, n_x: int, n_y: int) -> tuple[FloatArray, FloatArray]:
    """Return `(N, 1 + B)` MMD² and χ² at one probe of `(N, n_x + n_y)` codes.

    With x_u = 1 for side x and d = x − n_x/(n_x + n_y), χ² is Σ over u, v of equal answers of d_u d_v / T over
    s(1 − s), T how often the answer was given and s = n_x/(n_x + n_y).
    """
    u, v = np.triu_indices(n_x + n_y, 1)
    equal = (codes[:, u] == codes[:, v]).astype(np.float64)
    times = (codes[:, :, None] == codes[:, None, :]).sum(2).astype(np.float64)
    x = labels.astype(np.float64)
    both, neither = x[:, u] * x[:, v], (1 - x[:, u]) * (1 - x[:, v])
    apart = 1 - both - neither
    mmd2 = 2 * (both / (n_x * (n_x - 1)) + neither / (n_y * (n_y - 1)) - apart / (n_x * n_y))
    share = n_x / (n_x + n_y)
    d = x - share
    chi2 = 2 * (equal / times[:, u]) @ (d[:, u] * d[:, v]).T + (1 / times) @ (d * d).T
    return equal @ mmd2.T, chi2 / (share * (1 - share))


def _drawn(name: str, signal: TwoSampleSignal, layout: Layout, values: _Values, row: int) -> Drawn:
    observed = values.observed[name][row]
    return Drawn(
        name=name,
        info=signal.info,
        mean=values.mean[name][row],
        per_probe={probe_id: float(value) for (probe_id, _, _), value in zip(layout, observed, strict=True)},
        unequal=any(n_x != n_y for _, n_x, n_y in layout),
    )
