"""Rules fixed beforehand, what can't be said, digests, and how to recompute it all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox.report.blocks import Bullets, Column, Command, Fact, KeyValues, Name, Section, Table
from blackbox.report.sections._histories import points
from blackbox.report.sections._numbers import count, moment, pvalue
from blackbox.report.sections._pairs import listed, mapping

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blackbox.report.blocks import Block


def build(document: Mapping[str, Any]) -> tuple[Block, ...]:
    """Return limits, rules, digests and the command."""
    rules, provenance = mapping(document.get("rules")), mapping(document.get("provenance"))
    what = "answers within a probe" if rules.get("exchangeable") == "answers" else "whole runs only"
    facts = (
        Fact(name="exchangeable", value=what, meaning=str(rules.get("exchangeable_reason") or "")),
        Fact(name="reference", value=f"the first {rules.get('baseline_runs')} runs"),
        Fact(name="suspected at", value=f"p ≤ {rules.get('suspected_at')}"),
        Fact(name="confirmed at", value=f"p ≤ {pvalue(rules.get('confirmed_at'))} by the run after it"),
        Fact(name="or by ranks of runs", value=f"wealth ≥ {count(rules.get('wealth_needed') or 0)}"),
        Fact(name="permutations", value=f"at most {count(rules.get('n_permutations') or 0)}"),
        Fact(name="blackbox", value=str(provenance.get("blackbox") or "version not recorded")),
        Fact(name="created", value=moment(provenance.get("created_at") or "not recorded")),
        Fact(name="seed", value=str(provenance.get("seed")), meaning="Fixes every random number used."),
    )
    rows = tuple((Name(text=str(p.get("run"))), Name(text=str(p.get("journal_head")))) for p in points(document))
    columns = (Column(title="Run"), Column(title="Journal head", meaning="sha256 chain over every recorded reply."))
    table = Table(caption="Digests", columns=columns, rows=rows, where='"points" in drift.json', weight="long")
    command = provenance.get("command")
    return (
        Bullets(items=tuple(map(str, listed(document.get("limits"))))),
        KeyValues(facts=facts),
        table,
        *((Command(lines=(str(command),)),) if command else ()),
    )


SECTION = Section(title="Limits and provenance", order=95, build=build, scope="pair", kind="drift")
