"""Every fault through the command itself, in one run of one endpoint a fault."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from support import fault_matrix
from support.fault_matrix import RETRIED, SILENT, Matrix, run_matrix
from support.hurried_time import hurry
from support.processes import forked, hook

from blackbox.serve import FAULTS

if TYPE_CHECKING:
    from pathlib import Path

DEADLINE_S = 1.0
"""A byte each half second passes within it, so that a deadline that begins anew with each byte is seen."""
PEAK_MB = 300.0


def test_every_fault_becomes_one_outcome_and_the_run_goes_on(tmp_path: Path) -> None:
    """All faults: one outcome each, the calls behind are answered, exit 4 for those that stop, under 300 MB."""
    found = run_matrix(tmp_path, forked, deadline_s=DEADLINE_S, hooks=(hook(hurry),))
    assert [] == found.flaws(deadline_s=DEADLINE_S, peak_mb=PEAK_MB)
    assert set(FAULTS) == {session.fault for session in found.sessions}


def broken(folder: Path, mutant: Any, *faults: str) -> Matrix:
    """Return what a broken command makes of some faults, each met once."""
    hooks = (hook(hurry), hook(mutant))
    return run_matrix(folder, forked, deadline_s=DEADLINE_S, faults=faults, hooks=hooks, strikes=lambda _: 1)


def test_a_run_without_a_deadline_is_caught(tmp_path: Path) -> None:
    """The test above fails where nothing ends a silent reply in time."""
    found = broken(tmp_path, fault_matrix.deadline_of_four, "slow-bytes", "unauthorized")
    assert any(flaw.startswith("slow-bytes: took 4") for flaw in found.flaws(deadline_s=DEADLINE_S, peak_mb=PEAK_MB))


def test_a_run_without_a_byte_cap_is_caught(tmp_path: Path) -> None:
    """The test above fails where a reply may have any size."""
    found = broken(tmp_path, fault_matrix.no_byte_cap, "gzip-bomb", "unauthorized")
    assert any("MB of memory" in flaw for flaw in found.flaws(deadline_s=DEADLINE_S, peak_mb=PEAK_MB))


def test_the_rig_strikes_every_attempt() -> None:
    """Silent faults are retried like other transport errors."""
    assert SILENT <= RETRIED
