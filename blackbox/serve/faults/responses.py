"""Shapes that several faults send."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from blackbox.serve.faults.registry import Sent

if TYPE_CHECKING:
    from collections.abc import Mapping

_JSON = {"content-type": "application/json"}

PAGE = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>"


def page(status: int) -> Sent:
    """Return a web page."""
    return Sent(status=status, headers={"content-type": "text/html; charset=utf-8"}, body=PAGE)


def refusal(status: int, message: str, *, code: str | None = None, headers: Mapping[str, str] | None = None) -> Sent:
    """Return an error object in the protocol's shape."""
    error = {"message": message, "type": code or "server_error", "param": None, "code": code}
    return as_json({"error": error}, status=status, headers=headers)


def as_json(document: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Sent:  # noqa: ANN401 - any JSON
    """Return a JSON body; NaN and infinity are written as Python does."""
    return Sent(status=status, headers={**_JSON, **(headers or {})}, body=json.dumps(document).encode())


def raw(body: bytes, *, headers: Mapping[str, str] | None = None) -> Sent:
    """Return bytes that claim to be JSON, with status 200."""
    return Sent(headers={**_JSON, **(headers or {})}, body=body)
