"""The code shown to Python users runs as it stands: the page's blocks, and the example audit as a whole."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "python.md"


def test_the_code_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One block after another, in an empty folder, its own assertions included."""
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)

    assert len(blocks) >= 5
    (tmp_path / "page.py").write_text("\n".join(blocks), encoding="utf-8")
    names = runpy.run_path(str(tmp_path / "page.py"))
    assert "<html" in names["page"]


def test_the_example_audit_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On real small models behind real HTTP: another model is found, and the endpoint is like itself.

    A true control fails once in a hundred audits, by its level: then the audit is made once more.
    """
    for attempt in "12":
        monkeypatch.setenv("BLACKBOX_RESULTS", str(tmp_path / attempt))
        names = runpy.run_path(str(ROOT / "examples" / "audit.py"))
        if names["control"]["pvalue"] > 0.01:
            break

    assert names["VERDICT"] == "different"
    assert names["control"]["pvalue"] > 0.01
    assert len(names["answers"]) == names["N_CALLS"]
    assert "report.html" in capsys.readouterr().out.splitlines()[-1]
