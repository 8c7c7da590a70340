"""Stable 64-bit hashes of short sequences, and ragged rows of them.

The hash of a gram depends on the gram alone: not on the process, the platform or the other texts of the
chunk. Grams are hashed for the size of a code, not for secrecy: a hashed gram can be guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from blackbox.core import FeatureMatrix
from blackbox.features._texts import answer_text, normalised

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy.typing as npt

    from blackbox.core import Observation

    Codes: TypeAlias = npt.NDArray[np.uint64]
    Rows: TypeAlias = npt.NDArray[np.int64]

CODE_POINT_BITS = np.uint64(21)
"""Unicode ends at U+10FFFF: three code points fit into one 64-bit word without loss."""
_START = np.uint64(0x9E3779B97F4A7C15)
_CHUNK_CODE_POINTS = 1 << 16  # temporaries of this length stay in a core's cache: measured fastest


@dataclass(frozen=True, slots=True, kw_only=True)
class RowItems:
    """Hashed items of many texts: `values[i]` belongs to text number `rows[i]`; `rows` never decreases."""

    values: Codes
    rows: Rows


def mix(codes: Codes) -> Codes:
    """Return `codes` through a bijection whose every output bit depends on every input bit.

    References:
        Steele, Lea & Flood (2014), Fast splittable pseudorandom number generators, OOPSLA,
        doi:10.1145/2660193.2660195: the finaliser of SplitMix64, variant 13 of Stafford.
    """
    z = codes ^ (codes >> np.uint64(30))
    z *= np.uint64(0xBF58476D1CE4E5B9)
    z ^= z >> np.uint64(27)
    z *= np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return z


def chained(*columns: Codes) -> Codes:
    """Return one hash for each sequence `(columns[0][i], columns[1][i], …)`; the order counts."""
    state = mix(columns[0] ^ _START)
    for column in columns[1:]:
        state ^= column
        state = mix(state)
    return state


def code_points(texts: Sequence[str]) -> RowItems:
    """Return the code points of all texts, one after another; a lone surrogate is a code point too."""
    joined = "".join(texts).encode("utf-32-le", "surrogatepass")
    lengths = np.array([len(text) for text in texts], dtype=np.int64)
    rows = np.repeat(np.arange(len(texts), dtype=np.int64), lengths)
    return RowItems(values=np.frombuffer(joined, dtype="<u4").astype(np.uint64), rows=rows)


def set_matrix(
    feature: str, version: int, *, observations: Sequence[Observation], items: Callable[[Sequence[str]], RowItems]
) -> FeatureMatrix:
    """Return the ragged matrix whose row i holds the distinct items of answer i, sorted.

    Args:
        feature: Registered name of the feature.
        version: Version of its definition.
        observations: Answers with a text, in the order of the rows.
        items: Hashes the items of normalised texts.
    """
    parts = [_distinct(items(chunk), len(chunk)) for chunk in _chunks(observations)]
    counts = np.concatenate([np.zeros(1, dtype=np.int64), *(part.counts for part in parts)])
    return FeatureMatrix(
        feature=feature,
        version=version,
        values=np.concatenate([np.empty(0, dtype=np.uint64), *(part.values for part in parts)]),
        probe_ids=tuple(o.probe_id for o in observations),
        keys=tuple(o.key for o in observations),
        offsets=np.cumsum(counts),
    )


def _chunks(observations: Sequence[Observation]) -> Iterator[list[str]]:
    """Yield normalised texts in groups of about `_CHUNK_CODE_POINTS`."""
    chunk: list[str] = []
    size = 0
    for observation in observations:
        chunk.append(normalised(answer_text(observation)))
        size += len(chunk[-1])
        if size >= _CHUNK_CODE_POINTS:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


@dataclass(frozen=True, slots=True, kw_only=True)
class _DistinctRows:
    values: Codes
    counts: Rows


def _distinct(items: RowItems, n_rows: int) -> _DistinctRows:
    """Return each row's items sorted and without repeats, and how many are left in each row."""
    bounds = np.concatenate([[0], np.cumsum(np.bincount(items.rows, minlength=n_rows))])
    values = items.values.copy()
    # A sort a row beats one sort of (row, value) pairs: numpy sorts short uint64 runs in registers.
    for start, stop in pairwise(bounds.tolist()):
        values[start:stop].sort()
    first = np.ones(values.size, dtype=bool)
    first[1:] = (values[1:] != values[:-1]) | (items.rows[1:] != items.rows[:-1])
    return _DistinctRows(values=values[first], counts=np.bincount(items.rows[first], minlength=n_rows))
