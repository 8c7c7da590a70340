"""Tools that a probe offers: named functions, each with a JSON schema that its parser can hold arguments against."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from blackbox.suites.fields import choice, listing, mapping, number, shown, text

if TYPE_CHECKING:
    from blackbox.suites.fields import Place

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")
_LARGEST = 1e300


def tools(value: object, place: Place) -> tuple[Mapping[str, Any], ...]:
    """Return the tools of a probe as the chat API takes them.

    Raises:
        SuiteError: One line with file, line, what is wrong and what to write.
    """
    found = tuple(_tool(item, place.at(i)) for i, item in enumerate(listing(value, place, of="tools")))
    names = [tool["function"]["name"] for tool in found]
    for i, name in enumerate(names):
        if name in names[:i]:
            where = place.at(i).at("function").at("name")
            raise where.error(f"two tools are called {shown(name)}", write="write another name")
    return found


def _tool(value: object, place: Place) -> Mapping[str, Any]:
    found = mapping(value, place, known=("type", "function"), required=("type", "function"))
    choice(found["type"], place.at("type"), of=("function",))
    here = place.at("function")
    known = ("name", "description", "parameters", "strict")
    function = mapping(found["function"], here, known=known, required=("name",))
    name = text(function["name"], here.at("name"), least=1)
    if not _NAME.fullmatch(name):
        fix = "write 1 to 64 of A-Z a-z 0-9 _ -, for servers take nothing else"
        raise here.at("name").error(f"{shown(name)} is no name of a tool", write=fix)
    if "parameters" in function:
        _check_schema(function["parameters"], here.at("parameters"))
    return found


def _check_schema(value: object, place: Place) -> None:
    """Check the keywords that arguments are held against; what else a schema says is the server's to read."""
    if not isinstance(value, Mapping):
        raise place.error(f"expected a JSON schema, found {shown(value)}", write="write e.g. {type: object}")
    if "type" in value:
        stated, where = value["type"], place.at("type")
        for name in cast("list[object]", stated) if isinstance(stated, list) else [stated]:
            choice(name, where, of=_TYPES)
    for name in ("minimum", "maximum"):
        if name in value:
            number(value[name], place.at(name), low=-_LARGEST, high=_LARGEST)
    if "enum" in value:
        listing(value["enum"], place.at("enum"), of="values")
    _check_parts(value, place)


def _check_parts(value: Mapping[str, object], place: Place) -> None:
    if "items" in value:
        _check_schema(value["items"], place.at("items"))
    properties, here = value.get("properties", {}), place.at("properties")
    if not isinstance(properties, Mapping):
        raise here.error(
            f"expected a mapping of schemas, found {shown(properties)}", write="write e.g. {a: {type: string}}"
        )
    for name, inner in properties.items():
        _check_schema(inner, here.at(name))
    for i, name in enumerate(listing(value.get("required", []), place.at("required"), of="names", least=0)):
        if name not in properties:
            where = place.at("required").at(i)
            raise where.error(f"{shown(name)} is required and no property", write="write it under properties")
