"""Requests with tools on offer: names, schemas and values drawn from a key, the expected call known for each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from blackbox.suites.families.tool_words import (
    CALLS,
    ENDS,
    EXTRAS,
    HEDGES,
    QUESTIONS,
    SERVICES,
    THINGS,
    Service,
    Slot,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.suites.families.draws import Draws

NO_CALL = "none"
N_EACH: Mapping[str, Mapping[str, int]] = {
    "call": {"en": 10, "zh": 10},
    "choose": {"en": 10, "zh": 7},
    "none": {"en": 9, "zh": 6},
    "tempting": {"en": 5, "zh": 3},
}
"""As many requests of each kind and language as the released suite has."""
N_TOOLS: Mapping[str, int] = {"call": 2, "choose": 6, "none": 2, "tempting": 2}
_ENUM, _EXTRAS = 4, 3
_FIRST_DAY, _N_DAYS = date(2027, 1, 1), 365
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A request and the call that answers it.

    Attributes:
        document: The probe.
        arguments: What the call should hold; None where no call is wanted.
        spoken: The values as the request says them.
    """

    document: dict[str, Any]
    arguments: Mapping[str, object] | None
    spoken: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A drawn tool, the arguments a drawn request wants of it, and how a person says them."""

    service: Service
    schema: dict[str, Any]
    arguments: Mapping[str, object]
    spoken: Mapping[str, str]

    @property
    def name(self) -> str:
        """The function's name."""
        return str(self.schema["function"]["name"])


def make(draws: Draws) -> list[dict[str, Any]]:
    """Return sixty requests, as many of each kind and language as the released suite has."""
    return [each.document for each in expected(draws)]


def expected(draws: Draws) -> list[Expected]:
    """Return the requests with the calls that they want."""
    return [
        case
        for kind, by_language in N_EACH.items()
        for language, n in by_language.items()
        for case in _cases(draws.child(f"{kind}/{language}"), kind, language, n)
    ]


def _cases(draws: Draws, kind: str, language: str, n: int) -> list[Expected]:
    wanted = draws.sample(SERVICES, n)
    things = draws.sample(THINGS[language], 2 * n)
    found = []
    for i, service in enumerate(wanted, start=1):
        others = draws.sample([each for each in SERVICES if each is not service], N_TOOLS[kind] - 1)
        tools = [tool(draws, each, language) for each in (service, *others)]
        asked = tools[0]
        prompt = _request(draws, kind, language, asked, things[2 * i - 2 : 2 * i])
        called = kind in {"call", "choose"}
        document = {
            "id": f"{kind}-{language}-{i}", "family": kind, "language": language,
            "key": asked.name if called else NO_CALL, "prompt": prompt,
            "tools": [each.schema for each in draws.shuffled(tools)],
        }  # fmt: skip
        said = tuple(asked.spoken.values()) if kind != "none" else ()
        found.append(Expected(document=document, arguments=asked.arguments if called else None, spoken=said))
    return found


def _request(draws: Draws, kind: str, language: str, asked: Tool, things: Sequence[str]) -> str:
    if kind == "none":
        x, y = things
        return draws.pick(QUESTIONS[language]).format(x=x, y=y)
    if kind == "choose":
        wish = asked.service.wish[language].format(**asked.spoken)
        return wish[0].upper() + wish[1:] + draws.pick(ENDS[language])
    act = asked.service.act[language].format(**asked.spoken)
    frames = HEDGES if kind == "tempting" else CALLS
    return draws.pick(frames[language]).format(act=act, Act=act[0].upper() + act[1:])


def tool(draws: Draws, service: Service, language: str) -> Tool:
    """Return a tool of a service with names, enumerations and one set of values drawn anew."""
    noun = draws.pick(list(service.nouns))
    properties: dict[str, Any] = {}
    arguments: dict[str, object] = {}
    spoken = {"noun": service.nouns[noun][language]}
    for role, slot in service.slots.items():
        name = draws.pick(slot.names)
        properties[name], arguments[name], spoken[role] = _parameter(draws, slot, language)
    required = list(properties)
    for extra in draws.sample(list(EXTRAS), draws.below(_EXTRAS)):
        properties.setdefault(extra, dict(EXTRAS[extra]))
    parameters = {
        "type": "object", "properties": {name: properties[name] for name in draws.shuffled(list(properties))},
        "required": required, "additionalProperties": False,
    }  # fmt: skip
    function = {
        "name": f"{draws.pick(service.verbs)}_{noun}", "description": draws.pick(service.about),
        "parameters": parameters,
    }  # fmt: skip
    return Tool(service=service, schema={"type": "function", "function": function}, arguments=arguments, spoken=spoken)


def _parameter(draws: Draws, slot: Slot, language: str) -> tuple[dict[str, Any], object, str]:
    """Return a parameter's schema, the value that the request wants, and how the request says it."""
    about = {"description": slot.about} if slot.about else {}
    if slot.kind == "number":
        value = draws.between(slot.low, slot.high)
        return {"type": "integer", "minimum": slot.low, "maximum": slot.high} | about, value, str(value)
    if slot.kind == "day":
        day = _FIRST_DAY + timedelta(days=draws.below(_N_DAYS))
        return {"type": "string"} | about, day.isoformat(), _day(day, language)
    if slot.kind == "clock":
        clock = f"{draws.between(6, 22):02d}:{5 * draws.below(12):02d}"
        return {"type": "string"} | about, clock, clock
    if slot.kind == "free":
        text = draws.pick(slot.values[language])
        return {"type": "string"} | about, text, text
    options = draws.sample(slot.values[language], min(_ENUM, len(slot.values[language])))
    chosen = draws.pick(options)
    return {"type": "string", "enum": options} | about, chosen, chosen


def _day(day: date, language: str) -> str:
    if language == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
