"""A likelihood ratio in words, written once: its verbal equivalent, what it separates, what it can't."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blackbox.core.wording import CANNOT_SEPARATE, DIRECTION, NOT_A_PROBABILITY, SEPARATES, VERBAL_SCALE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "CANNOT_SEPARATE",
    "NOT_A_PROBABILITY",
    "SEPARATES",
    "VERBAL_SCALE",
    "chosen_sentence",
    "misleading_sentence",
    "ratio_sentence",
    "siblings_sentence",
    "verbal",
]


def verbal(log10_lr: float) -> str:
    """Return the verbal equivalent of a ratio: support for shared ancestry, or for the alternative."""
    strength = next(words for least, words in VERBAL_SCALE if abs(log10_lr) >= least)
    if strength == VERBAL_SCALE[-1][1]:
        return strength
    return f"{strength} for {'shared ancestry' if log10_lr > 0 else 'the alternative'}"


def ratio_sentence(
    log10_lr: float, *, against: str, population: str, n_groups: int, at_bound: bool, misleading: str
) -> str:
    """Return what a ratio says, with the population it comes from and how often such a ratio misleads.

    Args:
        log10_lr: The bounded ratio.
        against: `unrelated` or `sibling`.
        population: The population's name.
        n_groups: Its lineage groups.
        at_bound: Whether the ratio lies at the bound of what the population supports.
        misleading: A sentence on the rate of misleading evidence.
    """
    other = "no relation" if against == "unrelated" else "being siblings or taught by one teacher"
    times = 10 ** abs(log10_lr)
    first, second = ("shared ancestry", other) if log10_lr >= 0 else (other, "shared ancestry")
    bound = " That is the most this population can support." if at_bound else ""
    return (
        f"The answers are about {times:.2g} times as probable under {first} as under {second}: {verbal(log10_lr)}, "
        f"by the population {population!r} of {n_groups} lineage groups.{bound} {misleading} {NOT_A_PROBABILITY} "
        f"{DIRECTION}"
    )


def misleading_sentence(entries: Sequence[Mapping[str, float | int]]) -> str:
    """Return how often unrelated pairs of the population reached a ratio, with the upper limit.

    Args:
        entries: Of each threshold: lr, n, n_pairs, upper_95.
    """
    told = [
        f"LR ≥ {e['lr']:g} in {e['n']} of {e['n_pairs']} (at most {e['upper_95']:.2%}, 95 % limit)" for e in entries
    ]
    return f"Among its pairs without kinship: {'; '.join(told)}." if told else ""


def siblings_sentence(claims: Sequence[str], held: Mapping[str, int]) -> str:
    """Return whether the population holds other members of the claimed models' groups.

    Args:
        claims: The models the two sides claim to be.
        held: For claims the population knows, how many other members their group has in it.
    """
    parts = [
        f"{held[name]} other {'member' if held[name] == 1 else 'members'} of the lineage group of {name!r}"
        if name in held
        else f"nobody known to be of the lineage of {name!r}"
        for name in dict.fromkeys(claims)
    ]
    return f"The population holds {' and '.join(parts)}: siblings are the main risk of a false accusation."


def chosen_sentence(chosen: str | None, n_candidates: int) -> str:
    """Return how the pair came to be looked at and among how many."""
    how = f"Chosen: {chosen}." if chosen else "How this pair came to be chosen was not stated."
    many = "the only pair scored" if n_candidates == 1 else f"one of {n_candidates} pairs scored"
    more = "" if n_candidates == 1 else " Of many pairs some score high by chance: read the ratio with that number."
    return f"{how} It is {many} in this comparison.{more}"
