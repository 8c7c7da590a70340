"""The result that is kept as an example: whole, verified from a clean checkout, drawn as reports are drawn now."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.schemas import checked

from blackbox.report import render
from blackbox.store.parquet import displayable
from blackbox.workflow.auditing import audit
from blackbox.workflow.recomputing import _changed_setup

EXAMPLE = Path(__file__).parents[1] / "results" / "example"
ANEW = "make it anew: .venv/bin/python scripts/make_example.py"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """Return the example's comparison."""
    found: dict[str, Any] = json.loads((EXAMPLE / "comparison.json").read_text(encoding="utf-8"))
    return found


def test_it_is_verified_where_it_lies(document: dict[str, Any], tmp_path: Path) -> None:
    """Its runs lie in it and are whole, and its numbers come out again; nothing beside it is read or needed."""
    (found,) = audit(tmp_path, [str(EXAMPLE)])["runs"]
    others = [each for each in _changed_setup(document) if each != "source files of blackbox"]

    assert found["problems"] == [], ANEW
    assert found["reproduced"] or others, (found["differences"][:5], ANEW)


def test_everything_in_it_is_published_and_drawn_now(document: dict[str, Any]) -> None:
    """Documents are of the published schemas, and the page is what the document draws."""
    manifests = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(EXAMPLE.glob("*/manifest.json"))]
    drawn = displayable(render(checked(document), to="html"))

    assert ["independent", "official", "tuned"] == [checked(manifest)["endpoint"]["name"] for manifest in manifests]
    assert drawn == (EXAMPLE / "report.html").read_text(encoding="utf-8"), ANEW
