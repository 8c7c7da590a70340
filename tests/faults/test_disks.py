"""Disks that fill or are read-only, two processes at once, clocks that are set, and damage, in whole commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support import broken_disks, real_disks
from support.broken_disks import SCENES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.mark.parametrize("scene", SCENES)
def test_nothing_is_lost_or_passed_over(scene: str, tmp_path: Path) -> None:
    """Each ends in the documented exit code and a line that says what to do, and the run can be had in the end."""
    assert [] == SCENES[scene](tmp_path)["flaws"]


@pytest.mark.parametrize(
    ("mutant", "flaw"),
    [
        (real_disks.leaves_the_torn_line, "a torn line is left"),
        (real_disks.takes_refusals_for_done, "does not say what to do"),
    ],
)
def test_commands_that_take_a_full_disk_lightly_are_caught(
    mutant: Callable[[], None], flaw: str, tmp_path: Path
) -> None:
    """The test above fails for a command that leaves half a line, and for one that takes a refusal for done."""
    assert flaw in broken_disks.full_while_collecting(tmp_path, hooks=(mutant,))["flaws"]


def test_a_command_that_closes_on_a_full_disk_is_caught(tmp_path: Path) -> None:
    """The same where a run is closed although there is no room for its table."""
    flaws = broken_disks.full_while_closing(tmp_path, hooks=(real_disks.takes_closing_for_done,))["flaws"]
    assert "exit code is not 4" in flaws


def test_a_command_that_asks_on_a_full_disk_is_caught(tmp_path: Path) -> None:
    """The test above fails where calls are sent although there is no room for their answers."""
    found = broken_disks.full_disk(tmp_path, hooks=(real_disks.never_looks_for_room,))
    if found["exit_code"] is None:
        pytest.skip(found["said"])
    assert "something was sent" in found["flaws"]


def test_a_command_that_notices_a_read_only_disk_late_is_caught(tmp_path: Path) -> None:
    """The test above fails where calls are sent before anybody asks whether their answers can be stored."""
    assert "something was sent" in broken_disks.read_only(tmp_path, hooks=(real_disks.notices_late,))["flaws"]


def test_commands_without_a_lock_are_caught(tmp_path: Path) -> None:
    """Two at once that do not lock make two runs, send calls twice, or damage what they write."""
    assert [] != broken_disks.two_at_once(tmp_path, hooks=(broken_disks.takes_no_lock,))["flaws"]
