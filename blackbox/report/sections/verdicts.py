"""The answer to each question in one sentence, with how sure it is and what it does not say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox.report.blocks import Fact, Mark, Section, Text, Verdict
from blackbox.report.sections import _words
from blackbox.report.sections._numbers import NOT_AVAILABLE, count, decimal, pvalue, with_interval
from blackbox.report.sections._pairs import mapping, onward, pairs, related_mark, same_mark

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blackbox.report.blocks import Block

_EVIDENCE: Mapping[str, tuple[str, ...]] = {
    "different": ("probes", "answers", "controls", "settling"),
    "equivalent": ("controls", "probes"),
}
"""Where to read on after a finding; after none, first what would settle it."""
_OPEN = ("settling", "controls")


def build(document: Mapping[str, Any]) -> tuple[Block, ...]:
    """Return one verdict a question; the leading question first."""
    return tuple(block for pair in pairs(document) for block in _of_pair(pair))


def _of_pair(pair: Mapping[str, Any]) -> tuple[Block, ...]:
    return (*_verdicts(pair), Text(text=_words.READ_ME, kind="note"))


def _verdicts(pair: Mapping[str, Any]) -> tuple[Verdict, ...]:
    same, related, mixed = _same(pair), _related(pair), _mixed(pair)
    return (related, same, mixed) if related.lead else (same, related, mixed)


def _same(pair: Mapping[str, Any]) -> Verdict:
    same = mapping(pair.get("same"))
    verdict = str(same.get("verdict"))
    return Verdict(
        question=_words.QUESTIONS["same"],
        mark=same_mark(pair),
        sentence=_sentence(pair, "same", same),
        facts=_same_facts(same),
        not_said=_words.NOT_SAID.get(verdict, _words.NOT_SAID["inconclusive"]),
        lead=pair.get("lead", "same") == "same",
        onward=onward(*_EVIDENCE.get(verdict, _OPEN)),
    )


def _same_facts(same: Mapping[str, Any]) -> tuple[Fact, ...]:
    alpha, effect = same.get("alpha"), mapping(same.get("effect"))
    meaning = _words.SHARE if effect.get("unit") == "mixture_equivalent_share" else _words.EFFECT
    level = f", judged against α = {alpha:g}" if alpha is not None else ""
    facts = [
        Fact(name="p, adjusted", value=f"{pvalue(same.get('pvalue_adjusted'))}{level}", meaning=_words.P_ADJUSTED),
        Fact(name="p, this pair alone", value=pvalue(same.get("pvalue")), meaning=_words.P_ALONE),
        Fact(name="effect", value=with_interval(effect), meaning=meaning),
        Fact(name="band", value=_words.BANDS.get(str(same.get("band")), _words.BANDS["unknown"]), meaning=_words.BAND),
        Fact(name="smallest visible", value=_detectable(same), meaning=_words.MDE),
    ]
    if same.get("pvalue_imputed") is not None:
        facts.insert(2, Fact(name="p, lost answers", value=pvalue(same["pvalue_imputed"]), meaning=_words.P_IMPUTED))
    if same.get("verdict") == "equivalent":
        facts.append(Fact(name="margin", value=f"{same.get('margin')}", meaning=_words.MARGIN))
    return tuple(facts)


def _detectable(same: Mapping[str, Any]) -> str:
    smallest = mapping(same.get("minimum_detectable_effect"))
    if smallest.get("value") is None:
        return str(smallest.get("reason") or "not computed")
    power = smallest.get("power")
    at = f" with power {power:g}" if power is not None else ""
    return f"{decimal(smallest['value'])} of {smallest.get('alternative') or smallest.get('unit')}{at}"


def _related(pair: Mapping[str, Any]) -> Verdict:
    related = mapping(pair.get("related"))
    facts, found = [], related.get("log10_lr") is not None
    if found:
        ratio = f"{decimal(related['log10_lr'], digits=2)} against {related.get('against')}"
        uncapped = f" (not bounded: {decimal(related.get('uncapped_log10_lr'), digits=2)})"
        population = mapping(related.get("population"))
        named = f"{population.get('name')}, {population.get('n_groups')} families, {population.get('n_pairs')} pairs"
        facts.append(Fact(name="log10 ratio", value=ratio + uncapped, meaning=_words.RATIO))
        facts.append(Fact(name="population", value=named, meaning=_words.POPULATION))
    if related.get("rank_pvalue") is not None:
        n = related.get("n_references")
        among = f" among {count(n)} families" if n is not None else ""
        facts.append(Fact(name="rank p", value=f"{pvalue(related['rank_pvalue'])}{among}", meaning=_words.RANK_P))
    if related.get("score") is not None:
        facts.append(Fact(name="kinship score", value=decimal(related["score"], digits=2), meaning=_words.SCORE))
    return Verdict(
        question=_words.QUESTIONS["related"],
        mark=related_mark(pair),
        sentence=_sentence(pair, "related", related),
        facts=tuple(facts),
        not_said=_words.NOT_SAID["related"],
        lead=pair.get("lead") == "related",
        onward=onward(*(("kinship_ratio", "probes", "answers") if found else ("settling",))),
    )


def _mixed(pair: Mapping[str, Any]) -> Verdict:
    mixed = mapping(pair.get("mixed"))
    share, low, high = (mixed.get(name) for name in ("share", "ci_low", "ci_high"))
    known = share is not None
    facts = []
    if known:
        with_bounds = f"{decimal(share)} [{decimal(low)}, {decimal(high)}]"
        facts.append(Fact(name="share", value=with_bounds, meaning="With its interval."))
    if mixed.get("pvalue") is not None:
        facts.append(Fact(name="p of a share", value=pvalue(mixed["pvalue"]), meaning=_words.P_SHARE))
    bound = mapping(mixed.get("lower_bound"))
    if bound.get("value") is not None:
        facts.append(Fact(name="at least", value=decimal(bound["value"]), meaning=_words.SHARE_BOUND))
    return Verdict(
        question=_words.QUESTIONS["mixed"],
        mark=Mark(tone="neutral", word="estimated") if known else Mark(tone="not_applicable", word="no statement"),
        sentence=_sentence(pair, "mixed", mixed),
        facts=tuple(facts),
        not_said=_words.NOT_SAID["mixed"],
        lead=False,
    )


def _sentence(pair: Mapping[str, Any], question: str, answer: Mapping[str, Any]) -> str:
    """Return the sentence evidence wrote, else the reason; nothing is worded anew here."""
    sentence = mapping(pair.get("sentences")).get(question) or answer.get("reason") or NOT_AVAILABLE
    return str(sentence)


SECTION = Section(title="The answer", order=20, build=build, scope="pair", brief=True)
