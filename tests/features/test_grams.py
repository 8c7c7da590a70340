"""Tokens, word 3-grams and character 5-grams as sets of hashes."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import combinations, pairwise, product
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from blackbox import registry
from blackbox.features._hashing import mix
from blackbox.features._tokens import token_hashes, word3_hashes
from blackbox.features.char5 import char5_hashes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conftest import MakeRun

    from blackbox.core import FeatureMatrix

NAIVE_TOKEN = re.compile(r"[一-鿿]|[^\W一-鿿]+|[^\w\s]")
PLAIN = st.text(alphabet="aAbBzé0_ \n\t.,!?’中文字한🙂Σσ", max_size=60)
PIECES = st.lists(st.sampled_from(["the ", "cat ", "sat", " on", ". ", "Mat", "天", "气", "!"]), max_size=40)


def naive(name: str, text: str) -> set[tuple[str, ...]]:
    """Return the grams of METHODS §7.1 as Python tuples."""
    if name == "char5":
        cut = text.strip()[:1500]
        return {tuple(cut[i : i + 5]) for i in range(len(cut) - 4)}
    tokens = NAIVE_TOKEN.findall(text.strip().lower())[:600]
    n = {"tokens": 1, "word3": 3}[name]
    return {tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)}


def extracted(make_run: MakeRun, name: str, texts: Sequence[str]) -> FeatureMatrix:
    """Return the named feature of a run whose only probe got these answers."""
    return registry.feature(name).extract(make_run({"p": list(texts)}), frozenset({"p"}))


def sets_of(matrix: FeatureMatrix) -> list[set[int]]:
    """Return the rows of a ragged matrix as sets."""
    assert matrix.offsets is not None
    bounds = matrix.offsets.tolist()
    return [set(matrix.values[a:b].tolist()) for a, b in pairwise(bounds)]


def prose(rng: np.random.Generator, n_texts: int) -> list[str]:
    """Return texts of a small vocabulary, Chinese and English, some far longer than is read."""
    words = ["the", "The", "a", "model", "answers", ",", ".", " - ", "天气", "很好", "don't", "42", "\n", "naïve", "I"]
    return [" ".join(rng.choice(words, size=size)) for size in rng.integers(0, 900, size=n_texts)]


@pytest.mark.parametrize("name", ["tokens", "word3", "char5"])
def test_sizes_and_overlaps_are_those_of_string_sets(name: str, make_run: MakeRun, rng: np.random.Generator) -> None:
    """Every row has as many items as a set of Python strings, and any two rows share as many."""
    texts = prose(rng, 60)
    found = sets_of(extracted(make_run, name, texts))
    expected = [naive(name, text) for text in texts]
    assert [len(row) for row in expected] == [len(row) for row in found]
    assert [len(a & b) for a, b in combinations(expected, 2)] == [len(a & b) for a, b in combinations(found, 2)]


@pytest.mark.parametrize("name", ["tokens", "word3", "char5"])
@given(texts=st.lists(PLAIN | PIECES.map("".join), min_size=2, max_size=6))
@settings(max_examples=150)
def test_overlaps_hold_for_any_mixture_of_scripts(name: str, texts: list[str]) -> None:
    """Short and odd texts, empty ones among them, agree with string sets too."""
    hashed = {"tokens": token_hashes, "word3": word3_hashes, "char5": char5_hashes}[name]
    items = hashed([text.strip() for text in texts])
    found = [set(items.values[items.rows == i].tolist()) for i in range(len(texts))]
    expected = [naive(name, text) for text in texts]
    assert [len(row) for row in expected] == [len(row) for row in found]
    assert [len(a & b) for a, b in combinations(expected, 2)] == [len(a & b) for a, b in combinations(found, 2)]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Hello, world!", ["hello", ",", "world", "!"]),
        ("ABC天气abc", ["abc", "天", "气", "abc"]),
        ("ひらカナー", ["ひ", "ら", "カ", "ナ", "ー"]),
        ("한국어 말", ["한국어", "말"]),
        ("don't stop", ["don", "'", "t", "stop"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("x²+y_1=3.14", ["x²", "+", "y_1", "=", "3", ".", "14"]),
        ("…—", ["…", "—"]),
        ("a\u3000b\u00a0c", ["a", "b", "c"]),
        ("𠀀𠀁", ["𠀀", "𠀁"]),
    ],
)
def test_a_token_is_a_word_a_cjk_character_or_a_mark(text: str, parts: list[str]) -> None:
    """The hashes of a text are those of its tokens written apart."""
    assert token_hashes(parts).values.tolist() == token_hashes([text]).values.tolist()
    assert list(range(len(parts))) == token_hashes(parts).rows.tolist()


@pytest.mark.parametrize("name", ["tokens", "word3", "char5"])
def test_unicode_form_and_outer_space_do_not_count(name: str, make_run: MakeRun) -> None:
    """Composed and decomposed text, with and without white space around it, have one row."""
    first, second = sets_of(extracted(make_run, name, ["Café crème, s'il", "\n Cafe\u0301 cre\u0300me, s'il "]))
    assert first == second


def test_case_counts_for_characters_only(make_run: MakeRun) -> None:
    """Tokens are lower case; character grams are taken as written."""
    texts = ["One Two Three", "one two three"]
    assert [
        first == second
        for first, second in (sets_of(extracted(make_run, name, texts)) for name in ("tokens", "word3", "char5"))
    ] == [True, True, False]


def test_what_lies_beyond_the_limits_is_not_read(make_run: MakeRun) -> None:
    """600 tokens and 1,500 characters count; the 600th and the 1,500th still do."""
    tokens = [f"w{i}" for i in range(600)]
    at, beyond = " ".join(tokens), " ".join([*tokens, "tail"])
    before = " ".join([*tokens[:-1], "other"])
    for name in ("tokens", "word3"):
        first, second, third = sets_of(extracted(make_run, name, [at, beyond, before]))
        assert (first == second, first == third) == (True, False)
    letters = "".join(chr(0x4E00 + i) for i in range(1500))
    first, second, third = sets_of(extracted(make_run, "char5", [letters, letters + "x", letters[:-1] + "x"]))
    assert (first == second, first == third) == (True, False)


@given(gap=st.integers(min_value=1, max_value=40))
@example(gap=400)
@settings(max_examples=10)
def test_wide_gaps_do_not_hide_the_first_600_tokens(gap: int) -> None:
    """However much white space lies between, the same tokens are read."""
    tokens = [f"w{i}" for i in range(700)]
    close, wide = token_hashes([" ".join(tokens)]), token_hashes([(" " * gap).join(tokens)])
    assert wide.values.size == 600
    assert close.values.tolist() == wide.values.tolist()


@pytest.mark.parametrize("place", [4799, 4798, 19_199])
def test_the_last_token_read_is_read_whole(place: int) -> None:
    """A 600th token that begins just before a text is cut for reading keeps all its letters."""
    opening = "a " * 599
    text = opening + " " * (place - len(opening)) + "tail and more"
    assert token_hashes(["tail"]).values.tolist() == token_hashes([text]).values.tolist()[-1:]


def test_neighbours_do_not_touch() -> None:
    """A text's items are the same alone and between others: no gram spans two texts, in any chunk."""
    texts = ["abcd", "efgh ij", "", "kl", "mnop qr st uv"]
    for hashed in (token_hashes, word3_hashes, char5_hashes):
        together = hashed(texts)
        for row, text in enumerate(texts):
            assert hashed([text]).values.tolist() == together.values[together.rows == row].tolist()


def test_chunks_do_not_show(make_run: MakeRun, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    """One text a chunk gives the matrix that one chunk gives."""
    texts = prose(rng, 12)
    whole = {name: extracted(make_run, name, texts) for name in ("tokens", "word3", "char5")}
    monkeypatch.setattr("blackbox.features._hashing._CHUNK_CODE_POINTS", 1)
    for name, matrix in whole.items():
        split = extracted(make_run, name, texts)
        assert matrix.values.tolist() == split.values.tolist()
        assert list(matrix.offsets) == list(split.offsets)


def test_the_order_of_tokens_counts() -> None:
    """The same three words in another order are another gram."""
    grams = [word3_hashes([text]).values.tolist() for text in ("a b c", "c b a", "b a c", "a c b")]
    assert len({tuple(gram) for gram in grams}) == 4


def test_letters_in_another_order_are_another_token() -> None:
    """A token's hash depends on where its letters stand, and on how many there are."""
    texts = ["ab", "ba", "aab", "aba", "a", "aa", "aaa"]
    assert len(texts) == len(set(token_hashes(texts).values.tolist()))


def test_mixing_is_splitmix64() -> None:
    """The first outputs of the published generator seeded with 0 and with 1234567."""
    step = 0x9E3779B97F4A7C15
    states = np.array([step, 1234567 + step, (1234567 + 2 * step) % 2**64], dtype=np.uint64)
    assert mix(states).tolist() == [0xE220A8397B1DCDAF, 6457827717110365317, 3203168211198807973]


def test_a_million_different_grams_have_different_hashes() -> None:
    """No collision among all five-letter texts over 16 letters, nor among words counted up (expected: 4e-8)."""
    letters = ["".join(letters) for letters in product("etaoinshrdluß天气0", repeat=5)]
    assert np.unique(char5_hashes(letters).values).size == 16**5
    counted = [f"word{i:x}" for i in range(400_000)]
    assert np.unique(token_hashes(counted).values).size == 400_000


def test_hashes_do_not_depend_on_the_process() -> None:
    """Another process with another hash seed gives the same numbers."""
    texts = ["The cat sat.", "天气 very good"]
    code = (
        "from blackbox.features._tokens import word3_hashes\n"
        "from blackbox.features.char5 import char5_hashes\n"
        f"print([f({texts!r}).values.tolist() for f in (word3_hashes, char5_hashes)])"
    )
    here = str([hashed(texts).values.tolist() for hashed in (word3_hashes, char5_hashes)])
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert here == there.stdout.strip()
