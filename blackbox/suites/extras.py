"""What a suite says beside its questions: keys, facts, short form, words for people, where it was made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from blackbox.core import Fact, Probe, Short
from blackbox.suites.fields import Place, listing, mapping, name, number, shown, text, whole

EXTRAS = ("detects", "against", "unchecked", "short", "provenance")
_FACT = ("id", "value", "tolerance", "unit", "source")
_NEEDS = {"numbers": "facts", "tool": "tools"}
_LETTERS = tuple("ABCDEFGH")
_MAX_KEY = 64
_LARGEST = 1e300


def extras(document: Mapping[str, Any], place: Place, probes: Sequence[Probe]) -> dict[str, Any]:
    """Return the fields of `Suite` that these extras become.

    Raises:
        SuiteError: One line with file, line, what is wrong and what to write.
    """
    found: dict[str, Any] = {field: text(document.get(field, ""), place.at(field)) for field in ("detects", "against")}
    if "unchecked" in document:
        found["unchecked"] = _lines(document["unchecked"], place.at("unchecked"))
    if "short" in document:
        found["short"] = _short(document["short"], place.at("short"), probes)
    if "provenance" in document:
        found["provenance"] = _provenance(document["provenance"], place.at("provenance"))
    return found


def answer_key(value: object, place: Place) -> str:
    """Return the right answer to a probe, as its parser writes it."""
    found = text(value, place, least=1)
    if len(found) > _MAX_KEY:
        raise place.error(f"longer than {_MAX_KEY} characters", write="write the answer as the parser gives it")
    return found


def facts(value: object, place: Place) -> tuple[Fact, ...]:
    """Return the numeric facts that one probe asks for, in the order it asks."""
    found: dict[str, Fact] = {}
    for i, item in enumerate(listing(value, place, of="facts")):
        fact = _fact(item, place.at(i))
        if fact.id in found:
            raise place.at(i).at("id").error(f"the id {shown(fact.id)} is used twice", write="write another id")
        found[fact.id] = fact
    return tuple(found.values())


def check_parser(parser: str, found: Mapping[str, object], place: Place) -> None:
    """Check that a probe holds what its parser reads answers by, and no key that the parser could never give."""
    for wanted, field in _NEEDS.items():
        if parser == wanted and field not in found:
            raise place.error(f"the parser {parser!r} needs {field}", write=f"write {field}: […] or another parser")
        if field == "facts" and field in found and parser != wanted:
            raise place.at(field).error("facts are read by the parser 'numbers' alone", write="write parser: numbers")
    if parser == "choice" and "key" in found and found["key"] not in _LETTERS:
        raise place.at("key").error(f"{shown(found['key'])} is not a letter from A to H", write="write e.g. key: A")


def _fact(value: object, place: Place) -> Fact:
    found = mapping(value, place, known=_FACT, required=("id", "value", "tolerance", "source"))
    return Fact(
        id=name(found["id"], place.at("id")),
        value=number(found["value"], place.at("value"), low=-_LARGEST, high=_LARGEST),
        tolerance=number(found["tolerance"], place.at("tolerance"), low=0, high=_LARGEST),
        unit=text(found.get("unit", ""), place.at("unit")),
        source=text(found["source"], place.at("source"), least=1),
    )


def _short(value: object, place: Place, probes: Sequence[Probe]) -> Short:
    found = mapping(value, place, known=("repeats", "probes"), required=("repeats",))
    known = [probe.id for probe in probes]
    repeats = whole(found["repeats"], place.at("repeats"), low=1, high=1000)
    if "probes" not in found:
        return Short(repeats=repeats, probe_ids=tuple(known))
    here = place.at("probes")
    ids = [text(item, here.at(i)) for i, item in enumerate(listing(found["probes"], here, of="probe ids"))]
    for i, probe_id in enumerate(ids):
        if probe_id not in known:
            raise here.at(i).error(
                f"there is no probe {shown(probe_id)}", write="write the id of a probe of this suite"
            )
        if probe_id in ids[:i]:
            raise here.at(i).error(f"{shown(probe_id)} is named twice", write="name each probe once")
    return Short(repeats=repeats, probe_ids=tuple(ids))


def _lines(value: object, place: Place) -> tuple[str, ...]:
    return tuple(text(item, place.at(i), least=1) for i, item in enumerate(listing(value, place, of="lines")))


def _provenance(value: object, place: Place) -> Mapping[str, Any]:
    """Return any plain facts under `kind`: how the suite was made is the maker's to say."""
    if not isinstance(value, Mapping) or not isinstance(value.get("kind"), str):
        fix = "write kind: dataset, secret or discovery, and what it was made from"
        raise place.error("expected a mapping with a kind", write=fix)
    return cast("Mapping[str, Any]", value)
