"""A lower bound for the share of B's calls that A does not explain, whatever answers them instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import beta

from blackbox.stats.randomness import generator

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.core import AnyArray, FloatArray
    from blackbox.evidence.samples import Sample

MISSING = -1
"""Code of an answer that is missing: counted against the bound."""
UNSEEN = -2
"""Code of every answer that the choosing half did not hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """At least this share of B's calls isn't explained by A as sampled.

    Args:
        value: The bound; 0 where nothing is shown.
        n_calls: Calls a side in the half that was tested.
        n_suspect: B's answers in the chosen set, of that half.
        n_reference: A's answers in it.
    """

    value: float
    n_calls: int
    n_suspect: int
    n_reference: int


def unexplained(
    a: Sample, b: Sample, closed: Sequence[str], *, alpha: float, seed: int, count_missing: bool
) -> Bound | None:
    """Return the bound (L − V)₊/(1 − V), or None where a half would be empty.

    On one half of the answers a set S is chosen that b gives more often than a; on the other half L is the lower
    Clopper–Pearson limit of P_b(S) and V the upper one of P_a(S), each at α/2. Both sides enter with equally many
    calls a probe. A share ε of other calls, the same at every probe, gives P_b(S) ≤ (1 − ε)·P_a(S) + ε.

    Args:
        a: The reference.
        b: The suspect.
        closed: Probes to read.
        alpha: Probability that the bound is wrong, at most.
        seed: The plan's seed.
        count_missing: Count missing calls as a's in S and b's outside it: where loss is unequal.

    References:
        Clopper & Pearson (1934), Biometrika 26, 404–413; Hoeffding (1956), "On the distribution of the number of
        successes in independent trials", Ann. Math. Statist. 27, 713–721 (why the limits hold over unlike probes).
    """
    rows_a, rows_b = (_coded(side, closed, count_missing=count_missing) for side in (a, b))
    return unexplained_in(rows_a, rows_b, alpha=alpha, rng=generator("unexplained", seed, [a.digest, b.digest]))


def unexplained_in(
    rows_a: Mapping[str, list[int]], rows_b: Mapping[str, list[int]], *, alpha: float, rng: np.random.Generator
) -> Bound | None:
    """Return the bound of `unexplained` for the answer codes of each probe."""
    choosing, testing = _halves(rows_a, rows_b, rng)
    n_calls = sum(len(of_a) for of_a, _ in testing.values())
    if not n_calls or not choosing:
        return None
    chosen = _chosen(choosing, alpha)
    n_reference = sum(_n_in(of_a, probe, chosen, choosing, missing=True) for probe, (of_a, _) in testing.items())
    n_suspect = sum(_n_in(of_b, probe, chosen, choosing, missing=False) for probe, (_, of_b) in testing.items())
    value = float(_bound(np.array([n_suspect]), np.array([n_reference]), n_calls, alpha)[0])
    return Bound(value=max(value, 0.0), n_calls=n_calls, n_suspect=n_suspect, n_reference=n_reference)


def answers_by_probe(sample: Sample, probe_ids: Sequence[str]) -> dict[str, AnyArray]:
    """Return the answer codes of each probe, in the order of their keys."""
    matrix, wanted = sample.features["answer"], set(probe_ids)
    rows: dict[str, list[tuple[str, int]]] = {}
    for i, (probe_id, key) in enumerate(zip(matrix.probe_ids, matrix.keys, strict=True)):
        if probe_id in wanted:
            rows.setdefault(probe_id, []).append((key, i))
    return {probe_id: matrix.values[[i for _, i in sorted(found)]] for probe_id, found in rows.items()}


_Pairs = dict[str, tuple[list[int], list[int]]]
_Cell = tuple[str, int]


def _coded(sample: Sample, closed: Sequence[str], *, count_missing: bool) -> Mapping[str, list[int]]:
    lost = sample.n_missing() if count_missing else {}
    rows = {probe: [int(code) for code in codes] for probe, codes in answers_by_probe(sample, closed).items()}
    return {p: rows.get(p, []) + [MISSING] * lost.get(p, 0) for p in closed if p in rows or lost.get(p, 0)}


def _halves(
    rows_a: Mapping[str, list[int]], rows_b: Mapping[str, list[int]], rng: np.random.Generator
) -> tuple[_Pairs, _Pairs]:
    """Return the answers to choose on and those to test on: as many of each side at each probe in the latter."""
    choosing: _Pairs = {}
    testing: _Pairs = {}
    for probe in sorted(set(rows_a) & set(rows_b)):
        sides = [[rows[i] for i in rng.permutation(len(rows))] for rows in (rows_a[probe], rows_b[probe])]
        n_test = min(len(side) for side in sides) // 2
        testing[probe] = (sides[0][:n_test], sides[1][:n_test])
        choosing[probe] = (sides[0][n_test:], sides[1][n_test:])
    return choosing, testing


def _chosen(choosing: _Pairs, alpha: float) -> frozenset[_Cell]:
    """Return the set of (probe, answer) that b gives at least c times as often as a, c chosen for the highest bound.

    What a set is worth is judged without the optimism of having chosen it: each answer counts by where its cell would
    lie had this answer not been seen (leave one out).
    """
    cells, of_a, of_b = _cells(choosing)
    n_calls = round(sum(len(side) for pair in choosing.values() for side in pair) / 2)
    full, new = _ratio(of_a, of_b), _ratio(of_a[-1:], of_b[-1:])[0]
    alone = (of_a + of_b == 1) & (np.arange(len(cells)) < len(cells) - 1)
    without_a = np.where(alone, new, _ratio(of_a - 1, of_b))
    without_b = np.where(alone, new, _ratio(of_a, of_b - 1))
    cuts = np.unique(full)
    weight_a, weight_b = of_a[:-1], of_b[:-1]
    inside_a = (weight_a * (without_a[:-1] >= cuts[:, None])).sum(1)
    inside_b = (weight_b * (without_b[:-1] >= cuts[:, None])).sum(1)
    worth = _bound(np.minimum(inside_b, n_calls), np.minimum(inside_a, n_calls), n_calls, alpha)
    cut = cuts[int(np.argmax(worth))]
    return frozenset(cell for cell, ratio in zip(cells, full, strict=True) if ratio >= cut)


def _ratio(of_a: FloatArray, of_b: FloatArray) -> FloatArray:
    return np.asarray((np.maximum(of_b, 0.0) + 0.5) / (np.maximum(of_a, 0.0) + 0.5))


def _cells(choosing: _Pairs) -> tuple[list[_Cell], FloatArray, FloatArray]:
    """Return every (probe, answer) with its counts on either side, and last the answers nobody gave yet.

    How often a side would give a new answer is estimated by how many of its answers it gave once and the other never
    (Good 1953): that decides which side new answers speak for.
    """
    counted: dict[_Cell, list[int]] = {}
    for probe, sides in sorted(choosing.items()):
        for side, codes in enumerate(sides):
            for code in codes:
                if code != MISSING:
                    counted.setdefault((probe, code), [0, 0])[side] += 1
    new = [sum(n[side] == 1 and n[1 - side] == 0 for n in counted.values()) for side in (0, 1)]
    cells = sorted(counted)
    counts = np.array([counted[cell] for cell in cells] + [new], dtype=np.float64)
    return [*cells, ("", UNSEEN)], counts[:, 0], counts[:, 1]


def _n_in(codes: list[int], probe: str, chosen: frozenset[_Cell], choosing: _Pairs, *, missing: bool) -> int:
    known = {code for side in choosing[probe] for code in side}
    new = ("", UNSEEN) in chosen
    return sum(missing if code == MISSING else (probe, code) in chosen or (new and code not in known) for code in codes)


def _bound(n_suspect: FloatArray, n_reference: FloatArray, n_calls: int, alpha: float) -> FloatArray:
    """Return (L − V)/(1 − V), below 0 where nothing is shown; V stays short of 1 so that it can always be told."""
    low = np.where(n_suspect > 0, beta.ppf(alpha / 2, np.maximum(n_suspect, 1), n_calls - n_suspect + 1), 0.0)
    outside = np.maximum(n_calls - n_reference, 1)
    high = beta.ppf(1 - alpha / 2, n_calls - outside + 1, outside)
    return np.asarray(np.where(n_reference < n_calls, (low - high) / (1 - high), -np.inf))
