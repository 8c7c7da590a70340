"""Puzzles about programs: what a short one prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blackbox.suites.families.puzzles import Language, Puzzle, said, worded

if TYPE_CHECKING:
    from blackbox.suites.families.draws import Draws

_LONG_WORDS = (
    "archaeological", "bibliographer", "circumference", "dissatisfaction", "electromagnetic", "Mediterranean",
    "misinterpretation", "photosynthesis", "rehabilitation", "unquestionably", "knowledgeable", "thermodynamics",
)  # fmt: skip


def loop(draws: Draws, language: Language) -> Puzzle:
    """What a loop with a condition prints."""
    start, stop, step, modulus = draws.between(1, 9), draws.between(18, 40), draws.between(2, 4), draws.between(3, 5)
    add, take = draws.between(2, 9), draws.between(1, 6)
    total = 0
    for i in range(start, stop, step):
        total = total + add * i if i % modulus == 0 else total - take
    code = (
        f"total = 0\nfor i in range({start}, {stop}, {step}):\n    if i % {modulus} == 0:\n"
        f"        total = total + {add} * i\n    else:\n        total = total - {take}\nprint(total)"
    )
    return _printed(draws, code, total, (total + take, total - add, total + add, total - take, total + 1), language)


def lists(draws: Draws, language: Language) -> Puzzle:
    """What a program prints that changes a list while it goes through it."""
    items = [draws.between(1, 9) for _ in range(6)]
    shift, weight = draws.between(1, 4), draws.between(2, 3)
    kept = items.copy()
    for i in range(len(kept)):
        kept[i] = kept[(i + shift) % len(kept)] * weight - kept[i - 1]
    code = (
        f"items = {items}\nfor i in range(len(items)):\n"
        f"    items[i] = items[(i + {shift}) % len(items)] * {weight} - items[i - 1]\nprint(sum(items))"
    )
    total, plain = sum(kept), sum(items) * (weight - 1)
    return _printed(draws, code, total, (plain, total + weight, total - weight, total + items[0], total - 1), language)


def strings(draws: Draws, language: Language) -> Puzzle:
    """What slicing and reversing makes of a word."""
    word = draws.pick(_LONG_WORDS).lower()
    start, step = draws.between(1, 3), draws.between(2, 3)
    right = word[start::step][::-1]
    others = [word[start::step], word[start - 1 :: step][::-1], word[::-1][start::step], word[start + 1 :: step][::-1]]
    others.append(right[1:] + right[0])
    code = f'word = "{word}"\nprint(word[{start}::{step}][::-1])'
    return worded(draws, _question(code, language), right, others)


def _printed(draws: Draws, code: str, right: int, slips: tuple[int, ...], language: Language) -> Puzzle:
    others = [str(slip) for slip in dict.fromkeys(slips) if slip != right]
    others += [str(right + k) for k in (7, -7, 11)]
    return worded(draws, _question(code, language), str(right), others)


def _question(code: str, language: Language) -> str:
    return said(language, en=f"What does this program print?\n\n{code}", zh=f"下面的程序输出什么？\n\n{code}")
