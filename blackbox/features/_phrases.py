"""Words of an answer that another answer shares: the text behind the hashes of word 3-grams."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from blackbox.features._hashing import chained, code_points
from blackbox.features._texts import normalised
from blackbox.features._tokens import MAX_TOKENS, _head, _kinds, _sums, _token_starts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.features._hashing import Codes

_GRAM = 3
MAX_WORDS = 40
"""Longest phrase that is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """Consecutive words, in lower case as they are compared, that two answers share.

    Args:
        text: The words.
        n_words: How many.
        n_sharing: Reference answers that hold the rarest three words of it.
    """

    text: str
    n_words: int
    n_sharing: int


def shared_phrases(a: str, b: str, references: Sequence[Codes]) -> list[Phrase]:
    """Return the longest stretches of `a` whose every three words stand in `b` too, rarest first.

    Args:
        a: An answer.
        b: The other one's.
        references: Of each reference answer to the same question its 32-bit word 3-grams.
    """
    of_a, of_b = _tokens(a), _tokens(b)
    shared = np.isin(of_a.grams, of_b.grams)
    held = np.zeros(len(of_a.grams), dtype=np.int64)
    for grams in references:
        held += np.isin(of_a.grams, grams)
    found: dict[str, Phrase] = {}
    for start, stop in _stretches(shared):
        # A long stretch is shown around its rarest words.
        rarest = start + int(held[start:stop].argmin())
        first = max(start, rarest - MAX_WORDS // 2)
        last = min(stop, first + MAX_WORDS - _GRAM + 1)
        text = of_a.text[of_a.starts[first] : of_a.stops[last + _GRAM - 2]]
        phrase = Phrase(text=text, n_words=last - first + _GRAM - 1, n_sharing=int(held[rarest]))
        found.setdefault(text, phrase)
    # Marks alone are shared by chance and say nothing to a reader.
    worded = [p for p in found.values() if any(unicodedata.category(c).startswith("L") for c in p.text)]
    return sorted(worded, key=lambda p: (p.n_sharing, -p.n_words, p.text))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tokens:
    text: str
    starts: list[int]
    stops: list[int]
    grams: Codes


def _tokens(answer: str) -> _Tokens:
    """Return the first tokens of an answer with their places in its lower-case text, and the grams they begin."""
    text = _head(normalised(answer).lower())
    points = code_points([text])
    kinds = _kinds()[points.values]
    starts = np.flatnonzero(_token_starts(kinds, points.rows))[:MAX_TOKENS]
    if len(starts) < _GRAM:
        return _Tokens(text=text, starts=[], stops=[], grams=np.empty(0, dtype=np.uint64))
    after = np.append(np.flatnonzero(_token_starts(kinds, points.rows)), points.values.size)
    words = _sums(points.values, kinds, after[:-1])[: len(starts)]
    grams = (chained(words[:-2], words[1:-1], words[2:]) >> np.uint64(32)).astype(np.uint64)
    stops = [int(stop) for stop in after[1 : len(starts) + 1]]
    trimmed = [start + len(text[start:stop].rstrip()) for start, stop in zip(starts.tolist(), stops, strict=True)]
    return _Tokens(text=text, starts=starts.tolist(), stops=trimmed, grams=grams)


def _stretches(shared: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> list[tuple[int, int]]:
    """Return start and end (exclusive) of every run of shared grams."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], shared.astype(np.int8), [0]])))
    return [(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]
