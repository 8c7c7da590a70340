"""Writes the tables of `docs/serving.md` from the registries; `--check` only says whether they are up to date."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path

from generated_page import kept

TARGET = Path(__file__).resolve().parent.parent / "docs" / "serving.md"
_WORDS = {
    "error": "`error`, after its attempts",
    "stopped": "none: the endpoint is stopped, with a line that says what to do",
}


def tables() -> dict[str, str]:
    """Return the Markdown table of each kind by the name of its marker."""
    from blackbox.serve import FAULTS, QUIRKS

    quirks = [
        f"| `{kind.name}` | {kind.does} | {_value(kind.value, kind.default)} | {inspect.getdoc(kind.make)} |"
        for kind in sorted(QUIRKS.values(), key=lambda kind: kind.name != "clean")
    ]
    faults = [
        f"| `{kind.name}` | {kind.does} | {_value(kind.value, kind.default)} | {_becomes(kind.becomes)} |"
        for kind in FAULTS.values()
    ]
    return {
        "quirks": "\n".join(
            ["| quirk | what it does | value [default] | why it is here |", "|---|---|---|---|", *quirks]
        ),
        "faults": "\n".join(
            ["| fault | what is sent | value [default] | the call becomes |", "|---|---|---|---|", *faults]
        ),
    }


def document(text: str) -> str:
    """Return the page with its tables as they have to be."""
    for name, table in tables().items():
        begin, end = f"<!-- {name} -->\n", "<!-- end -->"
        before, _, rest = text.partition(begin)
        text = f"{before}{begin}{table}\n{end}{rest.partition(end)[2]}"
    return text


def main() -> int:
    """Write the tables, or check them; returns 1 when a check finds them out of date."""
    return kept(TARGET, document(TARGET.read_text(encoding="utf-8")), script="make_serving_docs.py", about=__doc__)


def _value(value: str | None, default: str | None) -> str:
    if value is None:
        return ""
    return f"{value} [`{default}`]" if default else value


def _becomes(word: str) -> str:
    return _WORDS.get(word, f"`{word}`")


if __name__ == "__main__":
    sys.exit(main())
