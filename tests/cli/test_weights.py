"""`blackbox weights` as typed in a shell."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from support.safetensors_files import attention, write_tensors

from blackbox.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_the_number_never_stands_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """Correlation, unrelated models, rank and reading, in that order."""
    code = main(["weights", "a", "a-tuned"])
    out = " ".join(capsys.readouterr().out.split())

    assert code == 0
    places = [
        out.index(words) for words in ("A: a (qwen2)", "correlation over 4", "UNRELATED MODEL", " b 4 4 ", "rank among")
    ]
    assert places == sorted(places)
    assert out.index("unrelated models correlate") > places[-1]


def test_json_is_one_strict_document(capsys: pytest.CaptureFixture[str]) -> None:
    """With its schema; warnings go to stderr and into the document."""
    code = main(["weights", "a", "a", "--json"])
    printed = capsys.readouterr()
    document = json.loads(printed.out, parse_constant=refused)

    assert code == 0
    assert document["schema"] == "blackbox.weights/1"
    assert f"warning: {document['warnings'][0]}" in printed.err


def refused(name: str) -> None:
    """Refuse NaN and Infinity."""
    raise AssertionError(name)


def test_a_strangers_file_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A name in a file that would clear the screen is shown, not obeyed, and the exit code is 2."""
    evil = {"model.layers.0.self_attn.q_proj.weight": {"dtype": "\x1b[2J", "shape": [8, 8], "data_offsets": [0, 256]}}
    write_tensors(tmp_path / "model.safetensors", attention(), **evil)
    code = main(["weights", str(tmp_path), "a"])
    printed = capsys.readouterr()

    assert (code, printed.out, printed.err.count("\n")) == (2, "", 1)
    assert "\x1b" not in printed.err


def test_an_unknown_model_names_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelt member."""
    assert main(["weights", "a", "z"]) == 2
    assert "neither a folder nor in the zoo (a, " in capsys.readouterr().err


def test_no_rank_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Deep models against the zoo's shallow ones."""
    for name, seed in (("x", 1), ("y", 2)):
        (tmp_path / name).mkdir()
        write_tensors(tmp_path / name / "model.safetensors", attention(30, seed=seed))
    code = main(["weights", str(tmp_path / "x"), str(tmp_path / "y")])
    out = " ".join(capsys.readouterr().out.split())

    assert code == 0
    assert "rank among unrelated models: none: no unrelated model of at least half the pair's depth" in out
    assert "4 layers, under half of the pair's 30" in out
