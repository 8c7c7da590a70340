"""A clock that is set while something goes on is noticed."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from support.caught import CAUGHT

from blackbox.core import Clock
from blackbox.workflow import clock as clocks
from blackbox.workflow.clock import ClockWatch

START = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        ([0, 1, 2, 3], ()),
        ([0, 1, 9, 17], ()),
        ([0, 1, -3599, -3598], ("set back by 3,601 s",)),
        ([0, 1, 7201, 7202], ("put forward by 7,199 s, or stood still,",)),
        ([0, -100, 100, 101], ("set back by 101 s", "put forward by 199 s, or stood still,")),
    ],
)
def test_a_set_clock_is_said_once_and_a_slow_one_is_not(seconds: list[int], said: tuple[str, ...]) -> None:
    """By the seconds that really passed, one a reading here; small corrections are nothing."""
    wall, real = iter(seconds), iter(range(10))
    clock = Clock(
        now=lambda: START + timedelta(seconds=next(wall)), monotonic=lambda: float(next(real)), sleep=asyncio.sleep
    )
    watch = ClockWatch(clock)
    read = [watch.clock.now() for _ in seconds[1:]]
    assert [START + timedelta(seconds=each) for each in seconds[1:]] == read
    assert len(said) == len(watch.warnings)
    assert all(f"the clock was {words} " in warning for words, warning in zip(said, watch.warnings, strict=True))


@pytest.mark.parametrize("jump_s", [0.5, 1e9])
def test_a_watch_that_is_too_keen_or_asleep_is_caught(jump_s: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above fails for one that says every correction, and for one that says nothing."""
    monkeypatch.setattr(clocks, "JUMP_S", jump_s)
    seconds, said = ([0, 1, 9, 17], ()) if jump_s < 1 else ([0, 1, -3599, -3598], ("set back by 3,601 s",))
    with pytest.raises(CAUGHT):
        test_a_set_clock_is_said_once_and_a_slow_one_is_not(seconds, said)
