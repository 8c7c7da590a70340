"""Repeat controls: does each endpoint answer like itself?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox.core.wording import EXPLANATIONS, UNTESTABLE
from blackbox.report.blocks import Column, Name, Number, Section, Table, Text
from blackbox.report.sections._numbers import decimal, pvalue
from blackbox.report.sections._pairs import listed, mapping, pairs, sides

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from blackbox.report.blocks import Block, Inline

_KINDS = {
    "second_session": "second session",
    "halves": "early against late half of one session",
}
_EXPLAINED = (
    "An endpoint that does not answer like itself can't be compared with another one. A second session is the "
    "strong control; the two halves of one session only notice a change midway."
)


def build(document: Mapping[str, Any]) -> tuple[Block, ...]:
    """Return both sides' repeat controls and what else was tested beside the verdict."""
    return tuple(block for pair in pairs(document) for block in _of_pair(pair))


def _of_pair(pair: Mapping[str, Any]) -> tuple[Block, ...]:
    same = mapping(pair.get("same"))
    control = mapping(same.get("repeat_control"))
    rows = tuple(
        _row(side, name, mapping(control.get(key))) for key, side, name in zip("ab", "AB", sides(pair), strict=True)
    )
    columns = (
        Column(title="Side"),
        Column(title="Endpoint"),
        Column(title="Compared with"),
        Column(title="p", numeric=True, meaning="Small: it does not answer like itself."),
        Column(title="Remark"),
    )
    return (
        Text(text=_EXPLAINED, kind="note"),
        Table(caption="Each endpoint against itself", columns=columns, rows=rows),
        *_blocks(same),
        Text(text=_positive(same)),
        *_equivalence(same),
        *_benign(same),
    )


def _row(side: str, name: Name, control: Mapping[str, Any]) -> tuple[Inline, ...]:
    if not control:
        return (side, name, "none", Number(text=pvalue(None)), "No repeat control was made.")
    kind = str(control.get("kind"))
    reason = str(control.get("reason") or "")
    return (side, name, _KINDS.get(kind, kind), Number(text=pvalue(control.get("pvalue"))), reason)


def _blocks(same: Mapping[str, Any]) -> tuple[Block, ...]:
    """Return whether each side answered alike throughout, and what whole passes say of a difference."""
    found = mapping(same.get("blocks"))
    if not found:
        return ()
    own = "; ".join(_throughout(name, mapping(found.get(key))) for key, name in zip("ab", "AB", strict=True))
    whole = found.get("pvalue")
    dealt = f" With whole passes dealt to the sides p = {pvalue(whole)}." if whole is not None else ""
    return (Text(text=f"Early against late passes, at any place: {own}.{dealt}"),)


def _throughout(name: str, own: Mapping[str, Any]) -> str:
    if own.get("pvalue") is None:
        return f"{name} not tested ({own.get('reason')})"
    return f"{name} p = {pvalue(own.get('pvalue'))} (most at pass {own.get('split')} of {own.get('n_blocks')})"


def _positive(same: Mapping[str, Any]) -> str:
    control = mapping(same.get("positive_control"))
    if not control:
        return "Positive control: none. No run of known difference shows how small a difference this test would see."
    seen = f"{control.get('n_detected')} of {control.get('n_draws')}"
    passed = "passed" if control.get("passed") else "not passed"
    return (
        f"Positive control, {passed}: with {control.get('share'):g} of B's answers replaced by the control's, "
        f"{seen} tests saw it (median p = {pvalue(control.get('pvalue'))})."
    )


def _equivalence(same: Mapping[str, Any]) -> tuple[Block, ...]:
    found = mapping(same.get("equivalence"))
    if not found:
        return ()
    if found.get("upper") is None:
        return (Text(text=f"Equivalence: not judged, because {found.get('reason')}."),)
    shown = "below" if found.get("status") == "shown" else "not below"
    return (
        Text(
            text=f"Equivalence: the difference is at most {decimal(found['upper'], digits=4)} (missing answers add "
            f"{decimal(found['missing_shift'], digits=4)} to it), {shown} the {decimal(found['threshold'], digits=4)} "
            f"that a share of {found['margin']:g} of the control's answers would make. Of further probes, up to "
            f"{found['further_probes']:.0%} could still differ."
        ),
    )


def _benign(same: Mapping[str, Any]) -> tuple[Block, ...]:
    """Return every harmless explanation known: what its test said, or that there was none."""
    found = {str(e.get("name")): e for e in map(mapping, listed(same.get("benign_explanations")))}
    named = {**EXPLANATIONS, **{name: "" for name in found if name.partition(",")[0] not in EXPLANATIONS}}
    rows = tuple(row for name, how in named.items() for row in _explanation(name, how, found))
    columns = (
        Column(title="Harmless explanation"),
        Column(title="How it would do it"),
        Column(title="Tested?"),
        Column(title="p of what remains", numeric=True),
    )
    rest = "; ".join(UNTESTABLE)
    return (
        Table(caption="Harmless explanations of a difference", columns=columns, rows=rows),
        Text(text=f"Not tested, for answers alone can't rule them out: {rest}.", kind="warning"),
    )


def _explanation(name: str, how: str, found: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[Inline, ...]]:
    own = {key: entry for key, entry in found.items() if key.partition(",")[0] == name}
    if not own:
        yield (name, how, _NOT_TESTED, Number(text="–"))
    for key, entry in own.items():
        status = str(entry.get("status"))
        setting = f" ({entry['estimate']})" if entry.get("estimate") else ""
        why = f": {entry['reason']}" if entry.get("reason") else ""
        p = entry.get("pvalue")
        said = f"{_SAYS.get(status, 'tested: does not suffice')}{setting}{why}"
        yield (Name(text=key), how, said, Number(text="–" if p is None else pvalue(p)))


_NOT_TESTED = "not tested: it is tested beside a difference only"
_SAYS = {
    "explains": "tested: leaves no more than chance",
    "cannot_tell": "tested: can't be told from another model by these answers",
    "not_tested": "not tested",
}


SECTION = Section(title="Controls", order=45, build=build, scope="pair")
