"""Renews the digest line of a suite text, leaving every other character as it was."""

from __future__ import annotations

from blackbox.suites.schema import build
from blackbox.suites.source import Source, read


def locked(text: str, *, source: str = "suite") -> str:
    """Return `text` with the digest of its content written into it; the same text if it was right.

    Args:
        text: A suite in YAML or JSON, complete but for its digest.
        source: What to call it in messages.

    Raises:
        SuiteError: Anything else is wrong with the suite.
    """
    parsed = read(text, source)
    suite = build(parsed.document, parsed.place, origin="file", check_digest=False)
    if parsed.document.get("digest") == suite.digest:
        return text
    renewed = _with_digest(parsed, suite.digest)
    again = read(renewed, source)
    build(again.document, again.place, origin="file")
    return renewed


def _with_digest(parsed: Source, digest: str) -> str:
    text = parsed.text
    if span := parsed.spans.get(("digest",)):
        before = text[: span.start]
        gap = " " if before.endswith(":") else ""
        return f'{before}{gap}"{digest}"{text[span.end :]}'
    start = parsed.spans["version",].key_start
    return text[:start] + _new_field(parsed, digest) + text[start:]


def _new_field(parsed: Source, digest: str) -> str:
    if parsed.is_json:
        return f'"digest": "{digest}", '
    return f'digest: "{digest}"' + ("\r\n" if "\r\n" in parsed.text else "\n")
