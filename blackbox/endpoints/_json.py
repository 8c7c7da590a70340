"""Strict JSON from outside: every deviation is an error with a reason, and nothing is guessed."""

from __future__ import annotations

import json
import math
from typing import Any

MAX_DEPTH = 100


class NotJsonError(ValueError):
    """The bytes are not one strict JSON value; `str()` says why, without quoting them."""


def parse(body: bytes) -> Any:  # noqa: ANN401 - any JSON value
    r"""Return the JSON value in `body`. Lone surrogates written as `\ud800` are kept.

    Raises:
        NotJsonError: Not UTF-8, not JSON, NaN or infinity inside, a repeated key, or nested deeper than `MAX_DEPTH`.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise NotJsonError(f"not UTF-8 at byte {problem.start}") from None
    try:
        value = json.loads(text, parse_constant=_no_constant, parse_float=_finite, object_pairs_hook=_unique)
    except RecursionError:
        raise NotJsonError("nested too deeply") from None
    except json.JSONDecodeError as problem:
        raise NotJsonError(_described(text, problem)) from None
    except ValueError as problem:  # ours, or an integer with thousands of digits
        raise problem if isinstance(problem, NotJsonError) else NotJsonError("a number is too long") from None
    _check_depth(value)
    return value


def _described(text: str, problem: json.JSONDecodeError) -> str:
    if not text.strip():
        return "no body"
    if text.lstrip().startswith("<"):
        return "a web page, not JSON"
    if text.startswith(("data:", "event:", ":")):
        return "an event stream, not JSON"
    return f"not JSON at character {problem.pos} of {len(text)}"


def _no_constant(name: str) -> float:
    raise NotJsonError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise NotJsonError("a number is out of range")
    return number


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise NotJsonError("a key is given twice")
    return members


def _check_depth(value: Any) -> None:  # noqa: ANN401 - any JSON value
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [member for container in level for member in _members(container)]
        if not level:
            return
    raise NotJsonError("nested too deeply")


def _members(value: Any) -> list[Any]:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
