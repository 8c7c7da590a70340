"""How much suites drawn from different keys have in common, with each other and with what is released."""

from __future__ import annotations

from itertools import combinations
from statistics import mean
from typing import TYPE_CHECKING

from blackbox import suites

if TYPE_CHECKING:
    import numpy as np

    from blackbox.core import Suite

N_KEYS, N_LINTED = 20, 3


def drawn_from_keys(_: np.random.Generator) -> list[dict]:
    """Return, for each family, how many prompts suites of different keys share with releases and with each other."""
    return [_shared(family) for family in suites.FAMILIES]


def _shared(family: str) -> dict:
    made = [suites.secret_suite(family, f"key {i} of the benchmark, public".encode()) for i in range(N_KEYS)]
    drawn = [_prompts(suite) for suite in made]
    public = set().union(*(_prompts(suite) for suite in suites.available() if suite.name == family))
    pairs = [len(x & y) for x, y in combinations(drawn, 2)]
    row = {
        "family": family, "n_prompts": min(map(len, drawn)), "n_keys": N_KEYS, "n_key_pairs": len(pairs),
        "shared_with_releases_most": max(len(x & public) for x in drawn), "shared_by_two_keys_mean": mean(pairs),
        "shared_by_two_keys_most": max(pairs), "in_every_key": len(set.intersection(*drawn)),
        "n_findings": sum(len(suites.lint(suite)) for suite in made[:N_LINTED]),
    }  # fmt: skip
    print(row, flush=True)
    return row


def _prompts(suite: Suite) -> set[str]:
    return {probe.messages[-1].content for probe in suite.probes}
