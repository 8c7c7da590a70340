"""What each suite is worth: null rejection, power for each relation, cost of a verdict; and parsers under fuzz.

Suites that tiny models answer sensibly are asked of the zoo, by the reference endpoint's sampler: each pair has
sessions and questions of its own, so that pairs are independent and their rate is binomial. Other families are tested
on scripted answers from known laws: their power is that of the machinery on these laws, not a figure for real models.
Each part is recorded when it ends, beside the others of its file.
"""

from __future__ import annotations

import sys
from time import perf_counter

import numpy as np
from _drawn import drawn_from_keys
from _fuzzing import fuzz
from _results import others, record
from _suite_checks import checked
from _suite_rates import N_PERMUTATIONS, SEED, kind_of
from _suites_scripted import SCRIPTED_PARTS
from _suites_zoo import DRAWS_PARTS
from _zoo_repeats import REPEATED_PARTS

N_FUZZED = 1_000_000


def fuzzed_parsers(_: np.random.Generator) -> list[dict]:
    """Return what came of a million fuzzed answers."""
    found = fuzz(N_FUZZED)
    print(found, flush=True)
    return [found]


PARTS = {
    **DRAWS_PARTS,
    **REPEATED_PARTS,
    **SCRIPTED_PARTS,
    "drawn": drawn_from_keys,
    "parsers": fuzzed_parsers,
}


def main(*wanted: str) -> int:
    """Run the named parts (`scripted` means all of its families and forms), or all; 1 if a target is missed."""
    good = True
    for part, measure in PARTS.items():
        file = part.partition("-")[0]
        if wanted and not {part, file} & set(wanted):
            continue
        started = perf_counter()
        rows = measure(np.random.default_rng(SEED))
        same = {"seed": SEED, "n_permutations": N_PERMUTATIONS, "prices_per_mtok": [0.50, 1.50]}
        measured = {kind_of(row) for row in rows}
        rows += [row for row in others(f"suites_{file}", same, set()) if kind_of(row) not in measured]
        checks = checked(rows)
        record(f"suites_{file}", {**same, "rows": rows, "checks": checks, "seconds": perf_counter() - started})
        print(part, checks, flush=True)
        good &= all(checks.values())
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
