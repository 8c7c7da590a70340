"""`report --reply`: the other side's words in page and JSON, what is stored unchanged."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest
from report import documents

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.commands import Command


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """Return the file of a comparison."""
    path = tmp_path / "comparison.json"
    path.write_text(json.dumps(documents.two(n_probes=1, n_exhibits=0)), encoding="utf-8")
    return path


def test_a_reply_is_put_into_page_and_json(command: Command, stored: Path, tmp_path: Path) -> None:
    """Word for word, with the digest of the file; the stored comparison keeps its bytes."""
    before, words = stored.read_bytes(), "We served <v2>.\r\n谢谢\n"
    (tmp_path / "reply.txt").write_bytes(words.encode())
    found = json.loads(command("report", stored, "--reply", "reply.txt", "--json").out)["reply"]
    assert 0 == command("report", stored, "--reply", "reply.txt", "--format", "html", "-o", "page.html").code

    assert {"text": "We served <v2>.\n谢谢", "digest": hashlib.sha256(words.encode()).hexdigest()} == found
    assert "We served &lt;v2&gt;.\n谢谢" in (tmp_path / "page.html").read_text(encoding="utf-8")
    assert before == stored.read_bytes()


@pytest.mark.parametrize(
    ("raw", "says"),
    [(None, "can't read"), (b"", "is empty"), (b" \n", "is empty"), (b"\xff\xfe", "UTF-8"), (b"x" * 200_001, "longer")],
)
def test_a_reply_that_is_none_is_one_clear_line(
    raw: bytes | None, says: str, command: Command, stored: Path, tmp_path: Path
) -> None:
    """Exit 2 with the file and what to do."""
    if raw is not None:
        (tmp_path / "reply.txt").write_bytes(raw)
    done = command("report", stored, "--reply", "reply.txt")

    assert 2 == done.code
    assert says in done.err
    assert 1 == len(done.err.strip().splitlines())
