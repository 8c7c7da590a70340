"""Reads how long a server asks to wait, in every form vendors use."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_UNIT_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|[smhd]))+")
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhd])")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_OLDEST_EPOCH_S = 1_000_000_000
"""A bare number this large is a point in time, not a wait: 30 years would be asked for otherwise."""


def retry_after_s(headers: Mapping[str, str], *, now: Callable[[], datetime]) -> float | None:
    """Return the seconds to wait before another attempt, or None where the headers don't say.

    `Retry-After` (seconds or an HTTP date) and `retry-after-ms` win; the rate-limit resets, which say when the whole
    window is free again, are only used without them, and of several the latest.

    Args:
        headers: Response headers, lower-case names.
        now: Wall time in UTC, used where the reply states no date of its own.
    """
    milliseconds = headers.get("retry-after-ms", "").strip()
    if _NUMBER.fullmatch(milliseconds):
        return _finite(float(milliseconds) / 1000)
    asked = headers.get("retry-after", "").strip()
    if _NUMBER.fullmatch(asked):
        return _finite(float(asked))
    moment = _http_date(asked)
    if moment is not None:
        return max(0.0, (moment - (_http_date(headers.get("date", "")) or now())).total_seconds())
    return _latest_reset(headers, now)


def _latest_reset(headers: Mapping[str, str], now: Callable[[], datetime]) -> float | None:
    names = ("x-ratelimit-reset-after", "x-ratelimit-reset-requests", "x-ratelimit-reset-tokens", "x-ratelimit-reset")
    waits = [_reset(headers[name].strip(), now) for name in names if name in headers]
    return max((wait for wait in waits if wait is not None), default=None)


def _reset(value: str, now: Callable[[], datetime]) -> float | None:
    """Read `6m0s`, `20ms`, `1.5` (seconds from now) or an epoch in seconds or milliseconds."""
    if _DURATION.fullmatch(value):
        return _finite(sum(float(number) * _UNIT_S[unit] for number, unit in _PART.findall(value)))
    if not _NUMBER.fullmatch(value):
        return None
    number = float(value)
    if number < _OLDEST_EPOCH_S:
        return number
    epoch_s = number / 1000 if number >= _OLDEST_EPOCH_S * 1000 else number
    return _finite(max(0.0, epoch_s - now().timestamp()))


def _http_date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _finite(seconds: float) -> float | None:
    return seconds if math.isfinite(seconds) else None
