"""A suite document as text: YAML where it reads back as what it was, JSON else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import yaml

from blackbox.errors import SuiteError
from blackbox.suites.schema import content_digest
from blackbox.suites.source import read

if TYPE_CHECKING:
    from collections.abc import Mapping

_WIDTH = 116


def suite_text(document: Mapping[str, Any], *, comment: str = "") -> str:
    """Return the locked text of a suite document; reading it gives exactly this document.

    Args:
        document: Plain JSON types, with or without its digest.
        comment: Lines to begin with, without their hash marks.
    """
    named = {name: document[name] for name in ("schema", "name", "version") if name in document}
    digest = {"digest": content_digest(document)}
    whole = {**named, **digest, **{name: value for name, value in document.items() if name not in {*named, "digest"}}}
    text = _comment(comment) + yaml.safe_dump(whole, sort_keys=False, allow_unicode=True, width=_WIDTH)
    try:
        if read(text, "suite").document == whole:
            return text
    except SuiteError:
        pass
    return json.dumps(whole, ensure_ascii=True, indent=1) + "\n"


def _comment(text: str) -> str:
    return "".join(f"# {line}\n" for line in text.splitlines())
