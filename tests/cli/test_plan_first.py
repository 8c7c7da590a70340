"""The plan is on disk, digested and sealed, before the first request leaves."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from support.caught import CAUGHT
from support.fake_vendor import FakeVendor, configured, drawn, serving

from blackbox.core import digest
from blackbox.store import manifests, runs

if TYPE_CHECKING:
    from pathlib import Path

    from support.commands import Command

    from blackbox.core import Manifest


def test_the_plan_is_sealed_before_the_first_request(tmp_path: Path, command: Command, small_suite: Path) -> None:
    """When the first request arrives, line 0 of the journal holds the digest of the plan that the run ends with."""
    seen: list[tuple[int, dict[str, Any], dict[str, Any]]] = []

    def answer(body: dict[str, Any], repeat: int) -> str:
        if not seen:
            [journal] = (tmp_path / "results").glob("*/journal.jsonl")
            lines = journal.read_text().splitlines()
            seen.append((len(lines), json.loads(lines[0]), json.loads((journal.parent / "manifest.json").read_text())))
        return drawn(body, repeat)

    with serving(FakeVendor(answer)) as vendor:
        configured(tmp_path, vendor, "one")
        done = command("run", "-s", small_suite, "--json")
    n_lines, first, before = min(seen, key=lambda each: each[0])  # two may come in at once
    after = json.loads(next((tmp_path / "results").glob("*/manifest.json")).read_text())
    plan = {name: value for name, value in after["plan"].items() if name != "digest"}

    assert done.code == 0
    assert n_lines == 1
    assert first["body"]["fixed"]["plan"] == digest(after["plan"]) == digest(before["plan"])
    assert after["plan"]["digest"] == digest(plan)
    assert {"alpha", "margin", "n_permutations", "seed"} <= plan["decision"].keys()
    assert len(set(map(json.dumps, vendor.bodies))) == 3


def test_rules_changed_afterwards_are_found(tmp_path: Path, command: Command, small_suite: Path) -> None:
    """A margin or α changed in the manifest, its digest made to fit, is damage: exit 5 and the field's name."""
    with serving(FakeVendor()) as vendor:
        configured(tmp_path, vendor, "one")
        command("run", "-s", small_suite)
    path = next((tmp_path / "results").glob("*/manifest.json"))
    whole = json.loads(path.read_text())
    for field, value in (("alpha", 0.5), ("margin", 0.9), ("looks", 1)):
        plan = {name: part for name, part in whole["plan"].items() if name != "digest"}
        plan["decision"] = {**plan["decision"], field: value, "changed": True}
        path.write_text(json.dumps({**whole, "plan": {**plan, "digest": digest(plan)}}))
        said = command("verify")
        assert said.code == 5
        assert "plan is not what the run began with" in " ".join(said.out.split())
    path.write_text(json.dumps(whole))
    assert command("verify").code == 0


def test_a_plan_that_nobody_seals_is_caught(
    tmp_path: Path, command: Command, small_suite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both tests fail for a journal whose first line has no digest of the plan."""
    note = manifests.created_note

    def unsealed(manifest: Manifest) -> dict[str, Any]:
        body = note(manifest)
        return {**body, "fixed": {name: value for name, value in body["fixed"].items() if name != "plan"}}

    for module in (manifests, runs):
        monkeypatch.setattr(module, "created_note", unsealed)
    with pytest.raises(CAUGHT):
        test_rules_changed_afterwards_are_found(tmp_path, command, small_suite)
    shutil.rmtree(tmp_path / "results")
    with pytest.raises(KeyError, match="plan"):
        test_the_plan_is_sealed_before_the_first_request(tmp_path, command, small_suite)
