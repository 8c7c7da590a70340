"""Key values in what was written are found in each form they could have got there."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from blackbox.workflow.leaks import leaked_variables

if TYPE_CHECKING:
    from pathlib import Path

KEY = "sk-live-0123456789/abc+DEF"


@pytest.mark.parametrize("before", ["", "a", "ab", "abc"])
@pytest.mark.parametrize("after", ["", "x", "xy"])
def test_found_in_base64_at_every_position(tmp_path: Path, before: str, after: str) -> None:
    """A key inside a longer base64 text is found wherever it begins and whatever follows."""
    (tmp_path / "f").write_bytes(b"..." + base64.b64encode(f"{before}{KEY}{after}".encode()) + b"...")
    assert ("K",) == leaked_variables(tmp_path, {"K": KEY})


@pytest.mark.parametrize("form", [KEY, quote(KEY, safe="")])
def test_found_plain_and_url_encoded(tmp_path: Path, form: str) -> None:
    """A key is found as it is and URL-encoded, in files of subfolders too."""
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "f").write_text(f"x{form}y", encoding="utf-8")
    assert ("K",) == leaked_variables(tmp_path, {"K": KEY, "OTHER": "another-value"})


def test_nothing_found_in_other_text(tmp_path: Path) -> None:
    """Other text, empty files and short values say nothing."""
    (tmp_path / "f").write_text("sk-live- 0123456789 none", encoding="utf-8")
    (tmp_path / "empty").touch()
    assert () == leaked_variables(tmp_path, {"K": KEY, "SHORT": "none"})
