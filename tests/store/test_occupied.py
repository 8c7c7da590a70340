"""What a report or table may replace: an earlier one of its kind, never a run's file, never something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from blackbox.cli.output import write_text
from blackbox.errors import UsageError
from blackbox.store import occupied
from blackbox.store.exported import write_rows

if TYPE_CHECKING:
    from pathlib import Path

    from blackbox.store.exported import Form

REPORT = "a against b\n2 runs, 480 recorded calls · suite one-token · blackbox 0.1.0 · today\n"
PAGE = '<!doctype html>\n<html lang="en">\n'
OTHERS = ["endpoints:\n  a: {kind: openai-chat}\n", "a,b,relation\nx,y,same\n", "# Notes about blackbox\n", "\0\0\0\0"]


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_an_earlier_table_is_replaced_and_nothing_else(form: Form, tmp_path: Path) -> None:
    """The same command writes the same file again; labels, configurations and notes stay as they are."""
    path = tmp_path / "t"
    for text in ("one", "two"):
        write_rows(path, [{"run_id": "r", "text": text}], form)
    for other in OTHERS:
        path.write_text(other, encoding="utf-8")
        with pytest.raises(UsageError, match=r"is something else; choose another name"):
            write_rows(path, [{"run_id": "r", "text": "one"}], form)
        assert other == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("text", [REPORT, PAGE])
def test_an_earlier_report_is_replaced_and_nothing_else(text: str, tmp_path: Path) -> None:
    """Also one of other endpoints, which begins with other names, and an empty file."""
    path = tmp_path / "r"
    for old in ("", text, text.replace("a against b", "sample against other")):
        path.write_text(old, encoding="utf-8")
        write_text(path, text)
        assert text == path.read_text(encoding="utf-8")
    for other in OTHERS:
        path.write_text(other, encoding="utf-8")
        with pytest.raises(UsageError, match=r"is something else; choose another name"):
            write_text(path, text)
        assert other == path.read_text(encoding="utf-8")
        write_text(path, "more", append=True)


@pytest.mark.parametrize("evidence", ["journal.jsonl", "redacted.jsonl"])
def test_no_file_of_a_run_is_replaced(evidence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even a table by a table; a guard that looks at the file alone is caught."""
    table = tmp_path / "observations.parquet"
    write_rows(table, [{"key": "k"}], "parquet")
    (tmp_path / evidence).write_text("{}\n", encoding="utf-8")
    before = table.read_bytes()
    with pytest.raises(UsageError, match="belongs to a run"):
        write_rows(table, [{"key": "other"}], "parquet")
    assert before == table.read_bytes()
    monkeypatch.setattr(occupied, "JOURNAL", "no")
    monkeypatch.setattr(occupied, "REDACTED_LINES", "no")
    write_rows(table, [{"key": "other"}], "parquet")
    assert before != table.read_bytes()
