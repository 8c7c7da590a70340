"""Simulated models with known kinship: gram rows, labels and texts."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from blackbox.evidence.lineage import LabelledPair

if TYPE_CHECKING:
    from collections.abc import Sequence

WORDS = [f"{a}{b}{c}" for a in "bdfgklmnprst" for b in "aeiou" for c in ("n", "r", "s", "l")]


def groups_of(n_alone: int, n_twins: int) -> dict[str, str]:
    """Return models and their groups: `n_alone` alone, `n_twins` groups of two."""
    alone = {f"solo{i:02d}": f"g-solo{i:02d}" for i in range(n_alone)}
    return alone | {f"twin{i:02d}{side}": f"g-twin{i:02d}" for i in range(n_twins) for side in "ab"}


def labelled(group: dict[str, str]) -> list[LabelledPair]:
    """Return every pair of models: `kin` within a group, `unrelated` across."""
    return [
        LabelledPair(a=a, b=b, relation="kin", side="same")
        if group[a] == group[b]
        else LabelledPair(a=a, b=b, relation="unrelated", side="different")
        for a, b in combinations(sorted(group), 2)
    ]


def gram_rows(
    rng: np.random.Generator, group: dict[str, str], n_probes: int, *, n_rare: int = 4
) -> list[dict[str, list[np.ndarray]]]:
    """Return the models' grams by probe, in sorted order: common ones, own ones, and rare ones of their group."""
    names = sorted(set(group.values()))
    rows = []
    for model in sorted(group):
        own: dict[str, list[np.ndarray]] = {}
        g = names.index(group[model])
        for p in range(n_probes):
            common = rng.choice(60, size=25, replace=False)
            alone = rng.integers(10**6, 10**9, size=15)
            rare = 10**4 * (g + 1) + np.arange(n_rare)
            own[f"p{p:02d}"] = [np.unique(np.concatenate([common, alone, rare])).astype(np.uint32)]
        rows.append(own)
    return rows


def texts_of(rng: np.random.Generator, group: dict[str, str], n_probes: int) -> list[dict[str, str]]:
    """Return table rows of models that answer in 40 words; members of a group share a phrase at each probe."""
    rows = []
    for model in sorted(group):
        for p in range(n_probes):
            own = np.random.default_rng([p, *group[model].encode()])
            phrase = list(own.choice(WORDS, size=8))
            words = [*rng.choice(WORDS[:40], size=16), *phrase, *rng.choice(WORDS[:40], size=16)]
            rows.append({"model": model, "prompt": f"Question {p}?", "response": " ".join(words) + "."})
    return rows


def pair_table(pairs: Sequence[LabelledPair]) -> str:
    """Return pairs as CSV."""
    return "\n".join(["a,b,relation", *(f"{p.a},{p.b},{p.relation}" for p in pairs)]) + "\n"


def group_table(group: dict[str, str]) -> str:
    """Return groups as CSV."""
    return "\n".join(["model,group", *(f"{m},{g}" for m, g in group.items())]) + "\n"
