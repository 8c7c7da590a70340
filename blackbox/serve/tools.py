"""Tools: which one has to be called, and arguments that fit its schema.

The models of the zoo know no tools. The rule is therefore stated, not learned: a call is made exactly when the request
demands one (`tool_choice` is `required` or names a function); with `auto`, `none` or nothing the reply is text. The
arguments are built to fit the declared schema; texts in them are what the model said, so they vary as its answers do.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from blackbox.serve.fields import RefusedRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

Json: TypeAlias = Any

_DEEPEST = 16
_SPREAD = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A function that may be called, with the JSON schema of its arguments."""

    name: str
    schema: Mapping[str, Json]


def called_tool(tools: object, choice: object) -> Tool | None:
    """Return the tool that the request demands, or None where the answer is to be text.

    Raises:
        RefusedRequest: Tools or choice have the wrong shape, or the choice names an undeclared function.
    """
    declared = _declared(tools)
    if choice is None or choice in ("auto", "none"):
        return None
    if choice == "required":
        if not declared:
            raise RefusedRequest("tool_choice: required needs tools", param="tool_choice")
        return declared[0]
    function = choice.get("function") if isinstance(choice, dict) and choice.get("type") == "function" else None
    name = function.get("name") if isinstance(function, dict) else None
    found = next((tool for tool in declared if tool.name == name), None)
    if found is None:
        message = "tool_choice must be none, auto, required or a declared function"
        raise RefusedRequest(message, param="tool_choice")
    return found


def arguments(tool: Tool, *, said: str, seed: str) -> str:
    """Return the JSON text of arguments that fit the tool's schema.

    Args:
        tool: What is called.
        said: What the model answered; texts are filled with it.
        seed: Makes the other values; the same seed gives the same arguments.
    """
    return json.dumps(_Filling(said, seed).value({"type": "object", **tool.schema}, "", 0), ensure_ascii=False)


def _declared(tools: object) -> list[Tool]:
    if tools is None:
        return []
    if not isinstance(tools, list):
        raise RefusedRequest("tools must be a list", param="tools")
    return [_tool(item, f"tools[{i}]") for i, item in enumerate(tools)]


def _tool(item: object, where: str) -> Tool:
    function = item.get("function") if isinstance(item, dict) and item.get("type") == "function" else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str) or not function["name"]:
        raise RefusedRequest(f"{where} must be a function with a name", param=where)
    schema = function.get("parameters") or {}
    if not isinstance(schema, dict):
        raise RefusedRequest(f"{where}.function.parameters must be a JSON schema", param=where)
    return Tool(name=function["name"], schema=schema)


class _Filling:
    """Fills a schema: constants and enums first, then by type; what is not required is left out."""

    def __init__(self, said: str, seed: str) -> None:
        self._said = said
        self._seed = seed

    def value(self, schema: Json, path: str, depth: int) -> Json:
        if not isinstance(schema, dict) or depth > _DEEPEST:
            return None
        if "const" in schema:
            return schema["const"]
        choices = schema.get("enum")
        if isinstance(choices, list) and choices:
            return choices[self._number(path, len(choices))]
        for union in ("anyOf", "oneOf"):
            if isinstance(schema.get(union), list) and schema[union]:
                return self.value(schema[union][0], path, depth + 1)
        return self._of_type(schema, path, depth)

    def _of_type(self, schema: Mapping[str, Json], path: str, depth: int) -> Json:
        kind = schema.get("type")
        kind = kind[0] if isinstance(kind, list) and kind else kind
        if kind == "object" or (kind is None and "properties" in schema):
            return self._object(schema, path, depth)
        if kind == "array":
            n = max(1, _whole(schema.get("minItems"), 1))
            return [self.value(schema.get("items"), f"{path}[{i}]", depth + 1) for i in range(min(n, _SPREAD))]
        if kind in ("integer", "number"):
            return self._amount(schema, path)
        if kind == "boolean":
            return bool(self._number(path, 2))
        return None if kind == "null" else self._text(schema)

    def _object(self, schema: Mapping[str, Json], path: str, depth: int) -> dict[str, Json]:
        properties = schema.get("properties")
        fields = properties if isinstance(properties, dict) else {}
        required = schema.get("required")
        names = [name for name in required if isinstance(name, str)] if isinstance(required, list) else list(fields)
        return {name: self.value(fields.get(name, {}), f"{path}.{name}", depth + 1) for name in names}

    def _amount(self, schema: Mapping[str, Json], path: str) -> int:
        least = _whole(schema.get("minimum"), 0)
        most = max(least, _whole(schema.get("maximum"), least + _SPREAD))
        return least + self._number(path, most - least + 1)

    def _text(self, schema: Mapping[str, Json]) -> str:
        least, most = _whole(schema.get("minLength"), 0), _whole(schema.get("maxLength"), 200)
        return self._said.strip()[:most].ljust(min(least, 1000), ".")

    def _number(self, path: str, below: int) -> int:
        return int.from_bytes(hashlib.sha256(f"{self._seed}{path}".encode()).digest()[:8], "big") % below


def _whole(value: Json, default: int) -> int:
    usable = isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 2**53
    return int(value) if usable else default
