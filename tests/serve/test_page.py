"""The page about serving says what the registries say, and its scripts are scripts."""

from __future__ import annotations

import re
from pathlib import Path

import make_serving_docs
import pytest

from blackbox import serve
from blackbox.workflow.serving_script import read_script

PAGE = (Path(__file__).parents[2] / "docs" / "serving.md").read_text(encoding="utf-8")
SCRIPTS = [
    block for block in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL) if "serve-script/1" in block
]


def test_the_tables_are_those_of_the_registries() -> None:
    """Written by scripts/make_serving_docs.py; every quirk and fault has its row."""
    assert make_serving_docs.document(PAGE) == PAGE
    assert [name for name in (*serve.QUIRKS, *serve.FAULTS) if f"| `{name}` |" not in PAGE] == []


def test_a_table_out_of_date_is_seen() -> None:
    """The check above can fail."""
    spoilt = PAGE.replace("| `reset` |", "| `rest` |")
    assert make_serving_docs.document(spoilt) != spoilt


@pytest.mark.parametrize("text", SCRIPTS)
def test_the_scripts_on_the_page_are_read(text: str, tmp_path: Path) -> None:
    """Both of them."""
    path = tmp_path / "script.yaml"
    path.write_text(text, encoding="utf-8")
    assert read_script(path, served=("product", "thinker", "reseller", "official")).rules
    assert len(SCRIPTS) == 2
