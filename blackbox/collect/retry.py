"""Which failures are tried again, when, and how often: tenacity runs the loop, the decisions are here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type

from blackbox.errors import TransientError

if TYPE_CHECKING:
    import random
    from collections.abc import Awaitable, Callable

    from blackbox.core import Clock

_T = TypeVar("_T")

_BASE_S = 1.0
_RATE_LIMITED_BASE_S = 4.0
"""Without a time from the server: five attempts then span a minute, the usual window of a rate limit."""
_LONGEST_BACKOFF_S = 60.0
MAX_REFUSALS = 20
"""Attempts a call gets under a rate limit once the endpoint has answered: being asked to wait is no failure."""
LONGEST_WAIT_S = 600.0
"""A server that asks for a longer wait ends the lane; it is resumed another time."""
_JITTER = 0.25


def is_rate_limit(error: TransientError) -> bool:
    """Return whether the server says that it is asked too much, so that the whole lane has to wait."""
    return error.kind == "rate_limited" or (error.status in (503, 529) and error.retry_after_s is not None)


def wait_s(error: TransientError, *, attempt: int, rng: random.Random) -> float:
    """Return the seconds until the next attempt: what the server asks for, else exponential, with jitter on top.

    Args:
        error: Why the attempt failed.
        attempt: Its number among those that failed alike, from 1.
        rng: Spreads workers that failed together; jitter only ever lengthens a wait the server asked for.
    """
    if error.retry_after_s is not None:
        return error.retry_after_s * (1 + _JITTER * rng.random())
    base = _RATE_LIMITED_BASE_S if is_rate_limit(error) else _BASE_S
    backoff: float = min(_LONGEST_BACKOFF_S, base * 2 ** (attempt - 1))
    return backoff * (1 - _JITTER + 2 * _JITTER * rng.random())


async def with_retries(
    attempt: Callable[[], Awaitable[_T]], *, wait: Callable[[], float], give_up: Callable[[], bool], clock: Clock
) -> _T:
    """Return what `attempt` returns, trying again after transport errors only.

    Args:
        attempt: One attempt.
        wait: Seconds until the next one, asked after each failure.
        give_up: Whether the failure was the last one, asked after each.
        clock: Time, injected.

    Raises:
        TransientError: The last attempt's.
        EndpointError: Any other, at once.
    """

    def stop(_: RetryCallState) -> bool:
        return give_up()

    def upcoming(_: RetryCallState) -> float:
        return wait()

    retrying = AsyncRetrying(
        sleep=clock.sleep,
        stop=stop,
        wait=upcoming,
        retry=retry_if_exception_type(TransientError),
        reraise=True,
    )
    result: Any = await retrying(attempt)
    return result  # type: ignore[no-any-return]
