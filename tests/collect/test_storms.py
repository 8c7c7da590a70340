"""A storm of refusals: what is sent stays within what the server allows and one burst, refused requests included."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Any

import pytest
from support.drawn_limits import drawn_storm
from support.lanes import MemorySink, ScriptedEndpoint, collected, lane
from support.storms import BUCKETS, LIMITS, SLOW, StormServer, Windows, stormed
from support.virtual_time import run_virtually

from blackbox.collect import pacing, spacing
from blackbox.collect.risks import Risks
from blackbox.collect.spacing import Spacing

if TYPE_CHECKING:
    from collections.abc import Callable

N = 130
"""Calls: more than two windows of the largest limit."""
LONG = 600
"""Calls: a client that speeds up after each refusal is refused four times."""
WHOLE = 1
"""A bucket lets parts of a request pass; what is sent are whole ones."""


@pytest.mark.parametrize("says_when", [True, False])
@pytest.mark.parametrize("limit", LIMITS)
def test_a_storm_never_exceeds_the_rate_by_more_than_one_burst(limit: str, *, says_when: bool) -> None:
    """Even spacing, and windows of a second or minute, whatever part of them is over: with and without a time."""
    assert stormed(LIMITS[limit](), concurrency=4, n=N, says_when=says_when)["over"] <= 4


@pytest.mark.parametrize("says_when", [True, False])
@pytest.mark.parametrize("limit", ["10 a second, evenly", "60 each minute", "20 each minute, come 31 s late"])
def test_a_larger_burst_is_not_exceeded_either(limit: str, *, says_when: bool) -> None:
    """More at once, and answers that come long after the last refusal."""
    for concurrency, reply_s in ((16, 0.05), (8, 2.0)):
        found = stormed(LIMITS[limit](), concurrency=concurrency, n=N, says_when=says_when, reply_s=reply_s)
        assert found["over"] <= concurrency


@pytest.mark.parametrize("says_when", [True, False])
@pytest.mark.parametrize("limit", BUCKETS)
def test_a_bucket_is_not_exceeded_by_more_than_one_burst_of_whole_requests(limit: str, *, says_when: bool) -> None:
    """What it lets pass in a stretch of time, rounded up to whole requests, and one burst: no more is sent."""
    assert stormed(BUCKETS[limit](), concurrency=4, n=N, says_when=says_when)["over"] < 4 + WHOLE


def test_nor_where_a_single_request_is_under_way() -> None:
    """The first refusal tells how full a bucket is, the second how fast it fills; together they are less than two."""
    for limit in ("10 a second, bucket of 5", "1 a second, bucket of 60"):
        assert stormed(BUCKETS[limit](), concurrency=1, n=N)["over"] < 1 + WHOLE


def test_nor_in_the_long_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bucket keeps refusals on its account until it is full; a client that speeds up before that is caught."""
    slow = "3 a second, bucket of 60"
    assert stormed(BUCKETS[slow](), concurrency=1, n=LONG)["over"] < 1 + WHOLE
    monkeypatch.setattr(Spacing, "_depth", lambda _: float("-inf"))
    assert stormed(BUCKETS[slow](), concurrency=1, n=LONG)["over"] >= 1 + WHOLE


LATE = ("20 a minute, evenly", "10 a second, bucket of 20", "3 a second, bucket of 60")
"""Where more than one request would be under way as a second refusal comes a second late."""


def late(limit: str, **how: Any) -> float:
    """Return how far above a burst of 4 and whole requests a server was asked whose refusals come a second late."""
    found = stormed({**LIMITS, **BUCKETS}[limit](), concurrency=4, n=N, refusal_s=1.0, **how)
    return found["over"] - 4 - (WHOLE if limit in BUCKETS else 0)


def takes_no_care(self: Risks, now: float) -> float:
    """Break it: the spacing alone says when the next request is sent."""
    del self
    return now


def test_nor_where_refusals_are_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second refusal comes alone, however late; a client that sends on until it comes is caught."""
    assert [limit for limit in LATE if late(limit) > 0] == []
    assert [limit for limit in LATE if late(limit, in_whole_s=True) > 0] == []
    monkeypatch.setattr(Risks, "next_at", takes_no_care)
    assert [limit for limit in LATE if late(limit) > 0] == list(LATE)


def test_nor_while_those_from_before_are_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is sent until what was under way at a refusal is settled; a client that can't wait is caught."""
    fast = "10 a second, bucket of 20"
    assert stormed(BUCKETS[fast](), concurrency=16, n=N, refusal_s=0.2)["over"] < 16 + WHOLE
    refused = Risks.refused

    def in_a_hurry(self: Risks, **told: Any) -> None:
        refused(self, **told)
        self._quiet_until = float("-inf")

    monkeypatch.setattr(Risks, "refused", in_a_hurry)
    assert stormed(BUCKETS[fast](), concurrency=16, n=N, refusal_s=0.2)["over"] >= 16 + WHOLE


def test_nor_where_a_bucket_fills_for_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a time: what passed since a refusal tells how fast it fills; a client that only doubles is caught."""

    def exceeded() -> list[str]:
        return [
            limit for limit in SLOW if stormed(SLOW[limit](), concurrency=4, n=N, says_when=False)["over"] >= 4 + WHOLE
        ]

    assert exceeded() == []
    monkeypatch.setattr(Risks, "told", lambda _, **__: None)
    assert exceeded() != []


def test_nor_whatever_the_limit_is() -> None:
    """Limits, answers and refusals drawn at random; `make bench-faults` draws a thousand."""
    rng = random.Random(7)  # noqa: S311 - kinds of limits, not a secret
    storms = [drawn_storm(rng) for _ in range(25)]
    found = [storm.over(60) for storm in storms]
    assert [storm.said for storm, (over, _) in zip(storms, found, strict=True) if over > 0] == []
    assert sum(n_refused > 0 for _, n_refused in found) >= 12


def learns_nothing(_self: Spacing, *, wait_s: float, **_: Any) -> float:
    """Break it: a refusal only pauses."""
    return wait_s


def comes_back_together(self: Spacing, _now: float, wait_s: float) -> float:
    """Break it: after a refusal without a time all come back at once, not a single request."""
    self._unknown = self._unknown or self._burst
    return wait_s


@pytest.mark.parametrize(
    ("limit", "says_when", "name", "broken"),
    [
        ("10 a second, evenly", True, "refused", learns_nothing),
        ("10 a second, bucket of 20", True, "refused", learns_nothing),
        ("60 each minute", False, "refused", learns_nothing),
        ("60 each minute", False, "_mute", comes_back_together),
    ],
)
def test_a_client_that_learns_nothing_from_refusals_is_caught(
    limit: str, name: str, broken: Callable[..., float], monkeypatch: pytest.MonkeyPatch, *, says_when: bool
) -> None:
    """The tests above fail where a refusal only pauses, or where no single request goes ahead."""
    monkeypatch.setattr(Spacing, name, broken)
    found = stormed({**LIMITS, **BUCKETS}[limit](), concurrency=2, n=N, says_when=says_when)
    assert found["over"] > 2 + WHOLE


@pytest.mark.parametrize("limit", ["60 each minute", "60 in any minute"])
def test_a_client_that_tries_on_within_the_minute_is_caught(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests above fail where a whole burst of refusals is followed by more within the same window."""
    monkeypatch.setattr(spacing, "_WINDOW_S", 0.0)
    assert stormed(LIMITS[limit](), concurrency=4, n=N, says_when=False)["over"] > 4


def test_answers_from_before_a_refusal_do_not_speed_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """With 64 in flight against a bucket of 60 they come during the pause; one that counts them is caught."""
    assert stormed(BUCKETS["3 a second, bucket of 60"](), concurrency=64, n=N)["over"] < 10
    answered = Spacing.answered

    def counts_all(self: Spacing, *, sent_at: float, now: float) -> bool:
        return answered(self, sent_at=max(sent_at, self._stretch.began), now=now)

    monkeypatch.setattr(Spacing, "answered", counts_all)
    assert stormed(BUCKETS["3 a second, bucket of 60"](), concurrency=64, n=N)["over"] > 20


def test_a_client_that_does_not_pace_at_all_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests above fail where the limiter is off."""

    async def at_once(self: pacing.Pacer, tokens: float) -> None:
        del self, tokens

    monkeypatch.setattr(pacing.Pacer, "admit", at_once)
    with pytest.raises(AssertionError):
        assert stormed(LIMITS["1 a second, evenly"](), concurrency=4, n=40)["over"] <= 4


def given_up() -> tuple[str, float, int]:
    """Return how a lane ends that is refused everything, without a time: its status, seconds, and requests."""
    server, sink = StormServer(Windows(1, 1e9, used=1), says_when=False), MemorySink()

    async def run() -> tuple[str, float]:
        (result,) = await collected(lane(ScriptedEndpoint(server), sink, n=40, concurrency=4))
        return result.status, asyncio.get_running_loop().time()

    return *run_virtually(run()), server.n_refused


def test_waiting_for_a_time_that_is_not_named_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given up within minutes, after few requests; a lane that lets every call try on as often is caught."""
    status, seconds, n_refused = given_up()
    assert status == "failed"
    assert seconds < 600
    assert n_refused <= 12
    monkeypatch.setattr(pacing.Pacer, "n_probes", 0)
    assert given_up()[1] > 600


def test_one_outage_does_not_slow_a_run_for_good() -> None:
    """All of a first burst refused for half a minute: that tells no pace, and is forgotten within a few calls."""
    learnt = Spacing(0.0, burst=4)
    for _ in range(4):
        learnt.sent(0.0)
        learnt.refused(sent_at=0.0, now=0.1, wait_s=30.0, asked_s=30.0)
    waited = 0.0
    while learnt.seconds > 0.1:
        waited += learnt.seconds
        learnt.answered(sent_at=31.0, now=31.0)
    assert 1 < waited < 10


def test_a_limit_that_was_raised_is_found() -> None:
    """A confirmed pace is forgotten slowly."""
    learnt = Spacing(0.0, burst=4)
    for began in (0.0, 2.0):
        learnt.sent(0.0)
        learnt.sent(0.0)
        learnt.refused(sent_at=began, now=began + 0.1, wait_s=0.9, asked_s=0.9)
    assert learnt.is_firm
    confirmed = learnt.seconds
    for _ in range(100):
        learnt.answered(sent_at=4.0, now=4.0)
    assert 0.5 * confirmed < learnt.seconds < confirmed
    for _ in range(3000):
        learnt.answered(sent_at=4.0, now=4.0)
    assert learnt.seconds < 0.5 * confirmed
