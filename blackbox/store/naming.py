"""Run and comparison ids: made of safe characters here, whatever the names they stand for."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime

from blackbox.core import digest

_LONGEST_SLUG = 40


def slug(name: str) -> str:
    """Return `name` as 1 to 40 characters of `[a-z0-9._-]` that begin and end with a letter or digit.

    A name with nothing to keep (other scripts, punctuation alone) becomes `x-` and 8 hex of its digest. Two names
    can share a slug: it is for the eye, the hex at the end of an id tells runs apart.
    """
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii").lower()
    safe = re.sub(r"[^a-z0-9._]+", "-", ascii_only)
    safe = re.sub(r"[._-]{2,}", lambda run: "-" if "-" in run.group() else run.group()[0], safe)
    return safe[:_LONGEST_SLUG].strip("._-") or f"x-{digest(name)[:8]}"


def new_run_id(at: datetime, endpoint: str, suite: str, run_key: str) -> str:
    """Return `<UTC time>-<endpoint>-<suite>-<8 hex>` for a run begun `at`; the same arguments, the same id."""
    return f"{_stamp(at)}-{slug(endpoint)}-{slug(suite)}-{digest([at, endpoint, suite, run_key])[:8]}"


def new_comparison_id(at: datetime, document_digest: str) -> str:
    """Return `<UTC time>-compare-<8 hex>` for a comparison made `at`."""
    return f"{_stamp(at)}-compare-{digest([at, document_digest])[:8]}"


def new_examination_id(at: datetime, endpoint: str, document_digest: str) -> str:
    """Return `<UTC time>-<endpoint>-<8 hex>` for an examination of an endpoint made `at`."""
    return f"{_stamp(at)}-{slug(endpoint)}-{digest([at, document_digest])[:8]}"


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dt%H%M%Sz")
