"""Disks that fill or are read-only, two processes at once, clocks that are set, and damage, in whole commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support import broken_disks
from support.broken_disks import SCENES

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("scene", SCENES)
def test_nothing_is_lost_or_passed_over(scene: str, tmp_path: Path) -> None:
    """Each ends in the documented exit code and a line that says what to do, and the run can be had in the end."""
    assert [] == SCENES[scene](tmp_path)["flaws"]


def test_commands_without_a_lock_are_caught(tmp_path: Path) -> None:
    """Two at once that do not lock make two runs, send calls twice, or damage what they write."""
    assert [] != broken_disks.two_at_once(tmp_path, hooks=(broken_disks.takes_no_lock,))["flaws"]
