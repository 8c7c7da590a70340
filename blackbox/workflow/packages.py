"""Versions of what a run depends on, for its manifest."""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_COLLECTING = ("blackbox-similarity", "openai", "httpx2", "tenacity", "pyarrow")


def versions() -> Mapping[str, str]:
    """Return the version of Python and of every package that collecting and storing depend on."""
    return {
        "python": platform.python_version(),
        **{name: found for name in _COLLECTING if (found := package_version(name))},
    }


def blackbox_version() -> str:
    """Return this package's version; `unknown` where it runs from files that were never installed."""
    return package_version("blackbox-similarity") or "unknown"


@cache
def package_version(name: str) -> str | None:
    """Return the version of an installed package, or None."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None
