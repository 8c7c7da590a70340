"""Examinations at rest: read back as written, and damage is named."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from blackbox.errors import EvidenceDamaged
from blackbox.store import EXAMINATIONS, find_examinations, find_runs, read_examination, write_examination

if TYPE_CHECKING:
    from pathlib import Path

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
DOCUMENT = {"endpoint": "../Shop ☃", "endpoint_key": "k", "created_at": "2026-01-02T03:04:05Z", "findings": []}


def written(results: Path, **changes: Any) -> Path:
    """Write one examination and return its folder."""
    document = write_examination(results, {**DOCUMENT, **changes}, [{"call": 1}], at=AT)
    return results / EXAMINATIONS / document["id"]


def test_what_is_written_is_read_and_no_run(tmp_path: Path) -> None:
    """Names from outside become no paths, the newest is last, and runs are found as before."""
    later, first = written(tmp_path, created_at="2026-01-03T00:00:00Z"), written(tmp_path)
    assert [first.name, later.name] == [document["id"] for document in find_examinations(tmp_path)]
    assert {tmp_path / EXAMINATIONS} == {first.parent, later.parent}
    assert () == find_runs(tmp_path)


def test_no_folder_holds_none(tmp_path: Path) -> None:
    """Nothing was ever examined."""
    assert () == find_examinations(tmp_path / "none")


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [("findings.json", '"findings": []', '"findings": [1]'), ("calls.jsonl", "1", "2"),
     ("findings.json", "examination/1", "examination/9"), ("findings.json", "{", "[")],
)  # fmt: skip
def test_changed_files_are_damage(tmp_path: Path, file: str, old: str, new: str) -> None:
    """Findings and the calls they were made of can't be changed unseen."""
    folder = written(tmp_path)
    text = (folder / file).read_text("utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(EvidenceDamaged):
        read_examination(folder)
