"""Takes keys out of everything a server says, in the forms in which servers echo them."""

from __future__ import annotations

import base64
import html
import json
import math
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable

MARK = "[key removed]"
"""What stands where a key stood."""

_MIN_SECRET_CHARS = 8
"""Shorter values are placeholders such as `none` or `ollama`; removing those would falsify answers."""


class Scrubber:
    """Removes every form of the given secrets from text, bytes and parsed JSON.

    Forms: raw, URL-encoded, JSON-escaped (with slashes escaped or not), HTML-escaped, hexadecimal and base64 at each of
    its three alignments, so that a key inside a longer encoded header is found too.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets if len(secret) >= _MIN_SECRET_CHARS for form in _forms(secret)}
        longest_first = sorted(forms, key=lambda form: (-len(form), form))
        self._pattern = "|".join(re.escape(form) for form in longest_first)
        self._text = re.compile(self._pattern) if forms else None
        self._bytes = re.compile(self._pattern.encode()) if forms else None

    def text(self, value: str) -> str:
        """Return `value` without keys."""
        return self._text.sub(MARK, value) if self._text else value

    def body(self, value: bytes) -> bytes:
        """Return `value` without keys; JSON stays JSON."""
        return self._bytes.sub(MARK.encode(), value) if self._bytes else value

    def document(self, value: Any) -> Any:  # noqa: ANN401 - any JSON value
        """Return a parsed JSON value without keys: finds those that JSON escapes hid from `body`."""
        if self._text is None:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(name): self.document(member) for name, member in value.items()}
        if isinstance(value, list):
            return [self.document(member) for member in value]
        return value


def _forms(secret: str) -> set[str]:
    raw = secret.encode()
    quoted = {quote(secret, safe=""), quote(secret), quote_plus(secret)}
    lower = {re.sub("%[0-9A-F]{2}", lambda match: match[0].lower(), form) for form in quoted}
    in_json = json.dumps(secret)[1:-1]
    escaped = {in_json, in_json.replace("/", "\\/"), html.escape(secret), *_unicode_escapes(secret)}
    return {secret, raw.hex(), raw.hex().upper()} | escaped | quoted | lower | _base64_forms(raw)


def _unicode_escapes(secret: str) -> set[str]:
    r"""Return what stands in JSON inside a JSON string: `\uXXXX` for all characters, or those some writers avoid."""
    found = set()
    for avoided in (secret, "<>&", "<>&'\"+`"):  # all; Go; .NET
        for code in ("04x", "04X"):
            found.add("".join(f"\\u{ord(c):{code}}" if c in avoided else json.dumps(c)[1:-1] for c in secret))
    return found


def _base64_forms(raw: bytes) -> set[str]:
    """Return the base64 characters that depend on `raw` alone, whatever bytes stand around it."""
    forms = set()
    for offset in range(3):
        encoded = base64.b64encode(bytes(offset) + raw).decode()
        core = encoded[math.ceil(offset * 8 / 6) : (offset + len(raw)) * 8 // 6]
        forms |= {core, core.replace("+", "-").replace("/", "_")}
    return forms
