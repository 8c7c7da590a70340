"""`ask`: what the keys held can answer, with what and at what cost; nothing is sent and no key is read out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.commands import Command

PRICES = "prices: {input_per_mtok: 0.5, output_per_mtok: 1.5}"


def configured(folder: Path, n: int, *, keyed: int = 0, more: str = PRICES) -> None:
    """Write a configuration of `n` endpoints, the first `keyed` of which need the key variable of one vendor."""
    blocks = [
        f"  e{i:02d}: {{kind: openai-chat, base_url: 'http://127.0.0.1:1/v1', model: m{i}, {more}"
        f"{', api_key_env: MY_VENDOR_KEY' if i < keyed else ''}}}\n"
        for i in range(n)
    ]
    (folder / "blackbox.yaml").write_text("endpoints:\n" + "".join(blocks), encoding="utf-8")


def statuses(document: dict[str, Any]) -> dict[str, str]:
    """Return each question's status."""
    return {each["question"]: each["status"] for each in document["questions"]}


@pytest.mark.parametrize(
    ("n", "population", "ready"),
    [
        (0, False, ""),
        (1, False, "changed"),
        (2, False, "same changed mixed"),
        (2, True, "same related changed mixed which"),
        (10, False, "same related changed mixed"),
        (40, False, "same related changed mixed which"),
    ],
)
def test_each_question_needs_what_it_needs(
    command: Command, tmp_path: Path, n: int, *, population: bool, ready: str
) -> None:
    """Two for a pair, eight more for ranks, a population or many families for a ratio and for a name."""
    if n:
        configured(tmp_path, n)
    (tmp_path / "population.json").write_text("{}", encoding="utf-8")
    more = ["--population", "population.json"] if population else []
    document = command("ask", "-s", "one-token.short", "-s", "open-ended@1", *more, "--json").json
    found = statuses(document)

    assert {name for name, status in found.items() if status != "not ready"} == set(ready.split())
    assert found["changed"] in {"later", "not ready"}
    for each in document["questions"]:
        assert bool(each["missing"]) == (each["status"] == "not ready") == (not each["commands"])


def test_a_key_that_is_not_set_is_named_and_its_value_is_never_read_out(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An endpoint without its key is not counted; with it, it is; the key stands nowhere."""
    configured(tmp_path, 2, keyed=1)
    without = command("ask", "--json").json
    monkeypatch.setenv("MY_VENDOR_KEY", "sk-very-secret")
    with_key = command("ask", "--json")

    assert without["endpoints"][0] == {
        "endpoint": "e00",
        "model": "m0",
        "usable": False,
        "missing_variables": ["MY_VENDOR_KEY"],
    }
    assert (statuses(without)["same"], statuses(with_key.json)["same"]) == ("not ready", "ready")
    assert "sk-very-secret" not in with_key.out + with_key.err + command("ask").out


def test_costs_are_those_of_plan(command: Command, tmp_path: Path) -> None:
    """The same machinery: calls and cost of *same* are the plan's for the same suite."""
    configured(tmp_path, 2)
    planned = command("plan", "-s", "one-token", "--json").json["total"]
    asked = {each["question"]: each for each in command("ask", "-s", "one-token", "--json").json["questions"]}

    assert asked["same"]["n_requests"] == planned["n_requests"] == 1200
    assert asked["same"]["cost"] == pytest.approx(planned["cost"])
    assert asked["changed"]["n_requests"] == 2 * 60
    assert asked["changed"]["currency"] == "USD"


def test_a_suite_that_does_not_serve_a_question_is_said(command: Command, tmp_path: Path) -> None:
    """The tokenizer suite says nothing on a share of calls."""
    configured(tmp_path, 3)
    document = command("ask", "-s", "tokenizer", "--json").json

    assert (statuses(document)["same"], statuses(document)["mixed"]) == ("ready", "not ready")
    assert "none of those chosen serves 'mixed'" in str(document["questions"])


def test_without_a_configuration_it_says_how_to_begin(command: Command) -> None:
    """Nothing is an error: the keys that presets use are listed, and what to do first."""
    said = command("ask")

    assert said.code == 0
    assert "blackbox init" in said.err
    assert command("ask", "--json").json["keys"]
