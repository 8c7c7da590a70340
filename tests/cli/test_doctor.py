"""`blackbox doctor` from a shell, against a server that answers 200 to everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from blackbox.cli.doctor import _say_examined
from blackbox.workflow.doctor import Examined
from tests.support.fake_vendor import FakeVendor, configured, serving

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.commands import Command

KEY = "sk-secret-0123456789"


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> FakeVendor:
    """A vendor whose key is set."""
    monkeypatch.setenv("SHOP_KEY", KEY)
    return FakeVendor()


def test_doctor_says_what_is_ignored(tmp_path: Path, shop: FakeVendor, command: Command) -> None:
    """One document, a budget line before it, findings with statuses, and the key nowhere."""
    with serving(shop):
        configured(tmp_path, shop, "a", more=", api_key_env: SHOP_KEY, prices: {input_per_mtok: 1, output_per_mtok: 2}")
        said = command("doctor", "a", "--json")
        refused = command("doctor", "nobody")
    assert (0, "blackbox.doctor/1") == (said.code, said.json["schema"])
    (examined,) = said.json["examinations"]
    status = {finding["check"]: finding["status"] for finding in examined["findings"]}
    assert ("ignored", "ignored", "ignored") == (status["n"], status["logprobs"], status["model_name"])
    assert {"ignore-n", "ignore-logprobs", "echo-model"} <= set(examined["quirks"])
    assert "a: 1" in said.err
    assert "USD" in said.err
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "blackbox.yaml"]
    assert [] == [path for path in files if KEY.encode() in path.read_bytes()]
    assert 2 == refused.code


def test_a_server_that_is_down_is_incomplete(tmp_path: Path, shop: FakeVendor, command: Command) -> None:
    """Exit 4, nothing kept, one reason."""
    shop.status = 401
    with serving(shop):
        configured(tmp_path, shop, "a", more=", api_key_env: SHOP_KEY")
        said = command("doctor", "--json")
    assert (4, "failed", None) == (said.code, said.json["examinations"][0]["state"], said.json["examinations"][0]["id"])
    assert not (tmp_path / "results" / "doctor").exists()


def test_findings_are_a_table_and_what_a_server_says_is_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    """Each finding is a row, each effect a line, and terminal escapes in a served name are shown, not obeyed."""
    finding = {"check": "routing", "status": "not honoured", "seen": "served model: \x1b[31mred",
               "quirks": ["two-builds"], "effects": {"same": "pin one host"}}  # fmt: skip
    document = {"findings": [finding]}
    _say_examined([
        Examined(endpoint="shop", state="finished", reason=None, n_sent=1, cost=None, document=document),
        Examined(endpoint="down", state="failed", reason="no \x1b[0m route", n_sent=1, cost=None),
    ])  # fmt: skip
    captured = capsys.readouterr()
    assert "\x1b" not in captured.out + captured.err
    assert "routing, for same: pin one host" in captured.out
    assert "two-builds" in captured.out
    assert "down: no" in captured.err
