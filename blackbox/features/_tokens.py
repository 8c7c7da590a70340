"""The tokens of METHODS §7.1: one CJK character, one word or one punctuation mark, lower case.

Tokenising is a table look-up a code point instead of a regular expression a text: ten times faster.
What is a letter follows the Unicode tables of the running Python.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from blackbox.features._hashing import CODE_POINT_BITS, RowItems, chained, code_points, mix

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Kinds: TypeAlias = npt.NDArray[np.uint8]

MAX_TOKENS = 600
"""Tokens of an answer that are read; the rest is ignored."""
_HEAD_CODE_POINTS = 8 * MAX_TOKENS
_SPACE, _WORD, _SOLO = 0, 1, 2
# Scripts written without spaces, where a character is the unit: ideographs (々〆〇 among them), bopomofo, kana.
_CJK = "\u3005-\u3007\u3021-\u3029\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f\u31a0-\u31bf"
_CJK += "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003fffd"


def token_hashes(texts: Sequence[str]) -> RowItems:
    """Return the first `MAX_TOKENS` tokens of each text as 64-bit hashes, in reading order."""
    points = code_points([_head(text.lower()) for text in texts])
    kinds = _kinds()[points.values]
    starts = np.flatnonzero(_token_starts(kinds, points.rows))
    if starts.size == 0:
        return RowItems(values=np.empty(0, dtype=np.uint64), rows=np.empty(0, dtype=np.int64))
    rows = points.rows[starts]
    order = np.arange(rows.size) - np.searchsorted(rows, rows)
    kept = order < MAX_TOKENS
    return RowItems(values=_sums(points.values, kinds, starts)[kept], rows=rows[kept])


def word3_hashes(texts: Sequence[str]) -> RowItems:
    """Return the hashes of all runs of three tokens of each text."""
    tokens = token_hashes(texts)
    inside = tokens.rows[2:] == tokens.rows[:-2]
    grams = chained(tokens.values[:-2], tokens.values[1:-1], tokens.values[2:])
    return RowItems(values=grams[inside], rows=tokens.rows[2:][inside])


def _sums(codes: npt.NDArray[np.uint64], kinds: Kinds, starts: npt.NDArray[np.intp]) -> npt.NDArray[np.uint64]:
    """Return one hash a token: the mixed sum of its mixed (place in the token, code point) pairs."""
    lengths = np.diff(starts, append=codes.size)
    places = (np.arange(starts[0], codes.size) - np.repeat(starts, lengths)).astype(np.uint64)
    pairs = mix(codes[starts[0] :] | (places << CODE_POINT_BITS))
    pairs[kinds[starts[0] :] == _SPACE] = 0
    return chained(np.add.reduceat(pairs, starts - starts[0]))


def _token_starts(kinds: Kinds, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Return where a token begins; a word never runs on into the next text."""
    word = kinds == _WORD
    starts: npt.NDArray[np.bool_] = kinds != _SPACE
    starts[1:] &= ~(word[1:] & word[:-1] & (rows[1:] == rows[:-1]))
    return starts


def _head(text: str) -> str:
    """Return a part of `text` that surely holds its first `MAX_TOKENS` tokens whole."""
    size = _HEAD_CODE_POINTS
    while size < len(text):
        points = code_points([text[:size]])
        # One token more than needed has begun, so those needed have ended.
        if np.count_nonzero(_token_starts(_kinds()[points.values], points.rows)) > MAX_TOKENS:
            return text[:size]
        size *= 4
    return text


@cache
def _kinds() -> Kinds:
    """Return for every code point whether it is white space, part of a word, or a token of its own."""
    every = "".join(map(chr, range(sys.maxunicode + 1)))
    table = np.full(len(every), _SOLO, dtype=np.uint8)
    for kind, pattern in ((_SPACE, r"\s+"), (_WORD, r"\w+"), (_SOLO, f"[{_CJK}]+")):
        for run in re.finditer(pattern, every):
            table[run.start() : run.end()] = kind
    # Vowel signs and accents belong to the word they stand in; `\w` leaves them out.
    table[[i for i, char in enumerate(every) if unicodedata.category(char).startswith("M")]] = _WORD
    table.setflags(write=False)
    return table
