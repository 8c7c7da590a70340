"""SIGKILL at random moments of whole runs over HTTP; the benchmark does the same at size."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from support import killing
from support.killing import Plan, kill_and_resume
from support.processes import forked, hook

if TYPE_CHECKING:
    from pathlib import Path


def test_kills_lose_nothing_and_send_nothing_twice(tmp_path: Path) -> None:
    """Six kills: nothing acknowledged is lost or asked again, and the table is an undisturbed run's by key."""
    found = kill_and_resume(Plan(n_kills=6, n_probes=40, start=forked), tmp_path, random.Random(7))  # noqa: S311
    assert {} == found.flaws
    assert found.n_kills >= 6
    assert found.n_acknowledged > 0


@pytest.mark.parametrize(
    ("mutant", "flaw"),
    [(killing.forgets_what_is_done, "n_sent_twice"), (killing.acknowledges_too_early, "n_lost")],
)
def test_broken_runs_are_caught(tmp_path: Path, mutant: killing._Patch, flaw: str) -> None:
    """The test above fails for a run that asks again, and for one that acknowledges before it writes."""
    plan = Plan(n_kills=3, n_probes=40, start=forked, hooks=(hook(mutant),))
    found = kill_and_resume(plan, tmp_path, random.Random(3))  # noqa: S311
    assert flaw in found.flaws
