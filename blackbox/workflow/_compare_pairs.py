"""One pair's entry of the comparison document: evidence, words, conditions and exhibits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from blackbox.evidence import document as entries
from blackbox.evidence import wording
from blackbox.evidence.conditions import conditions
from blackbox.evidence.exhibits import exhibits, probe_rows
from blackbox.evidence.loss import compare_loss
from blackbox.evidence.mixed_words import mixed_entry, mixed_sentence
from blackbox.evidence.settling import more_answers
from blackbox.features import category
from blackbox.workflow._compare_features import resolved_forms
from blackbox.workflow._compare_related import tokenizer_entry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.core import Observation, Probe
    from blackbox.evidence.conditions import Facts
    from blackbox.evidence.document import RelatedEvidence, SameEvidence
    from blackbox.evidence.mixture import Mixed
    from blackbox.evidence.samples import Sample
    from blackbox.workflow._compare_features import Lengths
    from blackbox.workflow._compare_groups import Group, Pair

N_EXHIBITS = 10
N_TELLING = 5
"""Probes shown beside them because they speak for kinship."""

UNTESTED_LOSS = "replies are copies, not draws: losses are counted, not tested"


@dataclass(frozen=True, slots=True, kw_only=True)
class PairContext:
    """What all pairs of a suite share."""

    group: Group
    samples: Sequence[Sample]
    lengths: Sequence[Lengths]
    facts: Sequence[Facts]
    detailed: bool


def pair_entry(
    context: PairContext, pair: Pair, same: SameEvidence, related: RelatedEvidence, mixed: Mixed
) -> dict[str, Any]:
    """Return the pair's entry; probe tables and answers only where the comparison is small enough to read."""
    a, b = (context.group.runs[i] for i in (pair.a, pair.b))
    claims_differ = entries.claimed_model(a) != entries.claimed_model(b)
    entry: dict[str, Any] = {
        "a": a.id,
        "b": b.id,
        "a_endpoint": a.manifest.endpoint_name,
        "b_endpoint": b.manifest.endpoint_name,
        "suite": context.group.suite,
        "suite_version": context.group.version,
        "claims_differ": claims_differ,
        "lead": "related" if claims_differ else "same",
        "same": entries.same_entry(same),
        "similarity": entries.similarity_entry(same),
        "related": entries.related_entry(related),
        "mixed": mixed_entry(mixed),
        "missing": _missing(context, pair, same),
        "sentences": {**_sentences(same, related, claims_differ=claims_differ), "mixed": mixed_sentence(mixed)},
        "conditions": entries.condition_entries(conditions(context.facts[pair.a], context.facts[pair.b])),
        "tokenizer": _tokenizer(context, pair),
        "what_would_settle_it": _settling(same, related, suite=context.group.suite, n_probes=len(pair.probe_ids)),
    }
    return entry | (_detail(context, pair, same, related) if context.detailed else {"probes": [], "exhibits": []})


def _sentences(same: SameEvidence, related: RelatedEvidence, *, claims_differ: bool) -> dict[str, str]:
    return {
        "same": wording.same_sentence(
            same.judged,
            pvalue_adjusted=same.pvalue_adjusted,
            alpha=same.alpha,
            claims_differ=claims_differ,
            further_probes=same.equivalence.further_probes if same.equivalence else None,
            n_benign=len(same.benign.pairs) if same.benign else 0,
        ),
        "related": related.sentence
        or wording.related_sentence(
            rank_pvalue=related.rank_pvalue, n_references=related.n_references, reason=related.reason
        ),
    }


def _missing(context: PairContext, pair: Pair, same: SameEvidence) -> dict[str, Any]:
    """Return what was lost, whether or not the answers that came could be tested."""
    if same.test is not None:
        return entries.missing_entry(same.test.loss)
    a, b = (context.samples[i] for i in (pair.a, pair.b))
    copies = a.independence.broken or b.independence.broken
    return entries.missing_entry(compare_loss(a, b, pair.probe_ids), untested=UNTESTED_LOSS if copies else None)


def _tokenizer(context: PairContext, pair: Pair) -> dict[str, Any] | None:
    of_a, of_b = (context.samples[i].features.get("usage") for i in (pair.a, pair.b))
    return tokenizer_entry(of_a, of_b) if of_a is not None and of_b is not None else None


def _detail(context: PairContext, pair: Pair, same: SameEvidence, related: RelatedEvidence) -> dict[str, Any]:
    a, b = (context.group.runs[i] for i in (pair.a, pair.b))
    forms = resolved_forms(a, pair.probe_ids, [context.lengths[pair.a], context.lengths[pair.b]])
    rows = probe_rows(a, b, forms, _effects(same))
    shown = [*rows[:N_EXHIBITS], *_telling(rows[N_EXHIBITS:], related)]
    return {"probes": rows, "exhibits": exhibits(a, b, shown, category=_category, limit=len(shown))}


def _telling(rows: Sequence[dict[str, Any]], related: RelatedEvidence) -> list[dict[str, Any]]:
    """Return the rows of the probes that speak most for kinship, where they can be named."""
    telling = (related.ratio or {}).get("telling") or {}
    wanted = [probe["probe_id"] for probe in telling.get("probes", ())]
    by_id = {row["probe_id"]: row for row in rows}
    return [by_id[name] for name in wanted if name in by_id][:N_TELLING]


def _effects(same: SameEvidence) -> dict[str, float]:
    """Return each probe's MMD²: exact match where closed, embeddings where open."""
    results = same.test.signals if same.test else ()
    by_name = {result.signal: result.per_probe for result in results}
    return dict(by_name.get("embedding_mmd", {})) | dict(by_name.get("exact_mmd", {}))


def _category(observation: Observation, probe: Probe) -> str | None:
    found: str | None = category(observation, probe)
    return found


def _settling(same: SameEvidence, related: RelatedEvidence, *, suite: str, n_probes: int) -> list[str]:
    """Return what would answer what this comparison leaves open."""
    advice = []
    if same.judged.verdict == "not_applicable":
        advice.append(
            f"Ask every probe of {suite} at least four times ({4 * n_probes:,} calls a side) at temperature 1 without "
            "a seed, so that answers can be permuted."
        )
    sessions = [c for c in (same.control_a, same.control_b) if c is not None and c.kind == "second_session"]
    if not sessions:
        advice.append(
            "Collect a second session of each endpoint (`blackbox run --label second`): it is the repeat control."
        )
    if same.judged.band == "unknown" and same.judged.verdict == "different":
        advice.append(
            "Collect the same weights from other hosts: without that band, serving and model can't be told apart."
        )
    if same.judged.verdict == "inconclusive" and same.equivalence is None:
        advice.append(
            "Name a run of another model as control (`--control RUN`): it gives the effect its unit, and equivalence "
            "needs it."
        )
    if same.judged.verdict == "inconclusive":
        advice.append(more_answers(same, suite=suite))
    if related.rank_pvalue is None:
        advice.append("Name at least eight unrelated endpoints beside the two: kinship is read against references.")
    elif related.ratio is None:
        advice.append(
            "Read the two against a reference population (`blackbox calibrate`, then `--population FILE`): ranks alone "
            "give no ratio."
        )
    return advice
