"""The permutation engine: deals labels within probes, averages over probes, and owns every p-value.

Null hypothesis: at each probe the answers of both sides come from one distribution, so labels are
exchangeable within the probe. Permutation speaks for these probes; intervals over probes speak for new
ones of the family.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from blackbox.core import PreparingSignal
from blackbox.stats.distances import counts_by_label
from blackbox.stats.multiplicity import westfall_young
from blackbox.stats.permutation import CHUNK, label_chunk, permutation_pvalue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.core import FloatArray, LabelArray, PooledProbe, SignalInfo, TwoSampleSignal

NEGLIGIBLE = 1e-12
"""Relative standard deviation below which a statistic does not vary over permutations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One signal with the pooled probes it applies to."""

    name: str
    signal: TwoSampleSignal
    probes: tuple[PooledProbe, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One signal's statistic under every labelling.

    Args:
        name: The signal.
        info: What it declares.
        mean: `(1 + B,)` averages over probes, observed first.
        per_probe: Observed statistic of each probe.
        unequal: Whether counts differ at some probe.
    """

    name: str
    info: SignalInfo
    mean: FloatArray
    per_probe: Mapping[str, float]
    unequal: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Omnibus:
    """The combined test of one pair, and each signal's own.

    Args:
        pvalue: Of the largest standardised statistic among those of the omnibus; 1 when none varies.
        signal_pvalues: Each signal's own p-value.
        signal_adjusted: Westfall–Young adjusted over the signals.
        n_permutations: B.
    """

    pvalue: float
    signal_pvalues: Mapping[str, float]
    signal_adjusted: Mapping[str, float]
    n_permutations: int


Deal = Callable[["PooledProbe", int], "LabelArray"]
"""Returns the labels of one probe's rows in one chunk of labellings."""


def draw(parts: Sequence[Part], *, seed: int, n_permutations: int, deal: Deal | None = None) -> tuple[Drawn, ...]:
    """Return every part's statistic under the observed and B permuted labellings.

    Args:
        parts: Signals with their probes; parts with fewer probes than their signal needs are left out.
        seed: The plan's seed; labels derive from it, the probe and the counts only.
        n_permutations: B.
        deal: How labels are dealt; by default within each probe on its own.
    """
    deal = deal or _within_probe(seed)
    parts = [_prepared(part) for part in parts if len(part.probes) >= part.signal.info.min_probes]
    means: dict[str, list[FloatArray]] = {part.name: [] for part in parts}
    observed: dict[str, FloatArray] = {}
    for chunk, start in enumerate(range(0, n_permutations + 1, CHUNK)):
        n_rows = min(CHUNK, n_permutations + 1 - start)
        for part, draws in _chunk_draws(parts, deal, chunk, n_rows):
            means[part.name].append(draws.mean(axis=1))
            observed.setdefault(part.name, draws[0])
    return tuple(_drawn(part, means[part.name], observed[part.name]) for part in parts)


def omnibus(drawn: Sequence[Drawn]) -> Omnibus:
    """Return the omnibus test: the largest standardised statistic over the same permutations.

    Mean and standard deviation include the observed value, which keeps observed and permuted values
    exchangeable; a signal that never varies drops out, and without any left p = 1 (METHODS §2). Signals
    outside the omnibus get their own p and take part in the adjustment over signals.
    """
    standard = {d.name: z for d in drawn if (z := standardised(d)) is not None}
    n_permutations = len(drawn[0].mean) - 1 if drawn else 0
    ones = {d.name: 1.0 for d in drawn}
    if not standard:
        return Omnibus(pvalue=1.0, signal_pvalues=ones, signal_adjusted=ones, n_permutations=n_permutations)
    adjusted = dict(zip(standard, westfall_young(np.stack(list(standard.values()))), strict=True))
    own = {name: permutation_pvalue(z) for name, z in standard.items()}
    combined = [standard[d.name] for d in drawn if d.info.omnibus and d.name in standard]
    return Omnibus(
        pvalue=permutation_pvalue(np.max(combined, axis=0)) if combined else 1.0,
        signal_pvalues=ones | own,
        signal_adjusted=ones | adjusted,
        n_permutations=n_permutations,
    )


def standardised(drawn: Drawn) -> FloatArray | None:
    """Return `(1 + B,)` standardised draws, or None where the statistic does not vary."""
    spread = float(drawn.mean.std())
    if spread <= NEGLIGIBLE * max(1.0, float(np.abs(drawn.mean).max())):
        return None
    z = (drawn.mean - drawn.mean.mean()) / spread
    return np.asarray(np.abs(z) if drawn.info.directional and drawn.unequal else z)


def _prepared(part: Part) -> Part:
    if not isinstance(part.signal, PreparingSignal):
        return part
    return replace(part, probes=tuple(part.signal.prepared(part.probes)))


def _chunk_draws(parts: Sequence[Part], deal: Deal, chunk: int, n_rows: int) -> list[tuple[Part, FloatArray]]:
    shared: dict[int, tuple[PooledProbe, LabelArray]] = {}
    result = []
    for part in parts:
        for probe in part.probes:
            if id(probe) not in shared:
                shared[id(probe)] = _dealt(probe, deal, chunk, n_rows)
        given = [shared[id(probe)] for probe in part.probes]
        result.append((part, part.signal.draws([p for p, _ in given], [labels for _, labels in given])))
    return result


def _within_probe(seed: int) -> Deal:
    return lambda probe, chunk: label_chunk(seed, probe.probe_id, (probe.n_x, probe.n_y), chunk)


def _dealt(probe: PooledProbe, deal: Deal, chunk: int, n_rows: int) -> tuple[PooledProbe, LabelArray]:
    labels = deal(probe, chunk)[:n_rows]
    if probe.coded:
        probe = replace(probe, counts=counts_by_label(probe.values, labels))
    return probe, labels


def _drawn(part: Part, means: Sequence[FloatArray], observed: FloatArray) -> Drawn:
    return Drawn(
        name=part.name,
        info=part.signal.info,
        mean=np.concatenate(means),
        per_probe={p.probe_id: float(value) for p, value in zip(part.probes, observed, strict=True)},
        unequal=any(p.n_x != p.n_y for p in part.probes),
    )
