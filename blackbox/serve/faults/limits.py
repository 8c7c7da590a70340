"""Rate limits: 429 with the time to wait in every form that servers use."""

from __future__ import annotations

import math
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

from blackbox.errors import UsageError
from blackbox.serve import settings
from blackbox.serve.faults.registry import Struck, fault, valued_fault
from blackbox.serve.faults.responses import refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blackbox.serve.faults.registry import Sent

_TOO_MANY = 429
_MINUTE_S = 60.0


def _limited(headers: Mapping[str, str]) -> Sent:
    return refusal(_TOO_MANY, "Rate limit reached", code="rate_limit_exceeded", headers=headers)


@valued_fault("rate-limit-seconds", "429 with Retry-After in whole seconds", "error", value="seconds", default="1",
              read=settings.amount)  # fmt: skip
def _seconds(_: Struck, seconds: float) -> Sent:
    return _limited({"retry-after": str(math.ceil(seconds))})


@valued_fault("rate-limit-float", "429 with Retry-After as a decimal number", "error", value="seconds", default="0.5",
              read=settings.amount)  # fmt: skip
def _float(_: Struck, seconds: float) -> Sent:
    return _limited({"retry-after": f"{seconds:.3f}"})


@valued_fault("rate-limit-date", "429 with Retry-After as an HTTP date", "error", value="seconds from now",
              default="1", read=settings.amount)  # fmt: skip
def _date(_: Struck, seconds: float) -> Sent:
    then = datetime.now(UTC) + timedelta(seconds=math.ceil(min(seconds, 1e9)))
    return _limited({"retry-after": format_datetime(then, usegmt=True)})


@valued_fault("rate-limit-ms", "429 with retry-after-ms in milliseconds", "error", value="milliseconds",
              default="250", read=settings.amount)  # fmt: skip
def _ms(_: Struck, milliseconds: float) -> Sent:
    return _limited({"retry-after-ms": f"{milliseconds:g}"})


@valued_fault("rate-limit-reset", "429 with x-ratelimit-reset-requests, a duration such as 6m0s", "error",
              value="duration", default="1s")  # fmt: skip
def _reset(_: Struck, duration: str) -> Sent:
    return _limited({"x-ratelimit-reset-requests": _header(duration)})


@valued_fault("rate-limit-absurd", "429 with a Retry-After of years", "stopped", value="seconds", default="999999999",
              read=settings.amount)  # fmt: skip
def _absurd(_: Struck, seconds: float) -> Sent:
    return _limited({"retry-after": f"{seconds:.0f}"})


@valued_fault("rate-limit-garbled", "429 with a Retry-After that is no time", "error", value="text", default="soon")
def _garbled(_: Struck, text: str) -> Sent:
    return _limited({"retry-after": _header(text)})


@fault("rate-limit-bare", "429 without a time to wait", "error")
def _bare(*_: object) -> Sent:
    return _limited({})


class Bucket:
    """Lets so many requests through a minute, none of them saved up, and says how long until the next.

    Args:
        a_minute: Requests a minute.
    """

    def __init__(self, a_minute: float) -> None:
        if a_minute <= 0:
            raise UsageError("no request would ever pass")
        self._spacing_s = _MINUTE_S / a_minute
        self._next_s = 0.0
        self._lock = threading.Lock()

    def wait_s(self, now_s: float) -> float:
        """Return 0 and count a request that passes, or the seconds until one would."""
        with self._lock:
            if now_s < self._next_s:
                return self._next_s - now_s
            self._next_s = now_s + self._spacing_s
            return 0.0


@valued_fault("limit-rate", "429 with retry-after-ms to what comes faster than so many a minute; the rest passes",
              "ok", value="requests a minute", default="60",
              read=lambda text: Bucket(settings.amount(text)))  # fmt: skip
def _rate(struck: Struck, bucket: Bucket) -> Sent | None:
    wait_s = bucket.wait_s(struck.exchange.elapsed_s)
    return None if wait_s == 0 else _limited({"retry-after-ms": f"{wait_s * 1000:.0f}"})


def _header(text: str) -> str:
    """Return text that can stand in a header."""
    return "".join(char for char in text if char.isascii() and char.isprintable())
