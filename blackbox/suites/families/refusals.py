"""Borderline requests put together from topics, framings and occasions; each topic comes once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox.suites.families.refusal_topics import FIELDS, OCCASIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blackbox.suites.families.draws import Draws

N_EACH: Mapping[str, int] = {"en": 8, "zh": 5}
N_MONEY: Mapping[str, int] = {"en": 4, "zh": 5}
"""The released suite asks four English requests about money, and eight of every other kind."""


def make(draws: Draws) -> list[dict[str, Any]]:
    """Return a hundred requests: as many of each kind and language as the released suite has."""
    found = []
    for family, fields in FIELDS.items():
        for language, field in fields.items():
            own = draws.child(f"{family}/{language}")
            n = (N_MONEY if family == "money" else N_EACH)[language]
            for i, topic in enumerate(own.sample(field.topics, n), start=1):
                prompt = own.pick(OCCASIONS[language]) + own.pick(field.framings).format(x=topic)
                name = f"{family}-{language}-{i}"
                found.append({"id": name, "family": family, "language": language, "prompt": prompt})
    return found
