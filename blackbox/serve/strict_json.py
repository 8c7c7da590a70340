"""Reads the body of a request: strict JSON that can be answered and logged as JSON again."""

from __future__ import annotations

import json
import math
from typing import Any

from blackbox.serve.fields import RefusedRequest

_DEEPEST = 200


def read_body(raw: bytes) -> dict[str, Any]:
    """Return the object in `raw`.

    Raises:
        RefusedRequest: Not JSON, no object, numbers that are none, nested too deeply, or text that is no Unicode.
    """
    try:
        body = json.loads(raw, parse_constant=_no_constant, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise RefusedRequest("the body is not valid JSON") from error
    if not isinstance(body, dict):
        raise RefusedRequest("the body must be a JSON object")
    if _is_deep(body):
        raise RefusedRequest(f"the body is nested deeper than {_DEEPEST} levels")
    try:
        json.dumps(body, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise RefusedRequest("the body holds half of a UTF-16 pair") from None
    return body


def _no_constant(name: str) -> float:
    raise ValueError(name)


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(digits)
    return value


def _is_deep(body: Any) -> bool:  # noqa: ANN401 - any JSON value
    level = [body]
    for _ in range(_DEEPEST):
        level = [
            member
            for container in level
            if isinstance(container, (dict, list))
            for member in (container.values() if isinstance(container, dict) else container)
        ]
        if not level:
            return False
    return True
