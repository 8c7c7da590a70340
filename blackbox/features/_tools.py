"""Which tool a reply calls, and whether the arguments fit the tool's own schema."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

Schema: TypeAlias = Mapping[str, Any]
NO_CALL = "none"
_MAX_ARGUMENTS = 100_000
_MAX_DEPTH = 16


def tool_category(calls: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]]) -> str:
    """Return the calls' names, sorted, each with `!` where its arguments do not fit, or `none`.

    Args:
        calls: Tool calls as the chat API gives them: `{"function": {"name", "arguments"}}`.
        tools: The tools that were offered.
    """
    offered = {tool["function"]["name"]: tool["function"].get("parameters", {}) for tool in tools}
    return "+".join(sorted(_call(call, offered) for call in calls)) or NO_CALL


def _call(call: Mapping[str, Any], offered: Mapping[str, Schema]) -> str:
    function = call.get("function")
    function = function if isinstance(function, Mapping) else {}
    name = function.get("name")
    if not isinstance(name, str) or name not in offered:
        return "unknown!"
    arguments = parsed_arguments(function.get("arguments"))
    return name if arguments is not None and fits(arguments, offered[name]) else f"{name}!"


def parsed_arguments(written: object) -> dict[str, Any] | None:
    """Return a call's arguments as an object, or None where they are not strict JSON of one."""
    if isinstance(written, Mapping):
        return dict(written)
    if not isinstance(written, str) or len(written) > _MAX_ARGUMENTS:
        return None
    try:
        found = json.loads(written, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def fits(value: object, schema: Schema, depth: int = 0) -> bool:
    """Return whether `value` fits `schema`: type, enum, bounds, required, properties, items, additionalProperties.

    The keywords our suites use, no more; whatever else a schema says is not looked at.
    """
    if depth > _MAX_DEPTH or not _right_type(value, schema.get("type")):
        return False
    if "enum" in schema and not any(type(value) is type(each) and value == each for each in schema["enum"]):
        return False
    if isinstance(value, dict):
        return _object_fits(value, schema, depth)
    if isinstance(value, list):
        return all(fits(item, schema.get("items", {}), depth + 1) for item in value)
    return not _is_number(value) or _in_bounds(value, schema)


def _object_fits(value: Mapping[str, Any], schema: Schema, depth: int) -> bool:
    properties = schema.get("properties", {})
    if any(name not in value for name in schema.get("required", ())):
        return False
    if schema.get("additionalProperties") is False and any(name not in properties for name in value):
        return False
    return all(fits(value[name], inner, depth + 1) for name, inner in properties.items() if name in value)


def _right_type(value: object, stated: object) -> bool:
    names = [stated] if isinstance(stated, str) else stated if isinstance(stated, list) else []
    return not names or any(_TYPES[name](value) for name in names if name in _TYPES)


def _in_bounds(value: Any, schema: Schema) -> bool:  # noqa: ANN401 - a number by now
    return bool(schema.get("minimum", -math.inf) <= value <= schema.get("maximum", math.inf))


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _refuse(word: str) -> None:
    raise ValueError(word)


_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
    "string": lambda v: isinstance(v, str),
    "boolean": lambda v: isinstance(v, bool),
    "null": lambda v: v is None,
    "integer": lambda v: _is_number(v) and float(v).is_integer(),
    "number": _is_number,
}
