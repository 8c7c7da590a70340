"""Histories of the zoo's models under a default day: banks of answers, dealt without replacement."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from _zoo_bank import Asked, kept, sample

from blackbox import serve, suites

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BANK = 480
"""Answers a probe and model: more than any history needs, so that none is dealt twice in one."""
MODELS = ("a", "a@int8", "b", "c")

Codes = dict[str, dict[str, np.ndarray]]
"""Model, probe: codes of its answers, the same over models."""


def banks(folder: Path) -> Codes:
    """Return the answers of each model to the questions of a default day, asked over HTTP and kept in a folder."""
    day = suites.thinned(suites.find("one-token"), 60)
    asked = replace(day, probes=tuple(replace(probe, repeats=BANK) for probe in day.probes))
    with serve.running({name: name for name in MODELS}) as base_url:
        held = {name: kept(folder, base_url, name, Asked(model=name), asked, BANK).bank for name in MODELS}
    found = {}
    for name, bank in held.items():
        matrix = sample(name, bank, asked, ["answer"]).features["answer"]
        of = np.array(matrix.probe_ids)
        found[name] = {probe.id: matrix.values[of == probe.id] for probe in day.probes}
    known = {p.id: np.unique(np.concatenate([found[name][p.id] for name in MODELS])) for p in day.probes}
    return {n: {p: np.searchsorted(known[p], codes) for p, codes in own.items()} for n, own in found.items()}


def dealt(
    codes: Codes, *, to: str, share: float, repeats: int, swap_at: int, rng: np.random.Generator
) -> Callable[[int, int], np.ndarray]:
    """Return what deals a day's answers: of a, and from a day on of another model in a share of calls."""
    probes = list(codes["a"])
    width = 1 + max(int(own.max()) for bank in codes.values() for own in bank.values())
    decks = {(model, p): list(rng.permutation(codes[model][p])) for model in ("a", to) for p in probes}

    def draw(day: int, factor: int) -> np.ndarray:
        counts = np.zeros((len(probes), width))
        for place, probe in enumerate(probes):
            for _ in range(repeats * factor):
                model = to if day >= swap_at and rng.random() < share else "a"
                counts[place, decks[model, probe].pop()] += 1
        return counts

    return draw
