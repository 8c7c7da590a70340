"""`run --until-decided` against a small vendor on loopback: stops when it may, says what it may."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.fake_vendor import FakeVendor, configured
from tests.support.schemas import checked

if TYPE_CHECKING:
    from tests.support.commands import Command

SUITE = """\
schema: blackbox.suite/1
name: long
version: 1
questions: [same]
system: You are a helpful assistant.
decoding: {temperature: 1.0, top_p: 1.0}
decision: {alpha: 0.05}
defaults: {family: pick, language: en, form: closed, parser: word, repeats: 40, max_output_tokens: 16}
probes:
  - {id: colour, prompt: Name a random colour. Answer with one word only.}
  - {id: city, prompt: Name a random city. Answer with one word only.}
  - {id: fruit, prompt: Name a random fruit. Answer with one word only.}
"""
N_CALLS = 120
WORDS = {"model-one": ("red", "blue"), "model-two": ("green", "pink")}


def answers(body: dict[str, Any], repeat: int) -> str:
    """Return one of two words, drawn anew each time; models one and two share none, others all."""
    words = WORDS.get(body["model"], ("oak", "elm"))
    seed = f"{body['model']} {body['messages'][-1]['content']} {repeat}"
    return words[hashlib.sha256(seed.encode()).digest()[0] % 2]


@pytest.fixture
def long_suite(tmp_path: Path) -> Path:
    """Return the path of a locked suite of 120 calls."""
    from blackbox.suites import locked

    path = tmp_path / "long.yaml"
    path.write_text(locked(SUITE), encoding="utf-8")
    return path


def test_two_that_differ_are_asked_no_more_than_needed(
    command: Command, vendor: FakeVendor, tmp_path: Path, long_suite: Path
) -> None:
    """Both runs end early and finished; the e-value stands in JSON, journal and manifest; nothing is sent after."""
    vendor.answer = answers
    configured(tmp_path, vendor, "one", "two")
    said = command("run", "-s", long_suite, "--until-decided", "--json")
    assert 0 == said.code, said.err
    (pair,) = said.json["decided"]
    assert "different" == pair["status"]
    assert pair["e_value"] >= pair["needed"] == 20.0
    assert pair["pvalue"] == 1 / pair["e_value"]
    assert vendor.n_requests == pair["n_calls"] < N_CALLS
    assert 2 * N_CALLS - vendor.n_requests == pair["n_saved"]
    folder = Path(said.json["sessions"][0]["path"])
    manifest = checked(json.loads((folder / "manifest.json").read_text(encoding="utf-8")))
    assert "finished" == manifest["status"]
    assert "only e-values may be reported" in manifest["warnings"][0]
    notes = [json.loads(line)["body"] for line in (folder / "journal.jsonl").read_text(encoding="utf-8").splitlines()]
    (noted,) = [body for body in notes if body.get("note") == "sequential"]
    assert pair["e_value"] == noted["e_values"][0]["e_value"]
    assert 0 == command("verify").code
    n_sent = vendor.n_requests
    again = command("run", "-s", long_suite, "--until-decided", "--json")
    assert (0, n_sent) == (again.code, vendor.n_requests)
    assert pair["e_value"] == again.json["decided"][0]["e_value"]


def test_two_that_are_alike_are_asked_everything_and_never_called_alike(
    command: Command, vendor: FakeVendor, tmp_path: Path, long_suite: Path
) -> None:
    """Without evidence the whole plan is asked, and the words say that this is no sign of sameness."""
    vendor.answer = answers
    configured(tmp_path, vendor, "three", "four")
    said = command("run", "-s", long_suite, "--until-decided")
    assert 0 == said.code
    assert 2 * N_CALLS == vendor.n_requests
    assert "not decided, which is no sign that they are alike" in said.err


def test_an_endpoint_goes_on_while_one_of_its_pairs_is_open(
    command: Command, vendor: FakeVendor, tmp_path: Path, long_suite: Path
) -> None:
    """Of three endpoints the two alike go on to the end; the level is shared by the three pairs."""
    vendor.answer = answers
    configured(tmp_path, vendor, "one", "three", "four")
    said = command("run", "-s", long_suite, "--until-decided", "--json")
    sent = {s["endpoint"]: s["n_sent"] for s in said.json["sessions"]}
    assert {"three": N_CALLS, "four": N_CALLS} == {name: sent[name] for name in ("three", "four")}
    assert sent["one"] < N_CALLS
    assert {60.0} == {pair["needed"] for pair in said.json["decided"]}
    assert ["different", "different", "undecided"] == sorted(pair["status"] for pair in said.json["decided"])


def test_comparison_afterwards_reports_the_e_value_only(
    command: Command, vendor: FakeVendor, tmp_path: Path, long_suite: Path
) -> None:
    """`compare` of such runs gives p = 1/e, no other test, no effect, no similarity and no share."""
    vendor.answer = answers
    configured(tmp_path, vendor, "one", "two")
    ran = command("run", "-s", long_suite, "--until-decided", "--json")
    said = command("compare", *(s["run_id"] for s in ran.json["sessions"]), "--json")
    (pair,) = said.json["pairs"]
    assert "different" == pair["same"]["verdict"]
    assert ran.json["decided"][0]["pvalue"] == pair["same"]["pvalue"]
    assert [] == pair["same"]["signals"]
    assert pair["same"]["effect"]["value"] is None
    assert pair["similarity"]["value"] is None
    assert pair["mixed"]["share"] is None
    assert "e-value" in pair["sentences"]["same"]


def test_runs_of_both_modes_are_not_mixed_up(
    command: Command, vendor: FakeVendor, tmp_path: Path, long_suite: Path
) -> None:
    """A run begun in one mode is not continued in the other, and one of each can't be compared as if fixed."""
    vendor.answer = answers
    configured(tmp_path, vendor, "one", "two")
    command("run", "-s", long_suite, "--until-decided", "--max-requests", "20")
    said = command("run", "-s", long_suite)
    assert 2 == said.code
    assert "was begun with --until-decided" in said.err
    resumed = command("run", "-s", long_suite, "--until-decided", "--json")
    assert 0 == resumed.code
    fixed = command("run", "-s", long_suite, "-e", "two", "--label", "fixed", "--json")
    ids = [resumed.json["sessions"][0]["run_id"], fixed.json["sessions"][0]["run_id"]]
    (pair,) = command("compare", *ids, "--json").json["pairs"]
    assert "not_applicable" == pair["same"]["verdict"]
    assert "collected together" in pair["same"]["reason"]


@pytest.mark.parametrize(
    ("names", "more", "word"),
    [
        (("one",), "", "name at least two"),
        (("one", "two"), ", decoding: {temperature: 0}", "repeats, not draws"),
    ],
)
def test_what_cannot_be_decided_is_refused_before_the_first_call(  # noqa: PLR0917 - fixtures
    command: Command, vendor: FakeVendor, tmp_path: Path, long_suite: Path, names: tuple[str, ...], more: str, word: str
) -> None:
    """One endpoint alone, or answers that are no draws: exit 2, nothing sent."""
    configured(tmp_path, vendor, *names, more=more)
    said = command("run", "-s", long_suite, "--until-decided")
    assert 2 == said.code
    assert word in said.err
    assert 0 == vendor.n_requests
