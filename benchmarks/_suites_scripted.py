"""Families that tiny models can't answer sensibly, on scripted answers from known laws: what their machinery finds.

Their power is that of the machinery on these laws, not a figure for real models.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import _scripted as scripted
import numpy as np
from _suite_rates import ALPHA, FORMS, form_of, priced, rates, sample, tested, valid

from blackbox import registry
from blackbox.evidence.benign import deterministic_disagreement
from blackbox.evidence.samples import Sample
from blackbox.features import reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from blackbox.core import Suite

N_SCRIPTED, N_FACTS, N_BITS, N_KIN, N_UNRELATED, N_REPEATED = 200, 200, 120, 100, 20, 50
REPEATED = {"knowledge-edge": scripted.facts, "border-input": scripted.tie, "determinism": scripted.long_answer}
RELATIONS = {"same weights": {"m": 1.0}, "30 % of another": {"m": 0.7, "other": 0.3}, "unrelated": {"other": 1.0}}
KINSHIP = {"unrelated": {"y": 0.5}, "half of the rest shared": {"x": 0.25, "y": 0.25}, "all of it shared": {"x": 0.5}}
DRAWN = {
    "refusal": (scripted.refusal, N_SCRIPTED), "identity": (scripted.identity, N_SCRIPTED),
    "tool-call": (scripted.tool, N_SCRIPTED), "random-bits": (scripted.bits, N_BITS),
}  # fmt: skip


def renamed(models: dict[str, float], pair: int) -> dict[str, float]:
    """Return models of a pair's own: a rate then speaks of the family, not of how two laws happened to fall."""
    return {f"{name}{pair}": share for name, share in models.items()}


def scripted_rows(rng: np.random.Generator, name: str, suite: Suite, answer: Callable, n_pairs: int) -> list[dict]:
    """Return a row a suite and relation on scripted answers; a side stands in one pair of each relation."""
    rows = []
    one = [sample(scripted.run_of(suite, renamed({"m": 1.0}, i), rng, answer)) for i in range(n_pairs)]
    for relation, models in RELATIONS.items():
        other = [sample(scripted.run_of(suite, renamed(models, i), rng, answer)) for i in range(n_pairs)]
        pairs = list(zip(one, other, strict=True))
        rows.append({
            "suite": name, "digest": suite.digest, "on": "scripted answers",
            "relation": relation, **rates(tested(pairs)), "calls_a_side": sum(p.repeats for p in suite.probes),
            "cost_per_verdict_usd": priced(suite), "valid": valid([s for pair in pairs for s in pair]),
        })  # fmt: skip
        print(rows[-1], flush=True)
    return rows


def repeated_rows(rng: np.random.Generator, name: str, suite: Suite, answer: Callable, n_pairs: int) -> list[dict]:
    """Return how often T = 0 disagreement exceeds every pair of ten honest hosts (smallest p 1/46)."""
    rows = []
    once = replace(suite, probes=tuple(replace(p, repeats=1) for p in suite.probes[:N_REPEATED]))
    found = [_against_hosts(once, i, answer, rng) for i in range(n_pairs)]
    for relation in RELATIONS:
        rows.append({
            "suite": name, "digest": suite.digest, "on": "scripted answers", "relation": relation,
            "n_pairs": n_pairs, "rejected_05": float(np.mean([each[relation] <= ALPHA for each in found])),
            "rejected_01": None, "calls_a_side": len(once.probes), "cost_per_verdict_usd": priced(once),
            "rule": "p = (1 + benign pairs at least as far) / (1 + benign pairs), 45 benign pairs",
        })  # fmt: skip
        print(rows[-1], flush=True)
    return rows


def _against_hosts(suite: Suite, i: int, answer: Callable, rng: np.random.Generator) -> dict[str, float]:
    """Return the p-value of one more host of each kind against ten honest ones, whose model is this verdict's own."""
    hosts = [_answers(suite, renamed({"m": 1.0}, i), answer, rng) for _ in range(10)]
    band, probes = list(combinations(hosts, 2)), [p.id for p in suite.probes]
    found = {
        relation: deterministic_disagreement(
            hosts[0], _answers(suite, renamed(models, i), answer, rng), probes, band
        ).pvalue
        for relation, models in RELATIONS.items()
    }
    return {relation: p for relation, p in found.items() if p is not None}


def _answers(suite: Suite, models: dict[str, float], answer: Callable, rng: np.random.Generator) -> Sample:
    run = scripted.run_of(suite, models, rng, answer)
    return Sample.of(run, {"answer": registry.feature("answer").extract(run, frozenset(p.id for p in suite.probes))})


def choice_rows(rng: np.random.Generator, name: str, suite: Suite, n_pairs: int) -> list[dict]:
    """Return how often a pair agrees more on wrong answers than every pair of twenty unrelated models does.

    All models share half of their law, as models share what tempts them; relatives share part of the rest too.
    """
    rows = []
    keys = {p.id: p.key for p in suite.probes}
    models = [_letters(suite, {"u": 0.5}, i, rng) for i in range(N_UNRELATED)]
    null = [_agreement(x, y, keys) for x, y in combinations(models, 2)]
    one = [_letters(suite, {"x": 0.5}, i, rng) for i in range(n_pairs)]
    for relation, own in KINSHIP.items():
        found = [_agreement(x, _letters(suite, own, i, rng), keys) for i, x in enumerate(one)]
        pvalues = [(1 + sum(n >= each for n in null)) / (1 + len(null)) for each in found]
        rows.append({
            "suite": name, "digest": suite.digest, "on": "scripted answers", "relation": f"kinship: {relation}",
            "n_pairs": n_pairs, "rejected_05": float(np.mean([p <= ALPHA for p in pvalues])),
            "rejected_01": float(np.mean([p <= 0.01 for p in pvalues])), "n_unrelated_pairs": len(null),
            "agreement_on_wrong": float(np.mean(found)), "agreement_of_unrelated": float(np.mean(null)),
            "calls_a_side": len(suite.probes), "cost_per_verdict_usd": priced(suite),
            "rule": "p = (1 + unrelated pairs that agree at least as much) / (1 + unrelated pairs)",
        })  # fmt: skip
        print(rows[-1], flush=True)
    return rows


def _letters(suite: Suite, own: dict[str, float], i: int, rng: np.random.Generator) -> dict[str, str | None]:
    """Return the letters that one model of a pair chose, half of whose law is everybody's."""
    run = scripted.run_of(suite, {"everybody": 0.5} | renamed(own, i), rng, scripted.choice)
    probes = {p.id: p for p in suite.probes}
    return {o.probe_id: reading(o, probes[o.probe_id]).category for o in run.observations}


def _agreement(x: dict[str, str | None], y: dict[str, str | None], keys: dict[str, str]) -> float:
    both = [p for p in keys if x[p] != keys[p] and y[p] != keys[p]]
    return float(np.mean([x[p] == y[p] for p in both]))


def _rows_of(family: str, form: str) -> Callable[[np.random.Generator], list[dict]]:
    """Return what measures one form of a family."""

    def measure(rng: np.random.Generator) -> list[dict]:
        own = rng if form == "public" else rng.spawn(1)[0]
        return [{**row, "stream": form} for row in _measured(family, form, own)]

    return measure


def _measured(family: str, form: str, rng: np.random.Generator) -> list[dict]:
    """Return the rows of one form: from draws of its own, or both forms would be given the same answers."""
    name, suite = form_of(family, form)
    if family == "reasoned-choice":
        return choice_rows(rng, name, suite, N_KIN)
    if family in REPEATED:
        return repeated_rows(rng, name, suite, REPEATED[family], N_FACTS)
    answer, n_pairs = DRAWN[family]
    return scripted_rows(rng, name, suite, answer, n_pairs)


SCRIPTED_PARTS = {
    f"scripted-{family}-{form}": _rows_of(family, form)
    for family in ("reasoned-choice", *REPEATED, *DRAWN)
    for form in FORMS
}
