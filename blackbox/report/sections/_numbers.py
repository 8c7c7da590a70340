"""Numbers as text: p-values without exponents, effects with their interval, a true minus sign, counts with commas."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NOT_AVAILABLE = "not available"
_WRITTEN_OUT = 0.1
_ISO_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_UNITS = {"mmd2": "MMD²", "mixture_equivalent_share": "mixture-equivalent share"}


def pvalue(value: float | None) -> str:
    """Return a p-value with two decimals, below 0.1 with three significant digits, never with an exponent."""
    if value is None:
        return NOT_AVAILABLE
    if value <= 0 or value >= _WRITTEN_OUT:
        return f"{value:.2f}"
    return f"{value:.{2 - _magnitude(value)}f}".rstrip("0")


def decimal(value: float | None, *, digits: int = 3) -> str:
    """Return a number with a fixed number of decimals and a true minus sign."""
    if value is None:
        return NOT_AVAILABLE
    text = f"{value:.{digits}f}"
    return (text.lstrip("-") if float(text) == 0 else text).replace("-", "\u2212")


def count(value: float) -> str:
    """Return a count with thousands separated."""
    return f"{value:,.0f}"


def digits_for(values: Iterable[float | None]) -> int:
    """Return the decimals at which the largest of the values shows about three significant digits."""
    largest = max((abs(v) for v in values if v is not None), default=0.0)
    return 3 if largest <= 0 else min(6, max(1, min(3, 3 - _magnitude(largest)), 2 - _magnitude(largest)))


def _magnitude(value: float) -> int:
    return math.floor(math.log10(value))


def with_interval(effect: Mapping[str, Any]) -> str:
    """Return an effect as `value [low, high] unit`, or that it is not available."""
    value, low, high = (effect.get(name) for name in ("value", "ci_low", "ci_high"))
    if value is None:
        return NOT_AVAILABLE
    digits = digits_for((value, low, high))
    unit = unit_name(effect.get("unit"))
    if low is None or high is None:
        return f"{decimal(value, digits=digits)} {unit} (no interval)"
    interval = f"[{decimal(low, digits=digits)}, {decimal(high, digits=digits)}]"
    return f"{decimal(value, digits=digits)} {interval} {unit}"


def unit_name(unit: object) -> str:
    """Return a unit as it is printed."""
    return _UNITS.get(str(unit), str(unit or ""))


def moment(value: object) -> str:
    """Return an ISO time of the document as `2026-03-01 09:30 UTC`, anything else as it is."""
    text = str(value)
    return f"{text[:10]} {text[11:16]} UTC" if _ISO_UTC.fullmatch(text) else text


def plural(number: int, one: str, many: str | None = None) -> str:
    """Return `1 pair`, `2 pairs`, `1,000 pairs`."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"
