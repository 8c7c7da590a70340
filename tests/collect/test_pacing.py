"""Rates are kept in every window, pauses hold everybody, and a storm of refusals costs no answer."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.lanes import MemorySink, ScriptedEndpoint, always, answer, collected, lane, most_in_a_window
from support.virtual_time import run_virtually, virtual_clock

from blackbox.collect import retry
from blackbox.collect.pacing import Pacer, Window
from blackbox.errors import TransientError

if TYPE_CHECKING:
    from blackbox.core import Completion


async def moments(pacer: Pacer, n: int, tokens: float = 0.0) -> list[float]:
    """Return when each of `n` waiting workers is admitted."""
    clock = virtual_clock()

    async def one() -> float:
        await pacer.admit(tokens)
        return clock.monotonic()

    return sorted(await asyncio.gather(*(one() for _ in range(n))))


@given(rpm=st.integers(1, 600), n=st.integers(1, 80))
@settings(max_examples=50)
def test_no_minute_has_more_requests_than_allowed_and_none_is_wasted(rpm: int, n: int) -> None:
    """Requests are evenly spaced: as many as the limit and no fewer."""

    async def run() -> list[float]:
        return await moments(Pacer(rpm=rpm, tpm=None, clock=virtual_clock()), n)

    times = run_virtually(run())
    assert most_in_a_window(times, 59.999) <= rpm
    assert times[-1] == pytest.approx((n - 1) * 60 / rpm, abs=1e-6)


def test_tokens_are_paced_too_and_unused_ones_given_back() -> None:
    """600 tokens a minute are one call of 100 every 10 s, or every 5 s when half comes back."""

    async def run() -> tuple[list[float], list[float]]:
        clock = virtual_clock()
        strict = await moments(Pacer(rpm=None, tpm=600, clock=clock), 3, 100)
        began, pacer, halves = clock.monotonic(), Pacer(rpm=None, tpm=600, clock=clock), []
        for _ in range(3):
            await pacer.admit(100)
            halves.append(clock.monotonic() - began)
            pacer.refund(50)
        return strict, halves

    strict, halves = run_virtually(run())
    assert strict == pytest.approx([0, 10, 20])
    assert halves == pytest.approx([0, 5, 10])


def test_a_pause_holds_everybody_and_moments_handed_out_before_are_void() -> None:
    """After 30 s of pause the waiting workers are spaced anew, not let go at once."""

    async def run() -> list[float]:
        pacer = Pacer(rpm=60, tpm=None, clock=virtual_clock())
        waiting = asyncio.create_task(moments(pacer, 5))
        await asyncio.sleep(1.5)
        pacer.pause(30)
        return await waiting

    assert run_virtually(run()) == pytest.approx([0, 1, 31.5, 32.5, 33.5])


def test_a_second_pause_never_shortens_the_first() -> None:
    """The later end counts."""

    async def run() -> list[float]:
        pacer = Pacer(rpm=None, tpm=None, clock=virtual_clock())
        pacer.pause(10)
        pacer.pause(1)
        return await moments(pacer, 2)

    assert [10.0, 10.0] == run_virtually(run())


def test_the_window_halves_once_a_burst_and_widens_answer_by_answer() -> None:
    """Requests sent before the last halving don't halve again; four windowfuls of answers add a place."""

    async def run() -> list[int]:
        clock = virtual_clock()
        window = Window(8, monotonic=clock.monotonic)
        limits = [window.limit]
        await asyncio.sleep(1)
        for _ in range(5):
            window.narrow(sent_at=0.5)
        limits.append(window.limit)
        await asyncio.sleep(1)
        for sent_at in (2.0, 1.0, 2.0, 2.0):
            window.narrow(sent_at=sent_at)
            await asyncio.sleep(0.1)
        limits.append(window.limit)
        for _ in range(26):  # each adds 0.25/limit, so 4·(4² − 2²)/2 = 24 and rounding
            window.widen()
        return [*limits, window.limit]

    assert [8, 4, 2, 4] == run_virtually(run())


def test_places_go_to_the_oldest_and_none_is_lost_to_those_who_leave_the_queue() -> None:
    """Cancelled waiters are passed over, also when their place was just given."""

    async def run() -> list[int]:
        window, order = Window(1, monotonic=virtual_clock().monotonic), list[int]()

        async def visit(age: int) -> None:
            await window.enter(age)
            order.append(age)
            await asyncio.sleep(1)
            window.leave()

        tasks = {age: asyncio.create_task(visit(age)) for age in (9, 3, 1, 2)}
        await asyncio.sleep(0.5)
        tasks[1].cancel()
        await asyncio.sleep(0.5)
        tasks[2].cancel()  # 9 has just left, so its place was given in this same instant
        await asyncio.wait(tasks.values())
        return order

    assert [9, 3] == run_virtually(run())


class RateLimitedServer:
    """Allows `rate` requests in each whole second, and answers 429 to the rest."""

    def __init__(self, rate: int, *, says_when: bool) -> None:
        self.rate = rate
        self.says_when = says_when
        self.second = -1
        self.used = 0
        self.refused: list[int] = []

    async def __call__(self, key: str, _: int) -> Completion:
        """Answer, or refuse."""
        now = asyncio.get_running_loop().time()
        if int(now) != self.second:
            self.second, self.used = int(now), 0
        self.used += 1
        if self.used > self.rate:
            self.refused.append(self.second)
            wait = 1.0 if self.says_when else None
            raise TransientError("429", kind="rate_limited", status=429, retry_after_s=wait)
        await asyncio.sleep(0.05)
        return answer(key)


@pytest.mark.parametrize("says_when", [True, False])
@pytest.mark.parametrize(("rate", "concurrency"), [(1, 4), (2, 32), (5, 64)])
def test_a_storm_of_refusals_loses_no_answer(rate: int, concurrency: int, *, says_when: bool) -> None:
    """Every call is answered in the end, and no second sees more refusals than one burst of the first window."""
    server, sink = RateLimitedServer(rate, says_when=says_when), MemorySink()

    async def run() -> str:
        work = lane(ScriptedEndpoint(server), sink, n=120, concurrency=concurrency)
        return (await collected(work))[0].status

    assert "finished" == run_virtually(run())
    assert {"ok"} == {body["outcome"] for body in sink.bodies("observation")}
    worst = sorted(server.refused.count(second) for second in set(server.refused))
    assert worst[-1] <= concurrency
    assert all(n <= concurrency // 2 for n in worst[:-1])
    assert len(server.refused) <= 2 * (120 + concurrency)


@given(attempt=st.integers(1, 20), asked=st.none() | st.floats(0, 500), seed=st.integers(0, 999))
def test_no_attempt_comes_earlier_than_the_server_asks(attempt: int, asked: float | None, seed: int) -> None:
    """With a time from the server jitter only lengthens; without one waits grow up to a bound."""
    error = TransientError("x", kind="http_503", status=503, retry_after_s=asked)
    wait = retry.wait_s(error, attempt=attempt, rng=random.Random(seed))  # noqa: S311
    if asked is not None:
        assert asked <= wait <= asked * 1.25
    else:
        middle = min(60.0, 2.0 ** (attempt - 1))
        assert middle * 0.75 <= wait <= middle * 1.25


def test_five_attempts_under_a_rate_limit_span_a_minute() -> None:
    """A limit that is counted by the minute must not eat all attempts of a call."""
    error = TransientError("x", kind="rate_limited", status=429)
    waits = [retry.wait_s(error, attempt=n, rng=random.Random(n)) for n in range(1, 5)]  # noqa: S311
    assert sum(waits) >= 45


def test_rates_hold_over_a_whole_collection() -> None:
    """Workers, retries and all: no minute sees more requests than the endpoint's limit."""
    endpoint = ScriptedEndpoint(always(delay_s=7.0))

    async def run() -> None:
        await collected(lane(endpoint, MemorySink(), n=100, rpm=30, concurrency=16))

    run_virtually(run())
    times = [time for time, _ in endpoint.sent]
    assert most_in_a_window(times, 59.999) <= 30
    assert times[-1] == pytest.approx(99 * 2.0)
