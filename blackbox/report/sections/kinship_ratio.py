"""How strong the evidence of kinship is: the ratio, its verbal scale, what it rests on, which answers speak for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox.core.wording import VERBAL_SCALE
from blackbox.report.blocks import (
    AxisMark,
    Band,
    Bullets,
    Column,
    Fact,
    KeyValues,
    Name,
    Number,
    Quote,
    Scale,
    Section,
    Table,
    Text,
)
from blackbox.report.sections import _words
from blackbox.report.sections._numbers import decimal, moment
from blackbox.report.sections._pairs import listed, mapping, pairs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blackbox.report.blocks import Block, Inline

VERBAL_MARKS = tuple(
    AxisMark(place=place, meaning=words)
    for place, words in sorted(VERBAL_SCALE)
    if place.is_integer() and place <= 4.0  # noqa: PLR2004 - where the axis ends
)
_WHERE = '"related" of this pair in comparison.json'
_STATES = {"met": "met", "unmet": "not met: no ratio", "unknown": "unknown: an untested condition"}


def build(document: Mapping[str, Any]) -> tuple[Block, ...]:
    """Return the section's blocks for each pair that was read against a population."""
    population = mapping(document.get("population"))
    return tuple(
        block
        for pair in pairs(document)
        if mapping(pair.get("related")).get("population")
        for block in _of_pair(mapping(pair["related"]), population)
    )


def _of_pair(related: Mapping[str, Any], population: Mapping[str, Any]) -> tuple[Block, ...]:
    return (
        *_scale(related),
        *_alternatives(related, population),
        Bullets(items=tuple(str(related[n]) for n in ("siblings_of_claim", "choice") if related.get(n))),
        *_separated(population),
        *_telling(related),
        *_conditions(related),
        *_quality(population),
    )


def _scale(related: Mapping[str, Any]) -> tuple[Block, ...]:
    value, bounds = related.get("log10_lr"), listed(related.get("bounds"))
    if value is None or len(bounds) != 2:  # noqa: PLR2004 - a lower and an upper bound
        return (Text(text=f"No ratio: {related.get('reason') or 'not available'}.", kind="warning"),)
    low, high = float(bounds[0]), float(bounds[1])
    shown = f"log10 likelihood ratio {decimal(value, digits=2)}: {related.get('verbal')}."
    band = Band(name="what this population can support", low=low, high=high, note="no ratio is stated beyond it")
    return (
        Scale(
            title="log10 likelihood ratio",
            value=float(value),
            low=min(-2.0, low),
            high=max(4.0, high),
            marks=VERBAL_MARKS,
            bands=(band,),
            called="log10 LR",
            description=f"{shown} The population supports {decimal(low, digits=2)} to {decimal(high, digits=2)}.",
        ),
    )


def _alternatives(related: Mapping[str, Any], population: Mapping[str, Any]) -> tuple[Block, ...]:
    found = mapping(related.get("alternatives"))
    rows: list[tuple[Inline, ...]] = []
    for name, words in (("unrelated", "no relation"), ("sibling", "siblings, or taught by one teacher")):
        entry = mapping(found.get(name))
        if entry:
            values = (entry["log10_lr"], entry["uncapped_log10_lr"], *entry["bounds"])
            rows.append((words, *(Number(text=decimal(v, digits=2)) for v in values)))
    missing = population.get("sibling_reason")
    siblings = (Text(text=f"Against siblings: {missing}.", kind="note"),) if missing else ()
    if not rows:
        return siblings
    columns = (
        Column(title="Shared ancestry against"),
        Column(title="log10 LR", numeric=True, meaning="Within the bounds; the smaller one is the headline."),
        Column(title="not bounded", numeric=True, meaning="What the formula alone would say."),
        Column(title="lowest", numeric=True, meaning="The lower bound."),
        Column(title="highest", numeric=True, meaning="The upper bound."),
    )
    table = Table(caption="The ratio against each alternative", columns=columns, rows=tuple(rows), where=_WHERE)
    return (table, *siblings)


def _separated(population: Mapping[str, Any]) -> tuple[Block, ...]:
    return (
        Text(text="It separates:", kind="note"),
        Bullets(items=tuple(str(words) for words in listed(population.get("separates")))),
        Text(text="It can't separate:", kind="note"),
        Bullets(items=tuple(str(words) for words in listed(population.get("cannot_separate"))), kind="warning"),
    )


def _telling(related: Mapping[str, Any]) -> tuple[Block, ...]:
    phrases = [mapping(p) for p in listed(mapping(related.get("telling")).get("phrases"))]
    if not phrases:
        return ()
    columns = (
        Column(title="Probe"),
        Column(title="Both say", meaning="In lower case, as compared."),
        Column(title="References that do too", numeric=True, meaning="For the rarest three words of it."),
    )
    rows = tuple(
        (
            Name(text=str(p.get("probe_id"))),
            Quote(text=str(p.get("phrase"))),
            Number(text=f"{p.get('n_sharing')} of {p.get('n_references')}"),
        )
        for p in phrases
    )
    caption = "The rarest phrases both use, at the probes that speak most for kinship"
    return (Table(caption=caption, columns=columns, rows=rows, where=_WHERE, weight="long"),)


def _conditions(related: Mapping[str, Any]) -> tuple[Block, ...]:
    found = [mapping(c) for c in listed(related.get("applicability"))]
    if not found:
        return ()
    rows = tuple(
        (str(c.get("name")), _STATES.get(str(c.get("state")), str(c.get("state"))), str(c.get("meaning")))
        for c in found
    )
    columns = (Column(title="Condition"), Column(title="State"), Column(title="Meaning"))
    return (Table(caption="Does the population apply to this pair?", columns=columns, rows=rows, where=_WHERE),)


def _quality(population: Mapping[str, Any]) -> tuple[Block, ...]:
    if not population:
        return ()
    counts, cost = mapping(population.get("counts")), mapping(mapping(population.get("cllr")).get("unrelated"))
    parts = f"{decimal(cost.get('total'))} = {decimal(cost.get('minimum'))} + {decimal(cost.get('calibration'))}"
    facts = (
        Fact(
            name="population",
            value=Name(text=str(population.get("name"))),
            meaning=f"{counts.get('n_models')} models in {counts.get('n_groups')} lineage groups, "
            f"{counts.get('n_pairs')} labelled pairs; digest {str(population.get('digest'))[:16]}.",
        ),
        Fact(name="its answers", value=_collected(population), meaning="When they were collected, and the languages."),
        Fact(
            name="C_llr",
            value=parts,
            meaning="Cost of the ratios, with both groups of every pair left out: what discrimination leaves, and "
            "what calibration adds. 0 is perfect, 1 is no information.",
        ),
    )
    return (KeyValues(facts=facts),)


def _collected(population: Mapping[str, Any]) -> str:
    first, last = (str(population.get(f"collected_{end}") or "") for end in ("from", "to"))
    times = f"{moment(first)} to {moment(last)}" if first and last else "time not recorded"
    languages = ", ".join(map(_words.language, listed(population.get("languages")))) or "languages not recorded"
    return f"{times}; {languages}"


SECTION = Section(title="How strong the evidence of kinship is", order=32, build=build, scope="pair")
