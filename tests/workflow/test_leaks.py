"""Key values in what was written are found in each form they could have got there."""

from __future__ import annotations

import base64
import gzip
import zipfile
from typing import TYPE_CHECKING
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from blackbox.workflow import leaks
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


@pytest.mark.parametrize("form", [KEY.encode().hex(), KEY.replace("/", "\\/"), quote(KEY), KEY.replace("+", "&#43;")])
def test_found_in_other_spellings_or_not_at_all(tmp_path: Path, form: str) -> None:
    """Hexadecimal, JSON's escaped slash and a URL's unescaped one; a spelling nobody writes is none."""
    (tmp_path / "f").write_text(f"x{form}y", encoding="utf-8")
    assert (() if "&#43;" in form else ("K",)) == leaked_variables(tmp_path, {"K": KEY})


def test_found_in_what_is_compressed(tmp_path: Path) -> None:
    """In a column of a Parquet file, in gzip and in an archive, none of which hold its bytes as they are."""
    text = " ".join(f"{i} {KEY}" for i in range(100))
    table = pa.table({"n": [1], "text": [text]})
    pq.write_table(table, tmp_path / "t.parquet", compression="gzip", write_statistics=False)
    (tmp_path / "t.gz").write_bytes(gzip.compress(text.encode()))
    with zipfile.ZipFile(tmp_path / "t.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", text)
    for path in tmp_path.iterdir():
        assert KEY.encode() not in path.read_bytes()
        assert ("K",) == leaked_variables(path, {"K": KEY})


def test_a_search_that_unpacks_nothing_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above fails where files are searched as they lie there."""
    monkeypatch.setattr(leaks, "_UNPACKED", {})
    with pytest.raises(AssertionError):
        test_found_in_what_is_compressed(tmp_path)


def test_found_across_the_pieces_in_which_a_file_is_read(tmp_path: Path) -> None:
    """A key that begins in one piece and ends in the next."""
    (tmp_path / "f").write_bytes(b"x" * ((1 << 20) - 5) + KEY.encode())
    assert ("K",) == leaked_variables(tmp_path, {"K": KEY})


def test_a_damaged_archive_is_searched_as_it_is(tmp_path: Path) -> None:
    """What can't be unpacked holds nothing that could be read, and is no error."""
    for name in ("f.parquet", "f.gz", "f.npz"):
        (tmp_path / name).write_bytes(b"PK\x03\x04 broken")
    assert () == leaked_variables(tmp_path, {"K": KEY})


def test_nothing_found_in_other_text(tmp_path: Path) -> None:
    """Other text, empty files and short values say nothing."""
    (tmp_path / "f").write_text("sk-live- 0123456789 none", encoding="utf-8")
    (tmp_path / "empty").touch()
    assert () == leaked_variables(tmp_path, {"K": KEY, "SHORT": "none"})
