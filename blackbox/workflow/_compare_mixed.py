"""The question *mixed* for all pairs of one suite, and pairs that were collected until decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox.collect import plan
from blackbox.evidence.mixture import Mixed, MixtureRules, mixed
from blackbox.evidence.sequential import (
    PairedStream,
    SequentialResult,
    SequentialRules,
    result,
    result_entry,
    rules_of,
    sequential_sentence,
)
from blackbox.features import category
from blackbox.workflow.deciding import slots_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.core import Run
    from blackbox.evidence.samples import Sample
    from blackbox.workflow._compare_groups import Group, Pair
    from blackbox.workflow._compare_same import Material

NOT_ASKED = "the question was not asked"
ONLY_E_VALUES = "the two were collected until decided: only their e-value is reported"


def mixed_evidence(material: Material, questions: Sequence[str]) -> list[Mixed]:
    """Return what can be said on a share of other calls for each pair; the level is divided over pairs."""
    rules = MixtureRules(
        alpha=material.rules.alpha / max(1, material.rules.n_pairs),
        seed=material.rules.seed,
        n_permutations=material.rules.full_permutations,
    )
    return [_mixed(pair, material, rules, asked="mixed" in questions) for pair in material.group.pairs]


def _mixed(pair: Pair, material: Material, rules: MixtureRules, *, asked: bool) -> Mixed:
    a, b = material.samples[pair.a], material.samples[pair.b]
    reason = None if asked else NOT_ASKED
    if rules_of(a.run) or rules_of(b.run):
        reason = ONLY_E_VALUES
    if reason is not None:
        return Mixed(alpha=rules.alpha, reason=reason)
    forms, other = material.forms(pair), material.companions.alternative
    if other is None:
        return mixed(a, b, None, forms, rules)
    if other.run.id in {a.run.id, b.run.id}:
        return Mixed(alpha=rules.alpha, reason="the alternative is one of the two", alternative=_name(other))
    return mixed(a, b, other, _common(forms, a.run, other.run), rules)


def _common(forms: Mapping[str, str], a: Run, b: Run) -> dict[str, str]:
    """Return the forms of the probes that both suites ask in the same words."""
    words = {probe.id: probe.digest for probe in b.suite.probes}
    asked = {probe.id: probe.digest for probe in a.suite.probes}
    return {probe: form for probe, form in forms.items() if words.get(probe) == asked[probe]}


def _name(sample: Sample) -> str:
    return sample.run.manifest.endpoint_name


def sequential_evidence(group: Group) -> list[SequentialResult | None]:
    """Return the e-process of each pair of which a run was collected until decided, None for all others."""
    return [_sequential(group.runs[pair.a], group.runs[pair.b]) for pair in group.pairs]


def _sequential(a: Run, b: Run) -> SequentialResult | None:
    rules = rules_of(a) or rules_of(b)
    if rules is None:
        return None
    return result(_stream(a, b, rules), a, b)


def _stream(a: Run, b: Run, rules: SequentialRules) -> PairedStream:
    """Return the e-process as it was when the runs were collected, from what is stored."""
    probes = {probe.id: probe for probe in a.suite.probes}
    keys = [call.key for call in plan(a.suite, seed=int(a.manifest.plan.get("seed", 0)))]
    stream = PairedStream(slots=slots_of(a.suite, keys), rules=rules)
    wanted = {slot.key for slot in stream.slots}
    for side, run in (("a", a), ("b", b)):
        for o in run.observations:
            if o.key in wanted:
                stream.offer("a" if side == "a" else "b", o.key, category(o, probes[o.probe_id]))
    return stream


def with_e_value(entry: dict[str, Any], found: SequentialResult | None) -> dict[str, Any]:
    """Return a pair's entry with everything replaced that a test at a fixed size would say."""
    if found is None:
        return entry
    void = found.status == "void"
    verdict = {"different": "different", "undecided": "inconclusive", "void": "not_applicable"}[found.status]
    nothing = {"value": None, "ci_low": None, "ci_high": None, "unit": "mmd2"}
    same = {
        **entry["same"],
        "verdict": verdict,
        "reason": found.reason,
        "band": "unknown",
        "pvalue": None if void else found.pvalue,
        "pvalue_adjusted": None if void else found.pvalue_adjusted,
        "pvalue_imputed": None,
        "effect": nothing,
        "distance": nothing,
        "minimum_detectable_effect": None,
        "minimum_detectable_effects": [],
        "repeat_control": {"a": None, "b": None},
        "blocks": None,
        "positive_control": None,
        "equivalence": None,
        "benign_band": None,
        "benign_explanations": [],
        "signals": [],
        "sequential": result_entry(found),
    }
    similarity = {**entry["similarity"], "value": None, "reason": ONLY_E_VALUES}
    similarity |= {name: None for name in similarity if name.endswith("_band")}
    sentences = {**entry["sentences"], "same": sequential_sentence(found)}
    return {**entry, "same": same, "similarity": similarity, "sentences": sentences}
