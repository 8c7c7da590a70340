"""Hard multiple choice with computed keys: twenty kinds of puzzles in English and Chinese."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from blackbox.suites.families import logic_puzzles, number_puzzles, text_puzzles
from blackbox.suites.families.puzzles import Language, said

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from blackbox.suites.families.draws import Draws
    from blackbox.suites.families.puzzles import Kind, Puzzle

LETTERS = "ABCD"
KINDS: Mapping[str, Kind] = {
    kind.__name__.replace("_", "-"): kind
    for kind in (
        number_puzzles.arithmetic, number_puzzles.remainder, number_puzzles.weekday, number_puzzles.days_between,
        number_puzzles.clock, number_puzzles.units, number_puzzles.sets, number_puzzles.base,
        number_puzzles.probability, number_puzzles.sequence, number_puzzles.ages, number_puzzles.work,
        logic_puzzles.ordering, logic_puzzles.knights, logic_puzzles.syllogism, logic_puzzles.turns,
        logic_puzzles.walk, text_puzzles.loop, text_puzzles.lists, text_puzzles.strings,
    )
}  # fmt: skip
A_KIND = 10
"""Puzzles of each kind in each language."""


def make(draws: Draws, a_kind: int = A_KIND) -> list[dict[str, Any]]:
    """Return the probes of a reasoned-choice suite: `a_kind` of each kind and language, keys spread evenly.

    Args:
        draws: Decides every number and order.
        a_kind: Puzzles of each kind in each language.
    """
    probes = []
    for language in get_args(Language):
        puzzles = [
            (f"{name}-{language}-{i}", name, puzzle)
            for name, kind in KINDS.items()
            for i, puzzle in enumerate(_different(draws.child(f"{language}/{name}"), kind, language, a_kind), start=1)
        ]
        own = draws.child(f"{language}/keys")
        keys = own.shuffled([LETTERS[i % len(LETTERS)] for i in range(len(puzzles))])
        probes += [
            probe(probe_id, family, puzzle, key, language, own)
            for (probe_id, family, puzzle), key in zip(puzzles, keys, strict=True)
        ]
    return probes


def probe(probe_id: str, family: str, puzzle: Puzzle, key: str, language: Language, draws: Draws) -> dict[str, Any]:
    """Return the probe document of a puzzle whose right answer stands at `key`."""
    options = draws.shuffled(puzzle.wrong)
    options.insert(LETTERS.index(key), puzzle.right)
    listed = "\n".join(f"{letter}. {option}" for letter, option in zip(LETTERS, options, strict=True))
    ask = said(language, en="Answer with one letter only: A, B, C or D.", zh="只回答一个字母：A、B、C或D。")
    prompt = f"{puzzle.question}\n\n{listed}\n\n{ask}"
    return {"id": probe_id, "family": family, "language": language, "key": key, "prompt": prompt}


def _different(draws: Draws, kind: Kind, language: Language, n: int) -> Iterable[Puzzle]:
    """Return `n` puzzles of one kind, no two alike."""
    found: dict[str, Puzzle] = {}
    while len(found) < n:
        puzzle = kind(draws, language)
        # A drawn case may have too few different slips; another is drawn.
        if len({puzzle.right, *puzzle.wrong}) == len(LETTERS):
            found.setdefault(puzzle.question, puzzle)
    return found.values()
