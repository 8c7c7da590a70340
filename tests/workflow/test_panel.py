"""The panel: enough families on two hosts, lineage that `calibrate` reads, and a price that `plan` can state."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from blackbox.cli import main
from blackbox.suites import find
from blackbox.workflow.panel import load_panel, panel_files

if TYPE_CHECKING:
    from pathlib import Path


def rows(text: str) -> list[dict[str, str]]:
    """Return the rows of a CSV text."""
    return list(csv.DictReader(io.StringIO(text)))


def test_a_panel_can_calibrate() -> None:
    """At least 20 families on two hosts each, with siblings and co-distilled pairs (METHODS §4.9)."""
    panel = load_panel()
    families = Counter(model.family for model in panel.models)
    relations = Counter(row["relation"] for row in rows(panel_files(panel)["pairs.csv"]))
    assert len(families) >= 20
    assert all(len(set(model.hosts)) == 2 for model in panel.models)
    assert relations["same"] == len(panel.models)
    assert relations["sibling"] > 0
    assert relations["co-distilled"] > 0
    assert relations["different"] > 300


def test_lineage_is_whole() -> None:
    """Every pair of endpoints stands once; every endpoint has a group; relations name known models."""
    panel = load_panel()
    files = panel_files(panel)
    pairs, groups = rows(files["pairs.csv"]), {row["model"]: row["group"] for row in rows(files["groups.csv"])}
    n = 2 * len(panel.models)
    assert n == len(groups)
    assert n * (n - 1) // 2 == len({frozenset((row["a"], row["b"])) for row in pairs}) == len(pairs)
    names = {model.name for model in panel.models}
    assert all(pair <= names and len(pair) == 2 for pair in panel.relations)
    kin = {frozenset((row["a"], row["b"])): row["relation"] for row in pairs}
    for pair, relation in kin.items():
        same_group = len({groups[name] for name in pair}) == 1
        assert (relation in {"same", "sibling", "co-distilled", "derived"}) >= same_group


def test_the_panel_is_planned_for_about_a_dollar(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`init --panel`, then `plan`: 50 calls an endpoint, everything priced, below two dollars; nothing overwritten."""
    monkeypatch.chdir(tmp_path)
    assert main(["init", "--panel", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert ["blackbox.yaml", "pairs.csv", "groups.csv", "open-ended-once.yaml", "blackbox.schema.json"] == said["files"]
    assert "unverified" == said["panel"]["status"]
    assert main(["plan", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert said["panel"]["n_endpoints"] == len(plan["sessions"])
    assert 50 * len(plan["sessions"]) == plan["total"]["n_requests"]
    assert 0.2 < plan["total"]["cost"] < 2
    assert any("nobody has checked them" in note for note in plan["notes"])
    by_hand = sum(
        (row["prompt_tokens"] * price[0] + row["output_tokens"] * price[1]) / 1e6
        for row, price in zip(
            plan["sessions"], (model.prices for model in load_panel().models for _ in model.hosts), strict=True
        )
    )
    assert by_hand == pytest.approx(plan["total"]["cost"])
    assert main(["init", "--panel"]) == 2
    assert "exists already" in capsys.readouterr().err


def test_the_panels_suite_is_the_shipped_one_asked_once(tmp_path: Path) -> None:
    """Same prompts, one answer each, licence and settings carried over, another name and digest."""
    path = tmp_path / "once.yaml"
    path.write_text(panel_files(load_panel())["open-ended-once.yaml"], encoding="utf-8")
    once, shipped = find(str(path)), find("open-ended@1")
    assert [p.digest for p in shipped.probes] == [p.digest for p in once.probes]
    assert {1} == {p.repeats for p in once.probes}
    assert (shipped.licence, shipped.decoding) == (once.licence, once.decoding)
    assert shipped.digest != once.digest
