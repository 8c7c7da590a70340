"""Families that tiny models can't answer sensibly, on scripted answers from known laws: what their machinery finds.

Their power is that of the machinery on these laws, not a figure for real models.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import _scripted as scripted
import numpy as np
from _suite_rates import ALPHA, both_forms, priced, rates, sample, tested, valid

from blackbox import registry
from blackbox.evidence.benign import deterministic_disagreement
from blackbox.evidence.samples import Sample
from blackbox.features import reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from blackbox.core import Suite

N_SCRIPTED, N_FACTS, N_BITS, N_KIN, N_UNRELATED, N_REPEATED = 200, 100, 40, 100, 20, 50
REPEATED = {"knowledge-edge": scripted.facts, "border-input": scripted.tie, "determinism": scripted.long_answer}
DRAWN = {
    "refusal": (scripted.refusal, N_SCRIPTED), "identity": (scripted.identity, N_SCRIPTED),
    "tool-call": (scripted.tool, N_SCRIPTED), "random-bits": (scripted.bits, N_BITS),
}  # fmt: skip


def renamed(models: dict[str, float], pair: int) -> dict[str, float]:
    """Return models of a pair's own: a rate then speaks of the family, not of how two laws happened to fall."""
    return {f"{name}{pair}": share for name, share in models.items()}


def scripted_rows(rng: np.random.Generator, named: dict[str, Suite], answer: Callable, n_pairs: int) -> list[dict]:
    """Return a row a suite and relation on scripted answers: the same law, a mixture with another, another."""
    relations = {"same weights": {"m": 1.0}, "30 % of another": {"m": 0.7, "other": 0.3}, "unrelated": {"other": 1.0}}
    rows = []
    for name, suite in named.items():
        for relation, models in relations.items():
            pairs = [
                tuple(sample(scripted.run_of(suite, renamed(side, i), rng, answer)) for side in ({"m": 1.0}, models))
                for i in range(n_pairs)
            ]
            rows.append({
                "suite": name, "digest": suite.digest, "on": "scripted answers",
                "relation": relation, **rates(tested(pairs)), "calls_a_side": sum(p.repeats for p in suite.probes),
                "cost_per_verdict_usd": priced(suite), "valid": valid([s for pair in pairs for s in pair]),
            })  # fmt: skip
            print(rows[-1], flush=True)
    return rows


def repeated_rows(rng: np.random.Generator, named: dict[str, Suite], answer: Callable, n_pairs: int) -> list[dict]:
    """Return how often T = 0 disagreement exceeds every pair of ten honest hosts (smallest p 1/46)."""
    relations = {"same weights": {"m": 1.0}, "30 % of another": {"m": 0.7, "other": 0.3}, "unrelated": {"other": 1.0}}
    rows = []
    for name, suite in named.items():
        once = replace(suite, probes=tuple(replace(p, repeats=1) for p in suite.probes[:N_REPEATED]))
        for relation, models in relations.items():
            found = [
                _against_hosts(once, renamed({"m": 1.0}, i), renamed(models, i), answer, rng) for i in range(n_pairs)
            ]
            rows.append({
                "suite": name, "digest": suite.digest, "on": "scripted answers", "relation": relation,
                "n_pairs": n_pairs, "rejected_05": float(np.mean([p <= ALPHA for p in found])), "rejected_01": None,
                "calls_a_side": len(once.probes), "cost_per_verdict_usd": priced(once),
                "rule": "p = (1 + benign pairs at least as far) / (1 + benign pairs), 45 benign pairs",
            })  # fmt: skip
            print(rows[-1], flush=True)
    return rows


def _against_hosts(
    suite: Suite, honest: dict[str, float], models: dict[str, float], answer: Callable, rng: np.random.Generator
) -> float:
    """Return the p-value of one more host of `models` against ten honest ones."""
    hosts = [_answers(suite, honest, answer, rng) for _ in range(10)]
    band, probes = list(combinations(hosts, 2)), [p.id for p in suite.probes]
    found = deterministic_disagreement(hosts[0], _answers(suite, models, answer, rng), probes, band)
    assert found.pvalue is not None
    return found.pvalue


def _answers(suite: Suite, models: dict[str, float], answer: Callable, rng: np.random.Generator) -> Sample:
    run = scripted.run_of(suite, models, rng, answer)
    return Sample.of(run, {"answer": registry.feature("answer").extract(run, frozenset(p.id for p in suite.probes))})


def choice_rows(rng: np.random.Generator, named: dict[str, Suite], n_pairs: int) -> list[dict]:
    """Return how often a pair agrees more on wrong answers than every pair of twenty unrelated models does.

    All models share half of their law, as models share what tempts them; relatives share part of the rest too.
    """
    shared = {"everybody": 0.5}
    relations = {
        "unrelated": ({"x": 0.5}, {"y": 0.5}), "half of the rest shared": ({"x": 0.5}, {"x": 0.25, "y": 0.25}),
        "all of it shared": ({"x": 0.5}, {"x": 0.5}),
    }  # fmt: skip
    rows = []
    for name, suite in named.items():
        keys = {p.id: p.key for p in suite.probes}
        models = [_letters(suite, shared | {f"u{i}": 0.5}, rng) for i in range(N_UNRELATED)]
        null = [_agreement(x, y, keys) for x, y in combinations(models, 2)]
        for relation, sides in relations.items():
            found = [
                _agreement(*(_letters(suite, shared | renamed(own, i), rng) for own in sides), keys)
                for i in range(n_pairs)
            ]
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


def _letters(suite: Suite, models: dict[str, float], rng: np.random.Generator) -> dict[str, str | None]:
    run = scripted.run_of(suite, models, rng, scripted.choice)
    probes = {p.id: p for p in suite.probes}
    return {o.probe_id: reading(o, probes[o.probe_id]).category for o in run.observations}


def _agreement(x: dict[str, str | None], y: dict[str, str | None], keys: dict[str, str]) -> float:
    both = [p for p in keys if x[p] != keys[p] and y[p] != keys[p]]
    return float(np.mean([x[p] == y[p] for p in both]))


def _rows_of(family: str) -> Callable[[np.random.Generator], list[dict]]:
    """Return what measures one family, as released and drawn from a key."""
    if family == "reasoned-choice":
        return lambda rng: choice_rows(rng, both_forms(family), N_KIN)
    if family in REPEATED:
        return lambda rng: repeated_rows(rng, both_forms(family), REPEATED[family], N_FACTS)
    answer, n_pairs = DRAWN[family]
    return lambda rng: scripted_rows(rng, both_forms(family), answer, n_pairs)


SCRIPTED_PARTS = {family: _rows_of(family) for family in ("reasoned-choice", *REPEATED, *DRAWN)}
