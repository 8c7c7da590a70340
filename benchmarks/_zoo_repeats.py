"""Suites that ask for repeats or counts, on the zoo: tokenizer, border-input and determinism.

At temperature 0 a probe counts once a side, so a session is judged only against the band of honest hosts: seven
sessions of one model, each in an order and in batches of its own. Every verdict has sessions of its own.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from hashlib import sha256
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from _suite_rates import ALPHA, FORMS, form_of, priced, suite_of
from _zoo_answers import outcome_of, prompt_of, run_of, session_here, texts_of

from blackbox import registry, serve
from blackbox.core import Observation, Outcome, Run, Usage
from blackbox.evidence.benign import deterministic_disagreement
from blackbox.evidence.samples import Sample
from blackbox.suites.discovery import near_ties, selected_suite
from blackbox.workflow._compare_related import SLOPE_TOLERANCE, tokenizer_entry

if TYPE_CHECKING:
    from blackbox.core import Probe, Suite
    from blackbox.evidence.benign import Disagreement

N_HOSTS, TOP = 7, 5
BASES = {
    "a": {"tuned from": "a-tuned", "same data": "b", "unrelated": "c"},
    "b": {"tuned from": "b-tuned", "same data": "a", "unrelated": "c"},
    "c": {"tuned from": "c-from-a", "unrelated": "a"},
    "d": {"same data": "a", "unrelated": "c"},
    "r1": {"unrelated": "a"}, "r2": {"unrelated": "b"}, "r3": {"unrelated": "c"}, "r5": {"unrelated": "d"},
}  # fmt: skip
"""Models whose repeats are judged, with who answers in their place."""
N_TIES, N_A_PART = 100, 20
"""Near ties asked of each model, and of a verdict."""
N_LONG_BASES, N_LONG_A_PART, MOST_TOKENS = 3, 8, 100
"""Models asked for long answers, long answers of a verdict, and where they are cut: half of the suite's own limit."""


def asked(member: str, suite: Suite, rng: np.random.Generator, *, top: int | None = None) -> Run:
    """Return a session: every probe once, with log-probabilities if `top` is given."""
    rows = [
        Observation(
            key=f"{probe.id}#0", probe_id=probe.id, repeat=0, block_id=0, outcome=outcome_of(said),
            text=said.text or None, logprobs=texts_of(member, said), sent_decoding=suite.sent_decoding(probe),
        )
        for probe, said in session_here(member, suite, rng, top=top)
    ]  # fmt: skip
    return run_of(member, suite, rows, rng)


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
    return run_of(member, suite, rows, rng)


def tokenizer_rows(rng: np.random.Generator, form: str) -> list[dict]:
    """Return how often the tokenizer line tells pairs apart whose tokenizers are one, and whose are two."""
    name, suite = form_of("tokenizer", form)
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


def border_rows(rng: np.random.Generator, form: str) -> list[dict]:
    """Return the rows of near ties discovered at a model and asked anew; the discovery's answers are in no test."""
    sets, n_ties, n_asked = [], {}, 0
    for i, base in enumerate(BASES):
        pool = suite_of("border-input", form, i)
        discovery = asked(base, pool, rng, top=TOP)
        ties = near_ties(discovery)
        n_ties[base], n_asked = len(ties), n_asked + len(pool.probes)
        tied = selected_suite(discovery, ties, limit=N_TIES, repeats=1)
        sets += [(base, part) for part in _parts(tied, N_A_PART)]
    named = {
        "suite": f"{form_of('border-input', form)[0]}, ties found at each model", "digest": sets[0][1].digest,
        "n_candidates": n_asked, "n_near_ties": n_ties,
    }  # fmt: skip
    return _repeated_rows(sets, named, rng)


def determinism_rows(rng: np.random.Generator, form: str) -> list[dict]:
    """Return the rows of `determinism`, a few requests a verdict, asked once each: temperature 0 and a seed."""
    some = [(base, suite_of("determinism", form, i)) for i, base in enumerate(tuple(BASES)[:N_LONG_BASES])]
    sets = [(base, part) for base, suite in some for part in _parts(suite, N_LONG_A_PART, MOST_TOKENS)]
    name = f"{form_of('determinism', form)[0]}, {N_LONG_A_PART} requests × {MOST_TOKENS} tokens"
    return _repeated_rows(sets, {"suite": name, "digest": some[0][1].digest}, rng)


def _parts(suite: Suite, n: int, most: int | None = None) -> list[Suite]:
    """Return a suite's probes dealt into suites of `n`, spread over its kinds; what is left over is not asked."""
    n_parts = len(suite.probes) // n
    return [replace(suite, probes=tuple(_once(p, most) for p in suite.probes[i::n_parts][:n])) for i in range(n_parts)]


def _once(probe: Probe, most: int | None) -> Probe:
    return replace(probe, repeats=1, max_output_tokens=most or probe.max_output_tokens)


def _repeated_rows(sets: list[tuple[str, Suite]], named: dict, rng: np.random.Generator) -> list[dict]:
    """Return a row a relation: a verdict a set of inputs, each judged against seven sessions of the model itself."""
    found: dict[str, list[Disagreement]] = {}
    for base, part in sets:
        hosts = [_sample(asked(base, part, rng)) for _ in range(N_HOSTS)]
        band, ids = list(combinations(hosts, 2)), [p.id for p in part.probes]
        others = {"same weights": base, "int8 build": f"{base}@int8", **BASES[base]}
        for relation, member in others.items():
            other = _sample(asked(member, part, rng))
            found.setdefault(relation, []).append(deterministic_disagreement(hosts[0], other, ids, band))
    return [_repeated_row(relation, each, sets[0][1], named) for relation, each in found.items()]


def _repeated_row(relation: str, found: list[Disagreement], part: Suite, named: dict) -> dict:
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


_ROWS = {"tokenizer": tokenizer_rows, "border-input": border_rows, "determinism": determinism_rows}
REPEATED_PARTS = {
    f"zoo_repeats-{family}-{form}": partial(rows, form=form) for family, rows in _ROWS.items() for form in FORMS
}
