"""The command that a comparison states makes the very comparison again."""

from __future__ import annotations

import json
import shlex
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.commands import Command

WORDS = {"x": ("red", "blue"), "y": ("red", "violet"), "z": ("green", "violet")}
ASKED = ("--question", "related,same", "--chosen", "it's the one; $(of) two", "--seed", "5", "--reply", "a reply.txt")


@pytest.fixture
def runs(command: Command, tmp_path: Path) -> list[str]:
    """Import three models and return their runs."""
    rows = [
        {"m": m, "q": f"Question {q}?", "a": words[(repeat + q) % 2]}
        for m, words in WORDS.items()
        for q in range(2)
        for repeat in range(4)
    ]
    (tmp_path / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (tmp_path / "a reply.txt").write_text("We serve what we say.\n", encoding="utf-8")
    fields = ("--prompt-field", "q", "--response-field", "a", "--model-field", "m", "--suite", "mine")
    return [run["id"] for run in command("import", "t.jsonl", *fields, "--json").json["runs"]]


def _stored(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / "comparison.json").read_text(encoding="utf-8"))
    document["provenance"].pop("created_at")
    return document


def test_the_stated_command_makes_it_again(command: Command, runs: list[str], tmp_path: Path) -> None:
    """Whatever was asked is in the command, in words a shell reads as they are; nothing differs but the time."""
    assert 0 == command("compare", *runs[:2], "--control", runs[2], *ASKED, "-o", "first").code
    stated = _stored(tmp_path / "first")
    program, *words = shlex.split(stated["provenance"]["command"])
    assert "blackbox" == program
    assert 0 == command(*words, "-o", "second").code

    assert stated == _stored(tmp_path / "second")
    page = (tmp_path / "first" / "report.html").read_text(encoding="utf-8")
    assert f"{stated['provenance']['command']}</code>" in unescape(page)
