"""The reply of the other side, put into a document word for word."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from blackbox.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from blackbox.core import Comparison

MAX_BYTES = 200_000
"""A reply is read by people; more belongs into a file of its own."""


def reply_entry(file: Path) -> dict[str, Any]:
    """Return the document's `reply`: the text as it is, with the sha256 of the file.

    Raises:
        UsageError: The file can't be read, is empty or too long, or is no UTF-8 text.
    """
    try:
        with file.open("rb") as opened:
            raw = opened.read(MAX_BYTES + 1)
    except OSError as problem:
        raise UsageError(f"can't read the reply {file}: {problem.strerror}") from None
    if len(raw) > MAX_BYTES:
        raise UsageError(f"the reply {file} is longer than {MAX_BYTES // 1000} kB: name the place of the rest in it")
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n").strip("\n")
    except UnicodeDecodeError:
        raise UsageError(f"the reply {file} is no UTF-8 text: save it as plain text") from None
    if not text.strip():
        raise UsageError(f"the reply {file} is empty")
    return {"text": text, "digest": hashlib.sha256(raw).hexdigest()}


def with_reply(found: Comparison, file: Path) -> Comparison:
    """Return a comparison with a reply in it; what is stored stays as it is."""
    if found.document.get("schema") != "blackbox.comparison/1":
        raise UsageError("a reply belongs to a comparison; this is the reading of a history")
    return replace(found, document={**found.document, "reply": reply_entry(file)})
