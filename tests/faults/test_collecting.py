"""Limits of a server, refusals for good, and memory, in whole commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support import many_answers, refusals
from support.many_answers import collected
from support.refusals import limited, refusing

if TYPE_CHECKING:
    from pathlib import Path

BOUND_MB = 12.0
"""Between 500 and 2,000 answers: 8 kB an answer would be seen."""


def test_a_limit_is_not_exceeded_by_more_than_one_burst(tmp_path: Path) -> None:
    """By the server's own log, over a real socket and in real time; every call is answered."""
    found = limited(tmp_path, 600, n=24, concurrency=4)
    assert (0, 24) == (found["exit_code"], found["answered"])
    assert found["over"] <= 4


def test_key_and_quota_stop_an_endpoint_at_once_and_no_other(tmp_path: Path) -> None:
    """401, 402, 403 and a quota's 429: no request after the first burst, a line that says what to do, exit 4."""
    assert [] == refusing(tmp_path)["refusal_flaws"]


def test_a_command_that_tries_on_is_caught(tmp_path: Path) -> None:
    """The test above fails where a refused key is a failure like any other."""
    assert [] != refusing(tmp_path, hooks=(refusals.tries_on,))["refusal_flaws"]


def test_memory_does_not_grow_with_the_answers(tmp_path: Path) -> None:
    """Four times the answers take hardly more memory; a run that keeps them does."""
    few, many = (collected(tmp_path, n, resumed=False)["peak_mb"] for n in (500, 2_000))
    assert many - few < BOUND_MB
    kept = collected(tmp_path, 1_500, resumed=False, hooks=(many_answers.keeps_everything,))["peak_mb"]
    assert kept - few > BOUND_MB
