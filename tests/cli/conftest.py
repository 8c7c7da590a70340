"""The command as a user calls it: in this process, with its own folder, environment and captured streams."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from report.conftest import golden

from blackbox.cli import main
from tests.support.commands import Command, Said
from tests.support.fake_vendor import SMALL_SUITE, FakeVendor, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["golden"]
"""Golden files are written anew with: pytest tests/report tests/cli/test_terminal_text.py --update-golden"""


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Return a function that runs one command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")

    def run(*words: str | Path) -> Said:
        capsys.readouterr()
        code = main([str(word) for word in words])
        captured = capsys.readouterr()
        return Said(code, captured.out, captured.err)

    return run


@pytest.fixture
def vendor() -> Iterator[FakeVendor]:
    """Yield a running fake vendor."""
    with serving(FakeVendor()) as running:
        yield running


@pytest.fixture
def small_suite(tmp_path: Path) -> Path:
    """Return the path of a locked suite of 15 calls."""
    from blackbox.suites import locked

    path = tmp_path / "small.yaml"
    path.write_text(locked(SMALL_SUITE), encoding="utf-8")
    return path
