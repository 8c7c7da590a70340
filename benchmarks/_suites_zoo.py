"""Suites of draws on the zoo: what released and drawn questions find there, per relation.

Each pair is asked questions of its own: one at random from each stretch of the release, or of the suite that a key of
the pair's own draws. A rate then speaks of a family's questions, and both forms are compared over two hundred sets of
them instead of over two. Sessions of one set are asked of five members; in a row each session is in one pair only.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from _suite_rates import ALPHA, FORMS, form_of, priced, rates, sample, suite_of, tested, valid
from _zoo_answers import outcome_of, run_of, sampled_here

from blackbox.core import Observation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from blackbox.core import Probe, Run, Suite
    from blackbox.evidence.samples import Sample
    from blackbox.serve.generation import Sampled

N_PAIRS = 200
NULL = "same weights"
BASES = {
    "a": {"tuned from": "a-tuned", "same data": "b", "unrelated": "c"},
    "b": {"tuned from": "b-tuned", "same data": "a", "unrelated": "r2"},
}
"""Models that sets of questions are asked of in turn, with who is compared with them."""


class Part(NamedTuple):
    """How much of a family's suite a session is asked, and in which languages, where not in all."""

    n_probes: int
    repeats: int
    languages: frozenset[str] = frozenset()


PARTS = {
    "one-token": Part(10, 10, frozenset({"en", "zh"})),
    "continuation": Part(8, 4),
    "open-ended": Part(6, 4),
}


class Session(NamedTuple):
    """One asking of a set of questions: which set, which member, and which time it is asked that set."""

    set: int
    member: str
    time: int = 0


def draws_rows(rng: np.random.Generator, family: str, form: str) -> list[dict]:
    """Return a row a relation: two hundred pairs, each of questions and sessions of its own."""
    part = PARTS[family]
    sets = [_some(suite_of(family, form, i), part, rng) for i in range(N_PAIRS)]
    by_session = dict(zip(_sessions(), map(sample, _asked(sets, rng)), strict=True))
    named = {
        "suite": f"{form_of(family, form)[0]}, {part.n_probes} probes × {part.repeats}",
        "digest": suite_of(family, form, 0).digest,
        "on": "zoo", "n_sessions": 2 * N_PAIRS, "n_sets": N_PAIRS, "calls_a_side": part.n_probes * part.repeats,
        "cost_per_verdict_usd": priced(sets[0]), "valid": valid(list(by_session.values())),
    }  # fmt: skip
    return [_row(relation, pairs, named, by_session) for relation, pairs in _pairs().items()]


def _row(relation: str, pairs: list[tuple[Session, Session]], named: dict, by: dict[Session, Sample]) -> dict:
    pvalues = tested([(by[x], by[y]) for x, y in pairs])
    hits = [(f"{x.member}, {y.member}", p is not None and p <= ALPHA) for (x, y), p in zip(pairs, pvalues, strict=True)]
    row = named | {
        "relation": relation, **rates(pvalues),
        "by_members": {m: float(np.mean([hit for n, hit in hits if n == m])) for m, _ in dict(hits).items()},
    }  # fmt: skip
    print(row, flush=True)
    return row


def _pairs() -> dict[str, list[tuple[Session, Session]]]:
    """Return the sessions compared for each relation; those of the same weights are of each member in turn."""
    found: dict[str, list[tuple[Session, Session]]] = {NULL: []}
    for i in range(N_PAIRS):
        base, others = _members(i)
        twice = Session(i, (base, *others.values())[i // len(BASES) % (1 + len(others))])
        found[NULL].append((twice, twice._replace(time=1)))
        for relation, member in others.items():
            found.setdefault(relation, []).append((Session(i, base), Session(i, member)))
    return found


def _members(i: int) -> tuple[str, dict[str, str]]:
    base = tuple(BASES)[i % len(BASES)]
    return base, BASES[base]


def _sessions() -> list[Session]:
    """Return every session that some pair needs, by member."""
    needed = {session for pairs in _pairs().values() for pair in pairs for session in pair}
    return sorted(needed, key=lambda s: (s.member, s.set, s.time))


def _some(suite: Suite, part: Part, rng: np.random.Generator) -> Suite:
    """Return a suite of one probe at random from each of equal stretches, so that kinds and languages stay mixed."""
    probes = [p for p in suite.probes if not part.languages or p.language in part.languages]
    places = (np.arange(part.n_probes) + rng.random(part.n_probes)) * len(probes) / part.n_probes
    return replace(suite, probes=tuple(replace(probes[int(i)], repeats=part.repeats) for i in places))


def _asked(sets: list[Suite], rng: np.random.Generator) -> Iterator[Run]:
    """Yield the run of every session, in their order: a member answers all of its sessions together."""
    sessions = _sessions()
    for member in dict.fromkeys(s.member for s in sessions):
        own = [sets[s.set] for s in sessions if s.member == member]
        asked = [(suite, probe) for suite in own for probe in suite.probes for _ in range(probe.repeats)]
        said = iter(sampled_here(member, asked, rng))
        for suite in own:
            yield _run(member, suite, said, rng)


def _run(member: str, suite: Suite, said: Iterator[Sampled], rng: np.random.Generator) -> Run:
    rows = [_observation(suite, probe, next(said), i, rng) for probe in suite.probes for i in range(probe.repeats)]
    return run_of(member, suite, rows, rng)


def _observation(suite: Suite, probe: Probe, said: Sampled, repeat: int, rng: np.random.Generator) -> Observation:
    return Observation(
        key=f"{probe.id}#{repeat}", probe_id=probe.id, repeat=repeat, block_id=repeat, outcome=outcome_of(said),
        text=said.text or None, response_id=f"r-{rng.integers(2**60)}", sent_decoding=suite.sent_decoding(probe),
    )  # fmt: skip


DRAWS_PARTS = {
    f"zoo_draws-{family}-{form}": partial(draws_rows, family=family, form=form) for family in PARTS for form in FORMS
}
