"""Comparison folders: strict JSON beside its report, written so that a half one is none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from support.stored import START

from blackbox.errors import BlackboxError, EvidenceDamaged, UsageError
from blackbox.store import read_comparison, write_comparison

if TYPE_CHECKING:
    from pathlib import Path

DOCUMENT: dict[str, Any] = {"schema": "blackbox.comparison/1", "pairs": [{"text": "lone \ud800"}], "limits": []}


def test_a_comparison_comes_back_equal(tmp_path: Path) -> None:
    """From its folder or its file, in a folder named by time, `compare` and 8 hex."""
    folder = write_comparison(tmp_path, DOCUMENT, html="<p>\ud800é</p>", at=START)
    assert re.fullmatch(r"20260102t030405z-compare-[0-9a-f]{8}", folder.name)
    assert DOCUMENT == read_comparison(folder).document == read_comparison(folder / "comparison.json").document
    assert (folder / "report.html").read_text("utf-8") == "<p>\ufffdé</p>"
    assert {"comparison.json", "report.html"} == {file.name for file in folder.iterdir()}


def test_a_folder_can_be_chosen_and_used_again(tmp_path: Path) -> None:
    """`-o` names it; an earlier comparison in it is replaced, other files stay."""
    out = tmp_path / "deep" / "out"
    assert out == write_comparison(tmp_path, DOCUMENT, html="one", at=START, out=out)
    (out / "notes.txt").touch()
    write_comparison(tmp_path, {**DOCUMENT, "limits": ["x"]}, html="two", at=START, out=out)
    assert read_comparison(out).document["limits"] == ["x"]
    assert (out / "notes.txt").exists()


def test_a_report_that_is_not_ours_is_not_overwritten(tmp_path: Path) -> None:
    """A folder with somebody's report.html is refused."""
    (tmp_path / "report.html").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="not a comparison's; choose another folder"):
        write_comparison(tmp_path, DOCUMENT, html="", at=START, out=tmp_path)
    assert (tmp_path / "report.html").read_text("utf-8") == "mine"


def test_a_file_where_the_folder_should_be_is_a_usage_error(tmp_path: Path) -> None:
    """As is a path below a file."""
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="is a file"):
        write_comparison(tmp_path, DOCUMENT, html="", at=START, out=tmp_path / "file")
    with pytest.raises(BlackboxError, match="Not a directory"):
        write_comparison(tmp_path, DOCUMENT, html="", at=START, out=tmp_path / "file" / "below")


@pytest.mark.parametrize("change", [{"x": float("nan")}, {"x": float("-inf")}, {"schema": "other"}])
def test_what_is_no_strict_comparison_is_not_written(tmp_path: Path, change: dict[str, Any]) -> None:
    """No NaN, no infinity, no other schema; nothing is left behind."""
    with pytest.raises(ValueError, match=r"JSON|schema"):
        write_comparison(tmp_path / "results", {**DOCUMENT, **change}, html="", at=START)
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is damaged"),
        (b'{"schema": "blackbox.comparison/1"', "is damaged"),
        (b"[]", "holds no JSON object"),
        (b'{"schema": "blackbox.comparison/1", "x": NaN}', "NaN is not JSON"),
        (b'{"schema": "blackbox.comparison/1", "schema": 1}', "a key is there twice"),
        (b'{"schema": "blackbox.comparison/2"}', "its schema is 'blackbox.comparison/2'"),
        (b"{}", "its schema is None"),
        (b"\xff", "is damaged"),
        (b"[" * 99_999, "nested too deep"),
    ],
)
def test_a_damaged_comparison_is_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    """With the file's name."""
    (tmp_path / "comparison.json").write_bytes(content)
    with pytest.raises(EvidenceDamaged, match=rf"comparison\.json .*{message}"):
        read_comparison(tmp_path)


def test_no_comparison_is_a_usage_error(tmp_path: Path) -> None:
    """A folder without one, or no folder at all."""
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(UsageError, match="no comparison at"):
            read_comparison(path)
