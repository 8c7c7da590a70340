"""Where every number comes from: digests, versions, rules fixed beforehand, and how to recompute it all."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from blackbox.report.blocks import Column, Command, Fact, KeyValues, Name, Section, Table, Text
from blackbox.report.sections._numbers import count, moment, plural, pvalue
from blackbox.report.sections._pairs import listed, mapping
from blackbox.report.sections._pairs import runs as by_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blackbox.report.blocks import Block

_ADJUSTMENTS = {
    "holm": "Holm over the pairs: the chance of even one false 'different' is held",
    "benjamini-hochberg": "Benjamini–Hochberg over the pairs: the expected share of false 'different' is held",
}
_RECOMPUTE = "These lines check that the recorded answers are unaltered, and compute every number again from them:"


def build(document: Mapping[str, Any]) -> tuple[Block, ...]:
    """Return rules, versions, digests and commands."""
    return (*_rules(document), *_digests(document), *_commands(document))


def _rules(document: Mapping[str, Any]) -> tuple[Block, ...]:
    provenance = mapping(document.get("provenance"))
    adjustment = str(document.get("adjustment") or "")
    facts = [
        Fact(name="blackbox", value=str(provenance.get("blackbox") or "version not recorded")),
        Fact(name="created", value=moment(provenance.get("created_at") or "not recorded")),
        Fact(name="seed", value=str(provenance.get("seed")), meaning="Fixes every random number used."),
        Fact(name="level", value=f"α = {document.get('alpha')}", meaning="How often a true null may be rejected."),
        Fact(name="correction", value=_ADJUSTMENTS.get(adjustment, adjustment or "not recorded")),
        Fact(
            name="smallest p",
            value=pvalue(document.get("smallest_pvalue_adjusted")),
            meaning="The smallest adjusted p these settings can reach.",
        ),
    ]
    packages = mapping(provenance.get("packages"))
    if packages:
        facts.append(Fact(name="packages", value=", ".join(f"{name} {v}" for name, v in packages.items())))
    return (KeyValues(facts=tuple(facts)), *_decisions(document))


def _decisions(document: Mapping[str, Any]) -> tuple[Block, ...]:
    entries = [mapping(entry) for entry in listed(document.get("decision"))]
    lines = tuple(
        f"{entry.get('suite')} v{entry.get('suite_version')}: "
        f"{plural(entry.get('n_pairs_tested') or 0, 'pair')} tested, "
        f"{count(entry.get('n_permutations') or 0)} permutations, α = {entry.get('alpha')}, "
        f"smallest adjusted p {pvalue(entry.get('smallest_pvalue_adjusted'))}."
        for entry in entries
    )
    return tuple(Text(text=line, kind="note") for line in lines)


def _digests(document: Mapping[str, Any]) -> tuple[Block, ...]:
    rows = tuple(
        (
            Name(text=str(run.get("id"))),
            Name(text=str(run.get("suite_digest") or "not recorded")),
            Name(text=str(run.get("journal_head") or "not recorded")),
        )
        for run in by_id(document).values()
    )
    columns = (
        Column(title="Run"),
        Column(title="Suite digest", meaning="sha256 of the questions."),
        Column(title="Journal head", meaning="sha256 chain over every recorded reply."),
    )
    where = '"runs" in comparison.json'
    return (Table(caption="Digests", columns=columns, rows=rows, where=where, weight="whole"),) if rows else ()


def _commands(document: Mapping[str, Any]) -> tuple[Block, ...]:
    found = by_id(document)
    provenance = mapping(document.get("provenance"))
    verify = [
        f"blackbox verify {shlex.quote(name)} --expect-head {shlex.quote(str(run['journal_head']))}"
        for name, run in found.items()
        if run.get("journal_head")
    ]
    named = " ".join(["blackbox compare", *(shlex.quote(name) for name in found)])
    recompute = str(provenance.get("command") or named) + _seed(provenance)
    return (Text(text=_RECOMPUTE), Command(lines=(*verify, recompute))) if found else ()


def _seed(provenance: Mapping[str, Any]) -> str:
    """Return the seed where the command does not say it; a comparison that names its inputs states a whole command."""
    seed = provenance.get("seed")
    return "" if seed is None or provenance.get("inputs") else f" --seed {seed}"


SECTION = Section(title="Provenance", order=95, build=build)
