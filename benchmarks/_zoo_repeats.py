"""Suites that ask for repeats or counts, on the zoo: tokenizer, border-input and determinism.

At temperature 0 a probe counts once a side, so a session is judged only against the band of honest hosts: seven
sessions of one model, each in an order and in batches of its own. Every verdict has sessions of its own.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from itertools import combinations, count
from typing import TYPE_CHECKING

import _scripted as scripted
import numpy as np
from _suite_rates import ALPHA, SECRET, both_forms, priced
from _zoo_answers import prompt_of, session_here, texts_of

from blackbox import registry, serve, suites
from blackbox.core import Observation, Outcome, Run, Usage
from blackbox.evidence.benign import deterministic_disagreement
from blackbox.evidence.samples import Sample
from blackbox.suites.discovery import near_ties, selected_suite
from blackbox.workflow._compare_related import SLOPE_TOLERANCE, tokenizer_entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from blackbox.core import Suite
    from blackbox.evidence.benign import Disagreement
    from blackbox.serve.generation import Sampled

N_HOSTS, TOP = 7, 5
RELATIONS = {"same weights": "a", "int8 build": "a@int8", "tuned from": "a-tuned", "same data": "b", "unrelated": "c"}
N_TIES, N_A_PART, N_VERDICTS = 100, 20, 40
N_LONG_A_PART, N_LONG_VERDICTS = 8, 24
"""Near ties and long answers a verdict, and verdicts a relation and form."""


def asked(member: str, suite: Suite, rng: np.random.Generator, *, top: int | None = None) -> Run:
    """Return a session: every probe once, with log-probabilities if `top` is given."""
    rows = [
        Observation(
            key=f"{probe.id}#0", probe_id=probe.id, repeat=0, block_id=0, outcome=_outcome(said),
            text=said.text or None, logprobs=texts_of(member, said), sent_decoding=suite.sent_decoding(probe),
        )
        for probe, said in session_here(member, suite, rng, top=top)
    ]  # fmt: skip
    return _run(member, suite, rows, rng)


def _outcome(said: Sampled) -> Outcome:
    if not said.text:
        return Outcome.EMPTY
    return Outcome.TRUNCATED if said.finish_reason == "length" else Outcome.OK


def _run(member: str, suite: Suite, rows: list[Observation], rng: np.random.Generator) -> Run:
    return Run(
        id=f"{member}-{rng.integers(2**60)}", manifest=scripted.manifest(rng), suite=suite, observations=tuple(rows)
    )


def counted(member: str, suite: Suite, rng: np.random.Generator) -> Run:
    """Return a session of which only the reported prompt tokens matter: what the reference endpoint counts."""
    rows = [
        Observation(
            key=f"{p.id}#0", probe_id=p.id, repeat=0, block_id=0, outcome=Outcome.OK, text="done",
            usage=Usage(prompt_tokens=len(prompt_of(member, p))),
            sent_decoding=suite.sent_decoding(p),
        )
        for p in suite.probes
    ]  # fmt: skip
    return _run(member, suite, rows, rng)


def tokenizer_rows(rng: np.random.Generator) -> list[dict]:
    """Return how often the tokenizer line tells pairs apart whose tokenizers are one, and whose are two."""
    return [row for name, suite in both_forms("tokenizer").items() for row in _counted_rows(name, suite, rng)]


def _counted_rows(name: str, suite: Suite, rng: np.random.Generator) -> list[dict]:
    usage, members = registry.feature("usage"), serve.members()
    probes = frozenset(p.id for p in suite.probes)
    counts = {m: usage.extract(counted(m, suite, rng), probes) for m in members}
    found: dict[str, list[bool]] = {
        "same weights": [_apart(counts[m], usage.extract(counted(m, suite, rng), probes)) for m in members]
    }
    for x, y in combinations(members, 2):
        relation = "one tokenizer, other models" if _vocabulary(x) == _vocabulary(y) else "another tokenizer"
        found.setdefault(relation, []).append(_apart(counts[x], counts[y]))
    return [
        {
            "suite": name, "digest": suite.digest, "on": "zoo", "relation": relation,
            "rule": "excluded: reported counts grow differently for at least one unit", "n_pairs": len(apart),
            "n_sessions": len(members), "n_tokenizers": len({_vocabulary(m) for m in members}),
            "excluded": float(np.mean(apart)), "calls_a_side": len(suite.probes), "cost_per_verdict_usd": priced(suite),
        }
        for relation, apart in found.items()
    ]  # fmt: skip


def _apart(x: object, y: object) -> bool:
    entry = tokenizer_entry(x, y)
    return any(abs(each["a"] - each["b"]) > SLOPE_TOLERANCE for each in entry["slopes"])


def _vocabulary(member: str) -> str:
    return sha256((serve.folder(member) / "tokenizer.json").read_bytes()).hexdigest()


def border_rows(rng: np.random.Generator) -> list[dict]:
    """Return the rows of near ties discovered at one model and asked anew; the discovery's answers are in no test."""
    rows = []
    for name, drawn in _many("border-input").items():
        tied, n_ties, parts = [], [], []
        while len(parts) < N_VERDICTS and (pool := next(drawn, None)) is not None:
            discovery = asked("a", pool, rng, top=TOP)
            ties = near_ties(discovery)
            tied.append(selected_suite(discovery, ties, limit=N_TIES, repeats=1))
            n_ties.append(len(ties))
            parts += _parts(tied[-1], N_A_PART)
        facts = {"n_candidates": len(pool.probes), "n_near_ties": n_ties, "n_sets_of_inputs": len(parts)}
        named = {"suite": f"{name}, ties found at a", "digest": tied[0].digest, **facts}
        rows += repeated_rows(_again(parts, N_VERDICTS), rng, named)
    return rows


def determinism_rows(rng: np.random.Generator) -> list[dict]:
    """Return the rows of `determinism`, eight requests a verdict, asked once each: temperature 0 and a seed."""
    rows = []
    for name, drawn in _many("determinism").items():
        parts: list[Suite] = []
        while len(parts) < N_LONG_VERDICTS and (suite := next(drawn, None)) is not None:
            parts += _parts(suite, N_LONG_A_PART)
        named = {"suite": f"{name}, 8 requests", "digest": parts[0].digest, "n_sets_of_inputs": len(parts)}
        rows += repeated_rows(_again(parts, N_LONG_VERDICTS), rng, named)
    return rows


def _many(family: str) -> dict[str, Iterator[Suite]]:
    """Return the release alone, and suites drawn from one key after another."""
    suite = suites.find(family)
    drawn = (suites.secret_suite(family, SECRET + str(i).encode()) for i in count())
    return {f"{suite.name}@{suite.version}": iter([suite]), f"{family} secret": drawn}


def _parts(suite: Suite, n: int) -> list[Suite]:
    """Return a suite's probes dealt into suites of `n`, spread over its kinds; what is left over is not asked."""
    n_parts = len(suite.probes) // n
    return [
        replace(suite, probes=tuple(replace(p, repeats=1) for p in suite.probes[i::n_parts][:n]))
        for i in range(n_parts)
    ]


def _again(parts: list[Suite], n: int) -> list[Suite]:
    """Return `n` parts: each asked again, in sessions of its own, where there are fewer."""
    return [parts[i % len(parts)] for i in range(n)]


def repeated_rows(parts: list[Suite], rng: np.random.Generator, named: dict) -> list[dict]:
    """Return a row a relation: a verdict a part, each judged against seven sessions of the model itself."""
    found: dict[str, list[Disagreement]] = {relation: [] for relation in RELATIONS}
    for part in parts:
        hosts = [_sample(asked("a", part, rng)) for _ in range(N_HOSTS)]
        band, ids = list(combinations(hosts, 2)), [p.id for p in part.probes]
        for relation, member in RELATIONS.items():
            other = _sample(asked(member, part, rng))
            found[relation].append(deterministic_disagreement(hosts[0], other, ids, band))
    return [repeated_row(relation, each, parts[0], named) for relation, each in found.items()]


def repeated_row(relation: str, found: list[Disagreement], part: Suite, named: dict) -> dict:
    """Return what came of the verdicts of one relation."""
    bands = [each.band for each in found if each.band]
    row = {
        **named, "on": "zoo", "relation": relation, "n_pairs": len(found), "n_sessions": 2 * len(found),
        "rejected_05": float(np.mean([each.pvalue <= ALPHA for each in found])), "rejected_01": None,
        "disagreement": float(np.mean([each.value for each in found])),
        "same_weights_band": [min(b.low for b in bands), max(b.high for b in bands)],
        "rule": "p = (1 + benign pairs at least as far) / (1 + benign pairs), 21 benign pairs",
        "calls_a_side": len(part.probes), "cost_per_verdict_usd": priced(part),
    }  # fmt: skip
    print(row, flush=True)
    return row


def _sample(run: Run) -> Sample:
    probes = frozenset(p.id for p in run.suite.probes)
    return Sample.of(run, {"answer": registry.feature("answer").extract(run, probes)})


ROWS = {"tokenizer": tokenizer_rows, "border-input": border_rows, "determinism": determinism_rows}
