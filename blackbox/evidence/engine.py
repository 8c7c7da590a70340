"""The permutation engine: deals labels within probes, averages over probes, and owns every p-value.

Null hypothesis: at each probe the answers of both sides come from one distribution, so labels are
exchangeable within the probe. Permutation speaks for these probes; intervals over probes speak for new
ones of the family.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from blackbox.core import PreparingSignal
from blackbox.stats.distances import counts_by_label
from blackbox.stats.multiplicity import westfall_young
from blackbox.stats.permutation import CHUNK, label_chunk, permutation_pvalue

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from blackbox.core import FloatArray, LabelArray, PooledProbe, SignalInfo, TwoSampleSignal

NEGLIGIBLE = 1e-12
"""Relative standard deviation below which a statistic does not vary over permutations."""
AT_ONCE = 1 << 21
"""Labels read at once: with more answers at a probe, fewer labellings at a time."""


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
OnProbe = Callable[[int, int], None]
"""Told for how many probes, of all, every labelling has been drawn; one that signals read in two sizes counts twice."""


def draw(
    parts: Sequence[Part], *, seed: int, n_permutations: int, deal: Deal | None = None, on_probe: OnProbe | None = None
) -> tuple[Drawn, ...]:
    """Return every part's statistic under the observed and B permuted labellings.

    Args:
        parts: Signals with their probes; parts with fewer probes than their signal needs are left out.
        seed: The plan's seed; labels derive from it, the probe and the counts only.
        n_permutations: B.
        deal: How labels are dealt; by default within each probe on its own.
        on_probe: Told how far the work is.
    """
    deal = deal or _within_probe(seed)
    parts = [_in_order(part) for part in parts if len(part.probes) >= part.signal.info.min_probes]
    alone = [part for part in parts if not part.signal.info.joint]
    values = _one_by_one(alone, deal, n_permutations, on_probe)
    values |= {part.name: _together(part, deal, n_permutations) for part in parts if part.signal.info.joint}
    return tuple(_drawn(part, values[part.name]) for part in parts)


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
    values = drawn.mean
    apart = values - values.mean()
    spread = math.sqrt(float(apart @ apart) / len(apart))
    if spread <= NEGLIGIBLE * max(1.0, float(values.max()), -float(values.min())):
        return None
    apart /= spread
    return np.asarray(np.abs(apart) if drawn.info.directional and drawn.unequal else apart)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Values:
    """Sums over probes under every labelling, `(1 + B,)`, and the observed value of each probe."""

    total: FloatArray
    observed: list[float]


def _in_order(part: Part) -> Part:
    return replace(part, probes=tuple(sorted(part.probes, key=_layout)))


def _layout(probe: PooledProbe) -> tuple[str, int, int]:
    """Return what labels derive from: signals share those of probes of one layout."""
    return probe.probe_id, probe.n_x, probe.n_y


def _prepared(part: Part) -> Iterable[PooledProbe]:
    return part.signal.prepared(part.probes) if isinstance(part.signal, PreparingSignal) else part.probes


def _one_by_one(parts: Sequence[Part], deal: Deal, n_permutations: int, on_probe: OnProbe | None) -> dict[str, _Values]:
    """Return the values of signals that read a probe at a time: what is held at once is that of one probe."""
    found = {part.name: _Values(total=np.zeros(n_permutations + 1), observed=[]) for part in parts}
    waiting = {part.name: iter(_prepared(part)) for part in parts}
    layouts = {part.name: {_layout(probe) for probe in part.probes} for part in parts}
    every = sorted({layout for own in layouts.values() for layout in own})
    for place, layout in enumerate(every):
        here = [(part, next(waiting[part.name])) for part in parts if layout in layouts[part.name]]
        for rows, [labels] in _labellings([here[0][1]], deal, n_permutations):
            for name, values in _at_probe(here, labels):
                found[name].total[rows] += values
                found[name].observed.extend(values[:1].tolist() if rows.start == 0 else ())
        if on_probe:
            on_probe(place + 1, len(every))
    return found


def _at_probe(here: Sequence[tuple[Part, PooledProbe]], labels: LabelArray) -> Iterator[tuple[str, FloatArray]]:
    """Yield each signal's values at one probe; codes are counted once for all signals that read them."""
    counts: dict[int, FloatArray] = {}
    for part, probe in here:
        codes = id(probe.values)
        if probe.coded and codes not in counts:
            counts[codes] = counts_by_label(probe.values, labels)
        given = replace(probe, counts=counts[codes]) if probe.coded else probe
        yield part.name, part.signal.draws([given], [labels])[:, 0]


def _labellings(
    probes: Sequence[PooledProbe], deal: Deal, n_permutations: int
) -> Iterator[tuple[slice, list[LabelArray]]]:
    """Yield all labellings of some probes, as many at a time as memory is bounded by, and which ones they are."""
    step = max(1, AT_ONCE // sum(probe.n_x + probe.n_y for probe in probes))
    for chunk, start in enumerate(range(0, n_permutations + 1, CHUNK)):
        stop = min(start + CHUNK, n_permutations + 1)
        labels = [deal(probe, chunk)[: stop - start] for probe in probes]
        for first in range(start, stop, step):
            rows = slice(first, min(first + step, stop))
            yield rows, [each[rows.start - start : rows.stop - start] for each in labels]


def _together(part: Part, deal: Deal, n_permutations: int) -> _Values:
    """Return the values of a signal that reads all its probes at once."""
    probes = list(_prepared(part))
    found = _Values(total=np.zeros(n_permutations + 1), observed=[])
    for rows, labels in _labellings(probes, deal, n_permutations):
        values = part.signal.draws(probes, labels)
        found.total[rows] = values.sum(axis=1)
        found.observed.extend(values[0].tolist() if rows.start == 0 else ())
    return found


def _within_probe(seed: int) -> Deal:
    return lambda probe, chunk: label_chunk(seed, probe.probe_id, (probe.n_x, probe.n_y), chunk)


def _drawn(part: Part, values: _Values) -> Drawn:
    return Drawn(
        name=part.name,
        info=part.signal.info,
        mean=values.total / len(part.probes),
        per_probe={p.probe_id: value for p, value in zip(part.probes, values.observed, strict=True)},
        unequal=any(p.n_x != p.n_y for p in part.probes),
    )
