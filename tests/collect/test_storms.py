"""A storm of refusals: what is sent stays within what the server allows and one burst, refused requests included."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.lanes import MemorySink, ScriptedEndpoint, collected, lane
from support.storms import Rule, StormServer, Tokens, Windows, overshoot
from support.virtual_time import run_virtually

from blackbox.collect import pacing
from blackbox.collect.spacing import Spacing

if TYPE_CHECKING:
    from collections.abc import Callable

RULES: dict[str, Callable[[], Rule]] = {
    "even": lambda: Tokens(10, 1),
    "bucket": lambda: Tokens(10, 20),
    "slow": lambda: Tokens(1, 1),
    "seconds": lambda: Windows(5, 1),
    "minutes": lambda: Windows(60, 60),
}


def worst(rule: Rule, *, concurrency: int, n: int = 200, says_when: bool = True, reply_s: float = 0.05) -> float:
    """Return by how much a whole collection went above a rule; every call must have been answered."""
    server, sink = StormServer(rule, says_when=says_when, reply_s=reply_s), MemorySink()

    async def run() -> str:
        return (await collected(lane(ScriptedEndpoint(server), sink, n=n, concurrency=concurrency)))[0].status

    assert "finished" == run_virtually(run())
    assert ["ok"] * n == [body["outcome"] for body in sink.bodies("observation")]
    return overshoot(server.sent, rate=rule.rate, burst=rule.burst)


@pytest.mark.parametrize("concurrency", [8, 16, 64])
@pytest.mark.parametrize("rule", RULES)
def test_a_storm_never_exceeds_the_rate_by_more_than_one_burst(rule: str, concurrency: int) -> None:
    """Where the server says how long to wait: evenly spaced limits, buckets, and windows of a second or a minute."""
    assert worst(RULES[rule](), concurrency=concurrency) <= concurrency


@pytest.mark.parametrize("rule", ["even", "bucket"])
def test_slow_answers_change_nothing(rule: str) -> None:
    """Also where the first answer comes long after the last refusal."""
    assert worst(RULES[rule](), concurrency=16, reply_s=2.0) <= 16


@pytest.mark.parametrize("rule", ["even", "slow", "seconds"])
def test_a_server_that_does_not_say_when_is_not_overrun_either(rule: str) -> None:
    """Without a time the pace is found by doubling."""
    assert worst(RULES[rule](), concurrency=16, says_when=False) <= 16


@pytest.mark.parametrize("rule", ["even", "bucket", "seconds"])
def test_a_client_that_learns_nothing_from_refusals_is_caught(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above fails where a refusal only pauses."""
    monkeypatch.setattr(Spacing, "refused", lambda _self, *, wait_s, **_: wait_s)
    assert worst(RULES[rule](), concurrency=4) > 4


def test_a_client_that_does_not_pace_at_all_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above fails where the limiter is off."""

    async def at_once(self: pacing.Pacer, tokens: float) -> None:
        del self, tokens

    monkeypatch.setattr(pacing.Pacer, "admit", at_once)
    with pytest.raises(AssertionError):
        assert worst(RULES["slow"](), concurrency=4, n=40) <= 4


def test_one_outage_does_not_slow_a_run_for_good() -> None:
    """All of a first burst refused for half a minute: the guess is far too long, and forgotten within a few calls."""
    spacing = Spacing(0.0)
    for _ in range(4):
        spacing.sent()
        spacing.refused(sent_at=0.0, now=0.1, wait_s=30.0, asked_s=30.0)
    assert spacing.seconds > 30
    waited = 0.0
    while spacing.seconds > 0.5:
        waited += spacing.seconds
        spacing.answered()
    assert waited < 200


def test_a_limit_that_was_raised_is_found() -> None:
    """A confirmed pace is forgotten slowly."""
    spacing = Spacing(0.0)
    for began in (0.0, 2.0):
        spacing.sent()
        spacing.sent()
        spacing.refused(sent_at=began, now=began + 0.1, wait_s=0.9, asked_s=0.9)
    assert spacing.is_firm
    confirmed = spacing.seconds
    for _ in range(100):
        spacing.answered()
    assert 0.5 * confirmed < spacing.seconds < confirmed
    for _ in range(3000):
        spacing.answered()
    assert spacing.seconds < 0.5 * confirmed
