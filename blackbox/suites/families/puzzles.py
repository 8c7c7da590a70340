"""One multiple-choice puzzle, and what the kinds of puzzles share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from blackbox.suites.families.draws import Draws

Language: TypeAlias = Literal["en", "zh"]
N_WRONG = 3

NAMES = {
    "en": ("Anna", "Boris", "Clara", "Dario", "Elena", "Felix"),
    "zh": ("安安", "波波", "成成", "多多", "恩恩", "飞飞"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Puzzle:
    """A question with its right answer and three wrong ones; the right one was computed, never copied."""

    question: str
    right: str
    wrong: tuple[str, ...]


Kind: TypeAlias = "Callable[[Draws, Language], Puzzle]"


def numeric(draws: Draws, question: str, right: int, slips: Iterable[int]) -> Puzzle:
    """Return a puzzle whose wrong answers are typical slips, filled up with near misses."""
    least = 0 if right >= 0 else right - 20  # a negative number among positive ones would give itself away
    wrong = list(dict.fromkeys(slip for slip in slips if slip != right and slip >= least))[:N_WRONG]
    while len(wrong) < N_WRONG:
        near = right + draws.pick((-12, -10, -4, -3, -2, -1, 1, 2, 3, 4, 10, 12))
        if near != right and near >= least and near not in wrong:
            wrong.append(near)
    return Puzzle(question=question, right=str(right), wrong=tuple(map(str, wrong)))


def worded(draws: Draws, question: str, right: str, others: Iterable[str]) -> Puzzle:
    """Return a puzzle whose wrong answers are drawn from `others`."""
    wrong = draws.sample([other for other in dict.fromkeys(others) if other != right], N_WRONG)
    return Puzzle(question=question, right=right, wrong=tuple(wrong))


def said(language: Language, *, en: str, zh: str) -> str:
    """Return the text of `language`."""
    return zh if language == "zh" else en
