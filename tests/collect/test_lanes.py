"""What becomes of calls and lanes: retries, journal order, failures, budgets, interruption and resumption."""

from __future__ import annotations

import asyncio
import gc
import random
import tracemalloc
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.lanes import (
    PRICES,
    MemorySink,
    ScriptedEndpoint,
    always,
    answer,
    calls,
    collected,
    failing,
    lane,
    unreachable,
)
from support.virtual_time import START, run_virtually

from blackbox.collect import LaneResult, Limits
from blackbox.core import Completion, Decoding, Observation, Outcome, Progress, plain
from blackbox.errors import AuthenticationFailed, RequestRejected, TransientError, UsageError

YUAN = replace(PRICES, currency="CNY")


def rejected() -> RequestRejected:
    """Return a refused request."""
    return RequestRejected("no such parameter", kind="http_400", status=400)


def unauthorized() -> AuthenticationFailed:
    """Return a refused key."""
    return AuthenticationFailed("check the environment variable A", kind="http_401", status=401)


def test_every_call_ends_in_one_observation_with_its_circumstances() -> None:
    """Keys are the plan's, in flight never more than allowed, and the record is complete."""
    endpoint, sink = ScriptedEndpoint(always(answer("Blue"))), MemorySink()
    (result,) = run_virtually(collected(lane(endpoint, sink, n=10, concurrency=3)))
    assert LaneResult(name="shop", status="finished", reason=None, counts={"ok": 10}, n_attempts=10) == result
    assert (sorted(call.key for call in calls(10)), 3) == (sorted(sink.keys), endpoint.most_under_way)
    first = Observation(
        key="p0#0", probe_id="p0", repeat=0, block_id=0, outcome=Outcome.OK, text="Blue", requested_at=START,
        usage=answer().usage, sent_decoding=Decoding(max_output_tokens=16),
    )  # fmt: skip
    assert plain(first) == sink.bodies("observation")[0]


def test_lanes_interleave_in_time() -> None:
    """Endpoints are asked side by side, not one after the other."""
    first, second = ScriptedEndpoint(always()), ScriptedEndpoint(always())
    lanes = [lane(first, MemorySink(), name="a", concurrency=1), lane(second, MemorySink(), name="b", concurrency=1)]
    run_virtually(collected(*lanes))
    assert [time for time, _ in first.sent] == [time for time, _ in second.sent]


def test_attempts_are_journalled_before_the_observation_they_led_to() -> None:
    """Each failed attempt has its line; the observation counts all."""
    sink = MemorySink()
    script = failing(lambda: TransientError("busy", kind="http_503", status=503, retry_after_s=3.0), first=2)
    (result,) = run_virtually(collected(lane(ScriptedEndpoint(script), sink, n=1)))
    assert ["attempt", "attempt", "observation"] == [kind for kind, _ in sink.entries]
    attempt = sink.entries[0][1]
    assert {
        "key": "p0#0", "attempt": 1, "at": "2026-11-23T12:00:00.000000Z", "kind": "http_503", "status": 503,
        "retry_after_s": 3.0, "latency_s": 1.0,
    } == attempt  # fmt: skip
    assert (3, 3) == (sink.entries[2][1]["attempts"], result.n_attempts)


@pytest.mark.parametrize("max_attempts", [1, 3, 5])
def test_when_attempts_run_out_the_observation_is_an_error(max_attempts: int) -> None:
    """Missing is recorded as missing, with the reason, once another call shows that the endpoint lives."""

    async def script(key: str, _: int) -> Completion:
        await asyncio.sleep(1)
        if key == "p0#0":
            raise unreachable()
        return answer(key)

    sink = MemorySink()
    limits = Limits(max_attempts=max_attempts)
    (result,) = run_virtually(collected(lane(ScriptedEndpoint(script), sink, n=3), limits=limits))
    observed = next(body for body in sink.bodies("observation") if body["key"] == "p0#0")
    assert ("error", None, max_attempts, {"kind": "timeout", "message": "no reply", "status": None}) == (
        observed["outcome"], observed["text"], observed["attempts"], observed["error"],
    )  # fmt: skip
    assert ({"ok": 2, "error": 1}, max_attempts + 2, max_attempts) == (
        result.counts, result.n_attempts, len(sink.bodies("attempt")),
    )  # fmt: skip


def test_a_refused_request_is_not_tried_again() -> None:
    """It is an error at once, and the lane goes on."""

    async def script(key: str, _: int) -> Completion:
        if key == "p3#0":
            raise rejected()
        return answer(key)

    sink = MemorySink()
    (result,) = run_virtually(collected(lane(ScriptedEndpoint(script), sink)))
    assert ("finished", 10, {"ok": 9, "error": 1}) == (result.status, result.n_attempts, result.counts)


def test_a_refused_key_stops_its_lane_at_once_and_no_other() -> None:
    """What is under way is finished and stored; nothing more is sent; the reason says what to do."""

    async def script(key: str, _: int) -> Completion:
        await asyncio.sleep(1 if key == "p4#0" else 2)
        if key == "p4#0":
            raise unauthorized()
        return answer(key)

    bad, good = ScriptedEndpoint(script), ScriptedEndpoint(always())
    sink, other = MemorySink(), MemorySink()
    stopped, finished = run_virtually(collected(lane(bad, sink, name="bad"), lane(good, other, name="good")))
    assert ("failed", "check the environment variable A", {"ok": 7}) == (stopped.status, stopped.reason, stopped.counts)
    assert ("finished", {"ok": 10}) == (finished.status, finished.counts)
    assert ["p0#0", "p1#0", "p2#0", "p3#0", "p5#0", "p6#0", "p7#0"] == sorted(sink.keys)
    assert 8 == len(bad.sent)


def test_workers_that_wait_do_not_delay_a_stop() -> None:
    """A worker in a long pause is let go."""

    async def script(key: str, _: int) -> Completion:
        if key == "p0#0":
            raise TransientError("busy", kind="http_500", status=500, retry_after_s=500.0)
        await asyncio.sleep(1)
        raise unauthorized()

    async def run() -> float:
        await collected(lane(ScriptedEndpoint(script), MemorySink()))
        return asyncio.get_running_loop().time()

    assert 1.0 == run_virtually(run())


@pytest.mark.parametrize("error", [rejected, unreachable])
@pytest.mark.parametrize("n", [1, 4, 5, 40])
def test_an_endpoint_whose_first_calls_all_fail_is_stopped(error: Any, n: int) -> None:
    """After five; their calls stay open, so that a resumed run asks them again."""
    sink = MemorySink()
    (result,) = run_virtually(collected(lane(ScriptedEndpoint(failing(error)), sink, n=n, concurrency=2)))
    assert ("failed", [], {}) == (result.status, sink.keys, result.counts)
    said = f"all of the first {min(n, 5)} calls failed, the last one" if n > 1 else "its first call failed"
    assert f"{said}: {error()}" == result.reason
    assert sink.bodies("attempt")


def test_malformed_replies_count_as_failures_at_the_start() -> None:
    """A sign-in page in place of an API is found after five calls."""
    page = Completion(outcome=Outcome.MALFORMED, error=plain_error())
    (result,) = run_virtually(collected(lane(ScriptedEndpoint(always(page)), MemorySink(), concurrency=1)))
    assert ("failed", 5) == (result.status, result.n_attempts)


def plain_error() -> Any:
    """Return why a reply could not be read."""
    from blackbox.core import CallError

    return CallError(kind="not_json", message="unreadable reply: a web page")


def test_first_failures_are_stored_as_soon_as_the_endpoint_answers() -> None:
    """Four failures and an answer: all five calls are observed, the failures first."""

    async def script(key: str, _: int) -> Completion:
        if key in {"p0#0", "p1#0", "p2#0", "p3#0"}:
            raise rejected()
        return answer(key)

    sink = MemorySink()
    (result,) = run_virtually(collected(lane(ScriptedEndpoint(script), sink, n=6, concurrency=1)))
    assert ("finished", [f"p{i}#0" for i in range(6)]) == (result.status, sink.keys)


def test_an_endpoint_that_goes_away_is_stopped_and_its_calls_stay_open() -> None:
    """An outage in mid-run makes no answers missing: five calls in a row and the lane ends."""

    async def script(key: str, _: int) -> Completion:
        if int(key[1:-2]) >= 10:
            raise unreachable()
        return answer(key)

    sink = MemorySink()
    (result,) = run_virtually(collected(lane(ScriptedEndpoint(script), sink, n=100)))
    assert ("failed", {"ok": 10}) == (result.status, result.counts)
    assert "5 calls in a row failed, the last one: no reply" == result.reason


def test_refused_requests_in_mid_run_do_not_stop_a_lane() -> None:
    """An endpoint that refuses is there: a filter may refuse whole families of probes."""

    async def script(key: str, _: int) -> Completion:
        if 10 <= int(key[1:-2]) < 50:
            raise rejected()
        return answer(key)

    (result,) = run_virtually(collected(lane(ScriptedEndpoint(script), MemorySink(), n=60)))
    assert ("finished", {"ok": 20, "error": 40}) == (result.status, result.counts)


def test_a_resumed_run_may_end_on_failures() -> None:
    """The last calls of a run that has answers are stored as they are, so that it can finish."""
    sink = MemorySink()
    (result,) = run_virtually(collected(lane(ScriptedEndpoint(failing(rejected)), sink, n=10, done=8)))
    assert ("finished", ["p8#0", "p9#0"]) == (result.status, sink.keys)


def test_a_wait_of_hours_ends_the_lane_instead() -> None:
    """The reason says how long the server wants to be left alone."""
    script = failing(lambda: TransientError("busy", kind="rate_limited", status=429, retry_after_s=7200.0))
    (result,) = run_virtually(collected(lane(ScriptedEndpoint(script), MemorySink())))
    assert ("stopped", "the server asks to wait 120 minutes; run again after that") == (result.status, result.reason)


@given(limit=st.integers(0, 25), concurrency=st.integers(1, 6), n_fail=st.integers(0, 2))
@settings(max_examples=40)
def test_the_limit_of_requests_counts_attempts_and_is_never_exceeded(limit: int, concurrency: int, n_fail: int) -> None:
    """Over all lanes together, retries included, and reached whenever there is enough to do."""
    endpoints = [ScriptedEndpoint(failing(unreachable, first=n_fail)) for _ in range(2)]
    sinks = [MemorySink(), MemorySink()]
    lanes = [
        lane(endpoint, sink, name=name, n=6, concurrency=concurrency)
        for endpoint, sink, name in zip(endpoints, sinks, "ab", strict=True)
    ]
    results = run_virtually(collected(*lanes, limits=Limits(max_requests=limit)))
    n_sent = sum(len(endpoint.sent) for endpoint in endpoints)
    assert min(limit, 12 * (n_fail + 1)) == n_sent == sum(result.n_attempts for result in results)
    for result, sink in zip(results, sinks, strict=True):
        assert ("finished" if len(sink.keys) == 6 else "stopped") == result.status
        assert (result.reason is None) == (result.status == "finished")


@given(
    limit=st.integers(0, 900),
    concurrency=st.integers(1, 6),
    used=st.tuples(st.integers(1, 10), st.integers(0, 16)),
)
@settings(max_examples=40)
def test_the_limit_of_cost_is_never_exceeded_and_used_as_far_as_it_goes(
    limit: int, concurrency: int, used: tuple[int, int]
) -> None:
    """While requests are under way their highest cost is set aside; what they don't use is spent later."""
    script = always(answer(prompt_tokens=used[0], output_tokens=used[1]))
    sink = MemorySink()
    work = lane(ScriptedEndpoint(script), sink, n=20, concurrency=concurrency, prices=PRICES)
    (result,) = run_virtually(collected(work, limits=Limits(max_cost=limit)))
    each, worst = used[0] + 2 * used[1], 10 + 2 * 16
    assert result.cost == len(sink.keys) * each
    assert result.cost <= limit
    if result.status == "stopped":
        assert limit - result.cost < worst
    else:
        assert ("finished", 20) == (result.status, len(sink.keys))


def test_cost_is_estimated_where_the_reply_lacks_usage() -> None:
    """4 characters of text are 2 tokens at 2 each, the prompt of 4 characters and its message 10 at 1 each."""
    script = always(Completion(outcome=Outcome.OK, text="Blue"))
    (result,) = run_virtually(collected(lane(ScriptedEndpoint(script), MemorySink(), n=1, prices=PRICES)))
    assert 10 + 4 == result.cost


@pytest.mark.parametrize(("kind", "status", "cost"), [("timeout", None, 42.0), ("http_500", 500, 0.0)])
def test_a_lost_reply_counts_at_its_highest_price(kind: str, status: int | None, cost: float) -> None:
    """The server may have charged for what we never saw; an error reply is free."""
    script = failing(lambda: TransientError("x", kind=kind, status=status), first=1)
    (result,) = run_virtually(collected(lane(ScriptedEndpoint(script), MemorySink(), n=1, prices=PRICES)))
    assert 20.0 + cost == result.cost


def test_an_endpoint_without_prices_has_no_cost() -> None:
    """Unknown is None; a priced lane that sent nothing cost nothing."""
    (unpriced,) = run_virtually(collected(lane(ScriptedEndpoint(always()), MemorySink())))
    (idle,) = run_virtually(collected(lane(ScriptedEndpoint(always()), MemorySink(), n=0, prices=PRICES)))
    assert (None, 0.0, "finished") == (unpriced.cost, idle.cost, idle.status)


@pytest.mark.parametrize(
    ("lanes", "limits", "words"),
    [
        ([{"name": "a"}, {"name": "a"}], Limits(), "two lanes are called 'a'"),
        ([{"name": "a"}], Limits(max_cost=1), "needs prices, and a has none"),
        (
            [{"name": "a", "prices": PRICES}, {"name": "b", "prices": replace(PRICES, currency="CNY")}],
            Limits(max_cost=1),
            "in CNY and USD",
        ),
        ([{"name": "a"}], Limits(max_attempts=0), "at least one attempt"),
    ],
)
def test_limits_that_cannot_be_kept_are_refused_before_the_first_call(
    lanes: list[dict[str, Any]], limits: Limits, words: str
) -> None:
    """Nothing is sent."""
    endpoint = ScriptedEndpoint(always())
    made = [lane(endpoint, MemorySink(), **settings) for settings in lanes]
    with pytest.raises(UsageError, match=words):
        run_virtually(collected(*made, limits=limits))
    assert [] == endpoint.sent


@given(limits=st.lists(st.integers(1, 9), max_size=6), seed=st.integers(0, 99))
@settings(max_examples=30)
def test_sessions_of_any_length_add_up_to_the_whole_plan(limits: list[int], seed: int) -> None:
    """Stopped and resumed as often as you like: every call is observed once, and none is asked again."""
    endpoint, sink = ScriptedEndpoint(failing(unreachable, first=seed % 2)), MemorySink()
    for limit in [*limits, None]:
        work = lane(endpoint, sink, n=12, concurrency=1 + seed % 4)
        done = set(sink.keys)
        rest = type(work)(
            name=work.name, spec=work.spec, endpoint=endpoint, sink=sink, n_done_before=len(done),
            pending=tuple(call for call in work.pending if call.key not in done),
        )  # fmt: skip
        run_virtually(collected(rest, limits=Limits(max_requests=limit), seed=seed))
    assert sorted(call.key for call in calls(12)) == sorted(sink.keys)
    assert sorted(set(endpoint.answered)) == sorted(endpoint.answered)


@given(cut_s=st.floats(0.01, 12), delay_s=st.sampled_from([0.0, 0.3]), concurrency=st.integers(1, 5))
@settings(max_examples=60)
def test_an_interrupt_at_any_moment_loses_nothing_received(cut_s: float, delay_s: float, concurrency: int) -> None:
    """Every answered call is stored, what is under way is cancelled, and the caller can go on."""
    endpoint, sink = ScriptedEndpoint(always(delay_s=0.7)), MemorySink(delay_s=delay_s)

    async def run() -> tuple[LaneResult, ...]:
        task = asyncio.current_task()
        assert task is not None
        asyncio.get_running_loop().call_later(cut_s, task.cancel)
        results = await collected(lane(endpoint, sink, n=30, concurrency=concurrency))
        assert 0 == task.cancelling()
        await asyncio.sleep(0)
        return results

    async def patient() -> tuple[LaneResult, ...]:
        results = await run()
        await asyncio.sleep(60)  # a cut that came after the end must not hit the test itself
        return results

    try:
        (result,) = run_virtually(patient())
    except asyncio.CancelledError:
        assert 30 == len(sink.keys)
        return
    assert sorted(endpoint.answered) == sorted(sink.keys)
    assert result.status == (
        "finished" if len(sink.keys) == 30 and endpoint.n_under_way == 0 and result.reason is None else "interrupted"
    )
    assert 0 == endpoint.n_under_way
    assert result.counts == ({"ok": len(sink.keys)} if sink.keys else {})


def test_a_sink_that_cannot_store_ends_the_collection_with_its_own_error() -> None:
    """Nothing is asked whose answer could not be kept, on any lane."""
    full, fine = MemorySink(fails_at=3), MemorySink()
    endpoints = ScriptedEndpoint(always()), ScriptedEndpoint(always())
    lanes = [lane(endpoints[0], full, name="a", n=50), lane(endpoints[1], fine, name="b", n=50)]
    with pytest.raises(OSError, match="No space left"):
        run_virtually(collected(*lanes))
    assert len(endpoints[0].sent) <= 8
    assert len(endpoints[1].sent) <= 8


def test_progress_tells_calls_and_thought_from_refusals() -> None:
    """A suite of tools, or a model that thinks too long, is not said to refuse."""
    outcomes = [Outcome.TOOL_CALL, Outcome.REASONING_ONLY, Outcome.EMPTY, Outcome.FILTERED]

    async def script(key: str, attempt: int) -> Completion:
        del attempt
        await asyncio.sleep(1)
        return Completion(outcome=outcomes[int(key[1])], text=None)

    events: list[Progress] = []
    run_virtually(collected(lane(ScriptedEndpoint(script), MemorySink(), n=4, concurrency=1), events=events))
    told = {"with tool calls": 1, "thought alone": 1, "empty": 1}
    assert events[-1].counts == {"ok": 0, "refused": 1, "retried": 0, "failed": 0, **told}


def test_progress_tells_how_far_and_how_long() -> None:
    """Done and total count earlier sessions; the time left follows from this one."""

    async def script(key: str, attempt: int) -> Completion:
        await asyncio.sleep(1)
        if key == "p4#0" and attempt == 1:
            raise TransientError("the server answers 500", kind="http_500", status=500, retry_after_s=2.0)
        if key == "p5#0":
            return Completion(outcome=Outcome.REFUSAL, text="no")
        if key == "p6#0":
            raise rejected()
        return answer(key)

    events: list[Progress] = []
    work = lane(ScriptedEndpoint(script), MemorySink(), n=8, done=2, concurrency=1, prices=PRICES)
    run_virtually(collected(work, events=events))
    assert ("collect", "shop", 3, 8, 5.0) == (
        events[0].stage, events[0].subject, events[0].done, events[0].total, events[0].eta_s,
    )  # fmt: skip
    assert ["the server answers 500; trying again in 2 s"] == [e.message for e in events if e.message]
    last = events[-1]
    assert (8, {"ok": 4, "refused": 1, "retried": 1, "failed": 1}, 0.0) == (last.done, last.counts, last.eta_s)
    assert last.cost is not None


class NoSink(MemorySink):
    """Forgets what it stored."""

    async def append(self, *_: Any) -> None:
        """Take a moment."""
        await asyncio.sleep(0)


class Talkative(ScriptedEndpoint):
    """Answers every call with 2,000 characters, and remembers nothing."""

    async def complete(self, _: Any) -> Completion:
        """Answer."""
        await asyncio.sleep(0.1)
        return answer(chr(33 + random.randrange(90)) * 2000)  # noqa: S311 - any text that is not shared


def peak_bytes(sink: MemorySink) -> int:
    """Return the memory that 600 such calls cost while they are asked."""
    work = lane(Talkative(always()), sink, n=600)
    gc.collect()
    tracemalloc.start()
    run_virtually(collected(work, events=Unread()))
    size = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return size


class Unread(list[Progress]):
    """Takes events and keeps none."""

    def append(self, _: Progress) -> None:
        """Forget it."""


def test_memory_is_bounded_by_concurrency() -> None:
    """1.2 MB of answers pass through less than 0.6 MB; a sink that keeps them shows that the measure would see it."""
    assert peak_bytes(NoSink()) < 600_000
    assert peak_bytes(MemorySink()) > 1_200_000
