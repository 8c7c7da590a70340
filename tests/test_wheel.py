"""The wheel is complete: what runs from a clone runs from an installation."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Return the names of the files in a freshly built wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as archive:
        return set(archive.namelist())


def test_the_suites_are_in_the_wheel(wheel: set[str]) -> None:
    """`probes/` is their home in a clone, `blackbox/_probes/` in an installation."""
    suites = {path.relative_to(ROOT / "probes").as_posix() for path in (ROOT / "probes").rglob("*.yaml")}

    assert suites
    assert {f"blackbox/_probes/{name}" for name in suites} <= wheel


def test_everything_beside_the_code_is_in_the_wheel(wheel: set[str]) -> None:
    """Presets, schemas, templates, weights and the typing marker go with the modules that read them."""
    listed = subprocess.run(["git", "ls-files", "blackbox"], cwd=ROOT, capture_output=True, text=True, check=True)

    assert set(listed.stdout.split()) <= wheel
    assert "blackbox/py.typed" in wheel
