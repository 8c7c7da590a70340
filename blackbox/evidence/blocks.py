"""Blocks: does a run answer alike throughout, and does a difference hold if whole blocks are dealt (METHODS §1.9)?

A block is one pass over all probes. Two questions are asked of blocks, both by dealing whole blocks, so that answers of
one block may hang together: whether one run's early blocks differ from its late ones at some point (a model updated
mid-run splits the run), and whether two runs differ by more than their blocks do.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from blackbox.core import PooledProbe
from blackbox.evidence.engine import Part, draw, omnibus
from blackbox.evidence.same import compare_pair
from blackbox.evidence.samples import MIN_DRAWS, rows_of
from blackbox.stats.distances import counts_by_label, exact_mmd2, gram_mmd2, rbf_gram
from blackbox.stats.permutation import label_chunk, permutation_pvalue
from blackbox.stats.randomness import generator

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.core import AnyArray, FloatArray, LabelArray
    from blackbox.evidence.same import Design
    from blackbox.evidence.samples import Sample

FEATURES = {"closed": "answer", "open": "embedding"}
MIN_BLOCKS = 6
"""Blocks a run must have: fewer can be dealt in too few ways."""
MOST_SPLITS = 15
"""Places at which a run is tried to be split, evenly spread."""
MOST_ROWS = 200
"""Answers a probe up to which embeddings are compared two by two here."""
N_PERMUTATIONS = 1_999


@dataclass(frozen=True, slots=True, kw_only=True)
class Homogeneity:
    """Whether one run's blocks answer alike.

    Args:
        pvalue: Of the largest difference between early and late blocks over all places of a split; None untested.
        n_blocks: Blocks with an answer.
        split: The block from which on it differs most.
        reason: Why it was not tested.
    """

    pvalue: float | None
    n_blocks: int
    split: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """What the blocks of a pair say.

    Args:
        a: Homogeneity of side a.
        b: Of side b.
        split: Sides that changed during their run, corrected over all runs.
        pvalue: Of the pair when whole blocks are dealt; None where it was not needed or can't be had.
        parts_pvalue: The largest p over the parts of split runs, each against the other side's; None without a split.
    """

    a: Homogeneity
    b: Homogeneity
    split: frozenset[str] = frozenset()
    pvalue: float | None = None
    parts_pvalue: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """One probe's rows with the block of each."""

    probe_id: str
    values: AnyArray
    blocks: AnyArray


def homogeneity(sample: Sample, forms: Mapping[str, str], *, seed: int, n_permutations: int) -> Homogeneity:
    """Return whether a run's early blocks differ from its late ones, wherever it is split.

    Null hypothesis: blocks are exchangeable. The statistic is the largest standardised mean MMD² over splits; dealing
    the blocks anew deals every probe's answers alike.

    Args:
        sample: The run.
        forms: Form of each probe.
        seed: The plan's seed.
        n_permutations: B.

    References:
        Harchaoui & Cappé (2007), "Retrospective multiple change-point estimation with kernels", IEEE SSP, 768–772
        (the statistic at one split); Phipson & Smyth (2010), SAGMB 9(1), art. 39 (the p-value).
    """
    blocks = sorted({o.block_id for o in sample.run.observations if not o.missing})
    reason = _untestable(sample, len(blocks))
    if reason is not None:
        return Homogeneity(pvalue=None, n_blocks=len(blocks), reason=reason)
    rows = _rows(sample, forms, {block: i for i, block in enumerate(blocks)})
    rows = [row for row in rows if len(row.values) >= 2 * MIN_DRAWS]
    if not rows:
        return Homogeneity(pvalue=None, n_blocks=len(blocks), reason="no probe has four usable answers")
    rng = generator("blocks", seed, sample.digest)
    positions = rng.permuted(np.tile(np.arange(len(blocks)), (n_permutations + 1, 1)), axis=1)
    positions[0] = np.arange(len(blocks))
    splits = _splits(len(blocks))
    draws = np.zeros((len(splits), n_permutations + 1))
    for row in rows:
        draws += [_early_against_late(row, positions, split) for split in splits]
    standard = _standardised(draws)
    pvalue = permutation_pvalue(standard.max(0)) if len(standard) else 1.0
    return Homogeneity(pvalue=pvalue, n_blocks=len(blocks), split=int(blocks[splits[int(np.argmax(_observed(draws)))]]))


def block_pvalue(a: Sample, b: Sample, forms: Mapping[str, str], design: Design) -> float | None:
    """Return the omnibus p of a pair when whole blocks are dealt to the sides; None where they are too few.

    Null hypothesis: the blocks of both runs are exchangeable, whatever the answers of one block have in common.
    """
    x, y = (a, b) if a.digest <= b.digest else (b, a)
    of_x, of_y = (_numbered(side) for side in (x, y))
    if any(_untestable(side, len(own)) for side, own in ((x, of_x), (y, of_y))):
        return None
    later = {block: i + len(of_x) for block, i in of_y.items()}
    pooled = _pooled(_rows(x, forms, of_x), _rows(y, forms, later), (len(of_x), len(of_y)))
    signals = {n: s for n, s in design.signals.items() if s.info.omnibus}
    parts = [
        Part(name=n, signal=s, probes=tuple(p for form in s.info.forms for p, _ in pooled.get(form, ())))
        for n, s in sorted(signals.items())
    ]
    parts = [part for part in parts if part.probes]
    if not parts:
        return None
    of_rows = {p.probe_id: blocks for probes in pooled.values() for p, blocks in probes}
    sizes = (len(of_x), len(of_y))

    def deal(probe: PooledProbe, chunk: int) -> LabelArray:
        return np.ascontiguousarray(label_chunk(design.seed, "whole blocks", sizes, chunk)[:, of_rows[probe.probe_id]])

    return omnibus(draw(parts, seed=design.seed, n_permutations=design.n_permutations, deal=deal)).pvalue


def parts_pvalue(
    sides: tuple[Sample, Sample], found: tuple[Homogeneity, Homogeneity], forms: Mapping[str, str], design: Design
) -> float | None:
    """Return the largest p over the parts of split runs, each against each part of the other side.

    Only if every part differs do the two runs differ whatever the part: an intersection–union test.

    References:
        Berger (1982), "Multiparameter hypothesis testing and acceptance sampling", Technometrics 24, 295–300.
    """
    reduced = replace(design, signals={n: s for n, s in design.signals.items() if s.info.omnibus})
    of_a, of_b = (_parts(side, own.split) for side, own in zip(sides, found, strict=True))
    pvalues = [compare_pair(part, other, forms, reduced).pvalue for part in of_a for other in of_b]
    return None if any(p is None for p in pvalues) else max(p for p in pvalues if p is not None)


def _parts(sample: Sample, split: int | None) -> list[Sample]:
    if split is None:
        return [sample]
    early = {o.key for o in sample.run.observations if o.block_id < split}
    late = {o.key for o in sample.run.observations} - early
    return [sample.restricted(early), sample.restricted(late)]


def _untestable(sample: Sample, n_blocks: int) -> str | None:
    if all(o.requested_at is None for o in sample.run.observations):
        return "times of the answers are not recorded: the order of blocks is not time"
    if n_blocks < MIN_BLOCKS:
        return f"only {n_blocks} blocks; {MIN_BLOCKS} are needed"
    return None


def _numbered(sample: Sample) -> dict[int, int]:
    blocks = sorted({o.block_id for o in sample.run.observations if not o.missing})
    return {block: i for i, block in enumerate(blocks)}


def _rows(sample: Sample, forms: Mapping[str, str], number: Mapping[int, int]) -> list[_Rows]:
    """Return each probe's rows of the feature its form is read by, with the number of their block."""
    block_of = {o.key: number[o.block_id] for o in sample.run.observations if o.block_id in number}
    found = []
    for form, feature in FEATURES.items():
        matrix = sample.features.get(feature)
        if matrix is None:
            continue
        for probe, kept in sorted(rows_of(matrix).items()):
            few = form == "closed" or len(kept) <= MOST_ROWS
            if forms.get(probe) == form and few:
                blocks = np.array([block_of[matrix.keys[i]] for i in kept])
                found.append(_Rows(probe_id=probe, values=matrix.values[kept], blocks=blocks))
    return found


def _splits(n_blocks: int) -> list[int]:
    """Return how many blocks are early, at least two on each side."""
    possible = np.arange(MIN_DRAWS, n_blocks - MIN_DRAWS + 1)
    spread = np.linspace(0, len(possible) - 1, min(MOST_SPLITS, len(possible))).round().astype(int)
    return [int(k) for k in possible[np.unique(spread)]]


def _early_against_late(row: _Rows, positions: AnyArray, split: int) -> FloatArray:
    """Return `(1 + B,)` MMD² of early against late answers; 0 where a side has fewer than two."""
    labels = (positions[:, row.blocks] < split).astype(np.int8)
    early = labels.sum(1)
    enough = (early >= MIN_DRAWS) & (labels.shape[1] - early >= MIN_DRAWS)
    values = np.zeros(len(labels))
    values[enough] = _mmd2(row.values, labels[enough])
    return values


def _mmd2(values: AnyArray, labels: LabelArray) -> FloatArray:
    if values.ndim > 1:
        return gram_mmd2(rbf_gram(values), labels)
    codes = np.unique(values, return_inverse=True)[1]
    return exact_mmd2(counts_by_label(codes, labels), np.bincount(codes).astype(float))


def _standardised(draws: FloatArray) -> FloatArray:
    """Return the rows that vary, standardised over the permutations, the observed value included."""
    spread = draws.std(1, keepdims=True)
    varies = spread[:, 0] > 1e-12 * np.maximum(1.0, np.abs(draws).max(1))
    return np.asarray((draws[varies] - draws[varies].mean(1, keepdims=True)) / spread[varies])


def _observed(draws: FloatArray) -> FloatArray:
    """Return each split's standardised observed statistic."""
    spread = draws.std(1)
    return np.asarray((draws[:, 0] - draws.mean(1)) / np.where(spread > 0, spread, np.inf))


def _pooled(
    x: Sequence[_Rows], y: Sequence[_Rows], n_blocks: tuple[int, int]
) -> dict[str, list[tuple[PooledProbe, AnyArray]]]:
    """Return by form the probes both sides answered so often that every dealing leaves two answers a side."""
    of_y = {row.probe_id: row for row in y}
    found: dict[str, list[tuple[PooledProbe, AnyArray]]] = {}
    for row in x:
        other = of_y.get(row.probe_id)
        if other is None or not _enough(row, other, n_blocks):
            continue
        both = np.concatenate([row.values, other.values])
        closed = both.ndim == 1
        values = np.unique(both, return_inverse=True)[1] if closed else both
        probe = PooledProbe(probe_id=row.probe_id, values=values, n_x=len(row.values), n_y=len(other.values))
        blocks = np.concatenate([row.blocks, other.blocks])
        found.setdefault("closed" if closed else "open", []).append((probe, blocks))
    return found


def _enough(row: _Rows, other: _Rows, n_blocks: tuple[int, int]) -> bool:
    """Return whether two answers are left on each side even if every gap falls on it."""
    seen = Counter(np.concatenate([row.blocks, other.blocks]).tolist())
    n_gaps = sum(n_blocks) - len(seen)
    return min(n_blocks) - n_gaps >= MIN_DRAWS
