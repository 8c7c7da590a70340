"""What each suite is worth: null rejection, power for each relation, cost of a verdict; and parsers under fuzz.

Suites that tiny models answer sensibly are asked of the zoo: per probe, many independent answers of the reference
endpoint's sampler are dealt into sessions of the suite's own size, and each session is in one pair only, so that pairs
are independent and their rate is binomial. Other families are tested on scripted answers from known laws: their power
is that of the machinery on these laws, not a figure for real models. Each part is recorded when it ends, beside the
others of its file.
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

import _scripted as scripted
import numpy as np
from _drawn import drawn_from_keys
from _fuzzing import fuzz
from _results import others, record
from _suite_checks import checked
from _suite_rates import ALPHA, FORMS, N_PERMUTATIONS, SECRET, SEED, kind_of, priced, rates, sample, tested, valid
from _suites_scripted import SCRIPTED_PARTS
from _zoo_answers import sampled_here
from _zoo_repeats import REPEATED_PARTS

from blackbox import suites
from blackbox.core import Observation, Outcome, Probe, Run, Suite

if TYPE_CHECKING:
    from blackbox.evidence.samples import Sample

MEMBERS = ("a", "a-tuned", "b", "c")
RELATIONS = {
    "same weights": ("a", "a"),
    "tuned from": ("a", "a-tuned"),
    "same data": ("a", "b"),
    "unrelated": ("a", "c"),
}
N_CLOSED, N_OPEN = 50, {"continuation": 60, "open-ended": 40}
"""Sessions of each member: pairs a relation; null pairs are half of them at each of four members."""
N_FUZZED = 1_000_000


def sessions(member: str, suite: Suite, n_sessions: int, rng: np.random.Generator) -> list[Run]:
    """Return independent runs of one member under a suite."""
    answers = {p.id: sampled_here(member, suite, p, p.repeats * n_sessions, rng) for p in suite.probes}
    found = []
    for s in range(n_sessions):
        rows = [
            _observation(suite, probe, answers[probe.id][s * probe.repeats + repeat], repeat, rng)
            for probe in suite.probes
            for repeat in range(probe.repeats)
        ]
        found.append(Run(id=f"{member}-{s}", manifest=scripted.manifest(rng), suite=suite, observations=tuple(rows)))
    return found


def _observation(
    suite: Suite, probe: Probe, said: tuple[str, str], repeat: int, rng: np.random.Generator
) -> Observation:
    text, finish = said
    outcome = Outcome.EMPTY if not text else Outcome.TRUNCATED if finish == "length" else Outcome.OK
    return Observation(
        key=f"{probe.id}#{repeat}", probe_id=probe.id, repeat=repeat, block_id=repeat, outcome=outcome,
        text=text or None, response_id=f"r-{rng.integers(2**60)}", sent_decoding=suite.sent_decoding(probe),
    )  # fmt: skip


def spread(suite: Suite, n_probes: int, repeats: int) -> Suite:
    """Return a suite of fewer probes and repeats, whose probes lie evenly over its kinds and languages."""
    chosen = [suite.probes[i * len(suite.probes) // n_probes] for i in range(n_probes)]
    return replace(suite, probes=tuple(replace(p, repeats=repeats) for p in chosen))


def public_on_the_zoo(rng: np.random.Generator) -> list[dict]:
    """Return the rows of the public one-token suite: 100 independent null pairs, 50 for each relation."""
    return _rows("one-token.short", suites.find("one-token.short"), N_CLOSED, rng)


def secret_on_the_zoo(rng: np.random.Generator) -> list[dict]:
    """Return the same rows of a one-token suite drawn from a key."""
    secret = suites.secret_suite("one-token", SECRET)
    spoken = replace(secret, probes=tuple(p for p in secret.probes if p.language in {"en", "zh"}))
    return _rows("one-token secret", spread(spoken, 10, 10), N_CLOSED, rng)


def open_on_the_zoo(rng: np.random.Generator, family: str, form: str) -> list[dict]:
    """Return the rows of the short form of continuation or open-ended; of the latter six questions, four times each."""
    name, suite = f"{family}.short", suites.find(f"{family}.short")
    if form == "secret":
        name, suite = f"{family} secret.short", suites.short_form(suites.secret_suite(family, SECRET))
    if family == "open-ended":
        name, suite = f"{name}, 6 probes × 4", spread(suite, 6, 4)
    return _rows(name, suite, N_OPEN[family], rng)


def _rows(name: str, suite: Suite, n_sessions: int, rng: np.random.Generator) -> list[dict]:
    """Return a row a relation, asked of four members of the zoo."""
    started, rows = perf_counter(), []
    samples = {m: [sample(run) for run in sessions(m, suite, n_sessions, rng)] for m in MEMBERS}
    for relation, (x, y) in RELATIONS.items():
        pairs = (
            [pair for m in MEMBERS for pair in zip(samples[m][::2], samples[m][1::2], strict=False)]
            if x == y
            else list(zip(samples[x], samples[y], strict=True))
        )
        pvalues = tested(pairs)
        rows.append({
            "suite": name, "digest": suite.digest, "on": "zoo", "relation": relation, **rates(pvalues),
            "by_member": _by_member(pairs, pvalues) if x == y else None,
            "n_sessions": n_sessions * (len(MEMBERS) if x == y else 2),
            "calls_a_side": sum(p.repeats for p in suite.probes), "cost_per_verdict_usd": priced(suite),
            "valid": valid(samples[x] + samples[y]), "seconds": round(perf_counter() - started, 1),
        })  # fmt: skip
        print(rows[-1], flush=True)
    return rows


def _by_member(pairs: list[tuple[Sample, Sample]], pvalues: list[float | None]) -> dict[str, int]:
    """Return the null pairs rejected at .05, by member: a fault of one model's answers would gather there."""
    found = Counter(x.run.id.rpartition("-")[0] for (x, _), p in zip(pairs, pvalues, strict=True) if p and p <= ALPHA)
    return {member: found[member] for member in MEMBERS}


def fuzzed_parsers(_: np.random.Generator) -> list[dict]:
    """Return what came of a million fuzzed answers."""
    found = fuzz(N_FUZZED)
    print(found, flush=True)
    return [found]


PARTS = {
    "zoo_public": public_on_the_zoo,
    "zoo_secret": secret_on_the_zoo,
    **REPEATED_PARTS,
    **{f"zoo_open-{f}-{form}": partial(open_on_the_zoo, family=f, form=form) for f in N_OPEN for form in FORMS},
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
