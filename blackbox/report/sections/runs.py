"""Who answered: every run with its endpoint, its claims, its time and its outcomes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox.report.blocks import Column, Fact, Fold, KeyValues, Name, Number, Quote, Section, Table
from blackbox.report.sections._numbers import count, moment
from blackbox.report.sections._pairs import mapping, suite_title
from blackbox.report.sections._pairs import runs as by_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blackbox.report.blocks import Block, Inline

_INDEPENDENCE = {
    "independent": "yes, as far as recorded",
    "copies": "no: copies among them",
    "deterministic": "no: repeats, not draws",
    "unknown": "unknown",
}
_LOST = ("error", "malformed")


def build(document: Mapping[str, Any]) -> tuple[Block, ...]:
    """Return a table of the runs and, folded away, all that is recorded of each."""
    found = list(by_id(document).values())
    if not found:
        return ()
    columns = (
        Column(title="Endpoint"),
        Column(title="Claims to serve"),
        Column(title="Suite"),
        Column(title="Calls", numeric=True),
        Column(title="Lost", numeric=True, meaning="No reply, or one that could not be read."),
        Column(title="First call (UTC)"),
        Column(title="Independent draws?", meaning="Copies and repeats are not draws."),
    )
    table = Table(
        caption="Runs compared",
        columns=columns,
        rows=tuple(_row(run) for run in found),
        where='"runs" in comparison.json',
        weight="whole",
    )
    return (table, Fold(title=("Everything recorded of each run",), blocks=tuple(_full(run) for run in found)))


def _row(run: Mapping[str, Any]) -> tuple[Inline, ...]:
    outcomes = mapping(run.get("outcomes"))
    state = str(mapping(run.get("independence")).get("state") or "unknown")
    return (
        Name(text=str(run.get("endpoint"))),
        Name(text=str(run.get("claimed_model") or run.get("model") or "not stated")),
        Name(text=suite_title(run)),
        Number(text=count(run.get("n_observations") or 0)),
        Number(text=count(sum(outcomes.get(name, 0) for name in _LOST))),
        moment(run.get("requested_from") or "not recorded").removesuffix(" UTC"),
        _INDEPENDENCE.get(state, state),
    )


def _full(run: Mapping[str, Any]) -> Fold:
    independence = mapping(run.get("independence"))
    facts = (
        Fact(name="run", value=Name(text=str(run.get("id")))),
        Fact(name="address", value=Name(text=str(run.get("base_url") or "not recorded"))),
        Fact(name="model asked for", value=Name(text=str(run.get("model") or "not recorded"))),
        Fact(name="collected", value=_window(run)),
        Fact(name="decoding sent", value=_settings(run.get("sent_decoding"), "unknown")),
        Fact(name="decoding honoured", value=_settings(run.get("honoured_decoding"), "not measured")),
        Fact(
            name="models served",
            value=_tally(run.get("served_models")),
            meaning="What the server wrote into its replies: a claim, not a measurement.",
        ),
        Fact(name="providers", value=_tally(run.get("providers"))),
        Fact(name="configuration marks", value=_tally(run.get("fingerprints")), meaning="As the server reports them."),
        Fact(name="independence", value=str(independence.get("reason") or independence.get("state") or "unknown")),
        Fact(name="label", value=Name(text=str(run.get("label") or "none"))),
        Fact(name="origin", value=str(run.get("origin") or "not recorded")),
    )
    title = (Name(text=str(run.get("endpoint"))), " · ", Name(text=suite_title(run)))
    return Fold(title=title, blocks=(KeyValues(facts=facts),), open=False)


def _window(run: Mapping[str, Any]) -> str:
    first, last = run.get("requested_from"), run.get("requested_to")
    return f"{moment(first)} to {moment(last)}" if first and last else "not recorded"


def _settings(decoding: object, absent: str) -> str:
    settings = {name: value for name, value in mapping(decoding).items() if name != "findings"}
    stated = [f"{name} {value}" for name, value in sorted(settings.items()) if value not in (None, [], ())]
    if decoding is None:
        return absent
    return ", ".join(stated) or "server defaults"


def _tally(counts: object) -> Quote:
    found = mapping(counts)
    return Quote(text=", ".join(f"{name} ({n})" for name, n in found.items()) or "none reported")


SECTION = Section(title="Who answered, when", order=92, build=build)
