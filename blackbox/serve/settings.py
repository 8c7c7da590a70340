"""Values of quirks and faults, written as one text: read here, or refused in one line."""

from __future__ import annotations

import math
import re

from blackbox.errors import UsageError


def share(text: str) -> float:
    """Return a share from 0 to 1."""
    value = amount(text)
    if value > 1:
        raise UsageError(f"{text!r} is not a share from 0 to 1, e.g. 0.2")
    return value


def amount(text: str) -> float:
    """Return a number from 0 up."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not math.isfinite(value) or value < 0:
        raise UsageError(f"{text!r} is not a number from 0 up, e.g. 1.5")
    return value


def count(text: str, *, most: int) -> int:
    """Return a whole number from 1 to `most`."""
    if not re.fullmatch("[0-9]{1,12}", text) or not 1 <= int(text) <= most:
        raise UsageError(f"{text!r} is not a whole number from 1 to {most}")
    return int(text)


def status(text: str) -> int:
    """Return an HTTP status that is an error."""
    if not re.fullmatch("[45][0-9][0-9]", text):
        raise UsageError(f"{text!r} is not an HTTP error status from 400 to 599")
    return int(text)
