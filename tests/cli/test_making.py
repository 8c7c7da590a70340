"""Suites that are made, plans with pilot calls, and models that think more than a suite's limit allows."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from blackbox.suites import load
from tests.support.fake_vendor import FakeVendor, configured, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.commands import Command

TIES = """\
schema: blackbox.suite/1
name: ties
version: 1
licence: MIT
questions: [changed]
decoding: {temperature: 0}
defaults: {family: tie, language: en, form: closed, parser: word, repeats: 3, max_output_tokens: 8}
probes:
  - {id: firm, prompt: "Tea or coffee? Answer with one word."}
  - {id: near, prompt: "Oak or elm? Answer with one word."}
  - {id: nearest, prompt: "Lake or pond? Answer with one word."}
"""


class ThinkingVendor(FakeVendor):
    """Thinks for some tokens first; an answer comes only where the limit leaves room for it.

    Where `most` is set, a higher limit is refused, as it is by a model of short context.
    """

    def __init__(self, thought: int) -> None:
        super().__init__()
        self.thought = thought
        self.most: int | None = None

    def reply(self, body: dict[str, Any], authorization: str | None) -> tuple[int, dict[str, Any]]:
        """Return a reply with its reasoning tokens counted."""
        status, document = super().reply(body, authorization)
        limit = body["max_tokens"]
        if self.most is not None and limit > self.most:
            return 400, {"error": {"message": f"the context is {self.most} tokens", "type": "made_up", "code": None}}
        choice, usage = document["choices"][0], document["usage"]
        usage["completion_tokens"] = min(limit, self.thought + 2)
        usage["completion_tokens_details"] = {"reasoning_tokens": min(limit, self.thought)}
        if limit <= self.thought:
            choice["message"] = {"role": "assistant", "content": "", "reasoning_content": "Let me think"}
            choice["finish_reason"] = "length"
        return status, document


@pytest.fixture
def thinker() -> Iterator[ThinkingVendor]:
    """Yield a running vendor whose model thinks for 300 tokens."""
    with serving(ThinkingVendor(300)) as running:
        assert isinstance(running, ThinkingVendor)
        yield running


def test_a_scaffold_is_a_clean_suite(command: Command, tmp_path: Path) -> None:
    """`suites new` writes a locked, lint-clean file with a short form, and never over another."""
    made = command("suites", "new", "spices", "-o", "spices.yaml", "--json").json
    assert ("blackbox.made-suite/1", "spices", []) == (made["schema"], made["name"], made["findings"])
    assert 0 == command("suites", "lint", "spices.yaml").code
    assert load(tmp_path / "spices.yaml").short is not None
    again = command("suites", "new", "spices", "-o", "spices.yaml")
    assert (2, "spices.yaml exists already" in again.line()) == (again.code, True)
    assert "e.g. my-spices" in command("suites", "new", "My spices", "-o", "x.yaml").line()
    assert 2 == command("suites", "new", "a", "-o", "no/such/folder.yaml").code


def test_a_release_is_not_edited_under_its_own_name(command: Command, tmp_path: Path) -> None:
    """A changed copy is locked only as another version or name; an unchanged one is what it was."""
    from blackbox.suites.shipped import releases

    text = releases()["tool-call", 1].read_text(encoding="utf-8")
    (tmp_path / "same.yaml").write_text(text, encoding="utf-8")
    assert 0 == command("suites", "lock", "same.yaml").code
    edited = text.replace("What is a stock split?", "What is a share split?")
    (tmp_path / "mine.yaml").write_text(edited, encoding="utf-8")
    refused = command("suites", "lock", "mine.yaml")
    assert (2, "tool-call@1 is released with other content, never edited; write version: 2, or a name") == (
        refused.code, refused.line().split(": ", 2)[2].rpartition(" of your own")[0],
    )  # fmt: skip
    assert edited == (tmp_path / "mine.yaml").read_text(encoding="utf-8")
    from blackbox.suites import locked

    (tmp_path / "other.yaml").write_text(locked(edited), encoding="utf-8")
    found = command("suites", "lint", "other.yaml")
    assert (2, True) == (found.code, "tool-call@1 is released with other content, never edited" in found.out)
    named = command("suites", "new", "tool-call", "-o", "new.yaml")
    assert (2, True) == (named.code, "the name of a released suite" in named.line())
    (tmp_path / "mine.yaml").write_text(edited.replace("version: 1", "version: 2"), encoding="utf-8")
    assert 0 == command("suites", "lock", "mine.yaml").code


def test_a_log_becomes_a_redacted_suite(command: Command, tmp_path: Path) -> None:
    """A column of a local file, with its digest, licence and what was taken out."""
    log = tmp_path / "log.csv"
    log.write_text("id,prompt\n1,Write to a@b.example\n2,How do tides work?\n3,\n", encoding="utf-8")
    made = command(
        "suites",
        "from-dataset",
        log,
        "--column",
        "prompt",
        "--name",
        "mine",
        "--licence",
        "own",
        "-o",
        "m.yaml",
        "--json",
    ).json
    told = made["provenance"]
    assert (2, {"email": 1}, {"blank": 1}) == (made["n_probes"], told["redacted"], told["left_out"])
    assert hashlib.sha256(log.read_bytes()).hexdigest() == told["sha256"]
    assert "a@b.example" not in (tmp_path / "m.yaml").read_text(encoding="utf-8")
    assert 0 == command("suites", "lint", "m.yaml").code


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["missing.csv"], "missing.csv"),
        (["some/dataset"], "may change; write --revision with the 40 digits of a commit"),
        (["log.csv", "--column", "answer"], "answer"),
        (["log.csv"], "states no licence; say which with --licence"),
    ],
)
def test_a_dataset_that_cannot_be_used_is_one_line(
    command: Command, tmp_path: Path, words: list[str], said: str
) -> None:
    """No file, no commit, no column, no licence."""
    (tmp_path / "log.csv").write_text("prompt\nHello there\n", encoding="utf-8")
    column = [] if "--column" in words else ["--column", "prompt"]
    result = command("suites", "from-dataset", *words, *column, "--name", "mine", "-o", "m.yaml")
    assert 2 == result.code
    assert said in result.line()


def test_a_secret_suite_comes_from_the_environment(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key is named, never written; without it the line says how to make one."""
    missing = command("suites", "secret", "one-token", "-o", "s.yaml")
    assert (2, "export BLACKBOX_SUITE_KEY=" in missing.line()) == (missing.code, True)
    monkeypatch.setenv("MY_KEY", "a made-up key of some length")
    made = command("suites", "secret", "one-token", "--key-env", "MY_KEY", "-o", "s.yaml", "--json").json
    assert (40, 600) == (made["n_probes"], made["n_calls"])
    text = (tmp_path / "s.yaml").read_text(encoding="utf-8")
    assert "a made-up key" not in text
    assert made["digest"] in text
    monkeypatch.setenv("MY_KEY", "sixteen bytes \udcff or more")
    assert 0 == command("suites", "secret", "identity", "--key-env", "MY_KEY", "-o", "bytes.yaml").code
    refused = command("suites", "secret", "one-token", "--key-env", "a-made-up-key-of-some-length", "-o", "r.yaml")
    assert (2, False) == (refused.code, "a-made-up-key" in refused.err + refused.out)
    assert "there is no family 'tides'" in command("suites", "secret", "tides", "--key-env", "MY_KEY", "-o", "i").line()


@pytest.mark.parametrize(
    ("family", "n_probes", "n_calls"),
    [("knowledge-edge", 15, 30), ("identity", 16, 80), ("refusal", 100, 300), ("tool-call", 60, 180)],
)
def test_a_secret_suite_is_read_back_and_planned(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, family: str, n_probes: int, n_calls: int
) -> None:
    """The file is what was drawn: locked, clean, with facts, tools and keys, and nothing of the key in it."""
    monkeypatch.setenv("BLACKBOX_SUITE_KEY", "a made-up key of some length")
    made = command("suites", "secret", family, "-o", "s.yaml", "--json").json
    assert (n_probes, n_calls, []) == (made["n_probes"], made["n_calls"], made["findings"])
    assert made["digest"] == load(tmp_path / "s.yaml").digest
    assert "a made-up key" not in (tmp_path / "s.yaml").read_text(encoding="utf-8")
    assert 0 == command("suites", "lint", "s.yaml").code


def test_near_ties_are_selected_and_discovery_stays_out_of_the_test(
    command: Command, tmp_path: Path, vendor: FakeVendor
) -> None:
    """The inputs whose answers varied, closest first, in a suite of their own that is not compared with discovery."""
    from blackbox.suites import locked

    (tmp_path / "ties.yaml").write_text(locked(TIES), encoding="utf-8")

    def answer(body: dict[str, Any], repeat: int) -> str:
        varied = {"Oak": ("oak", "oak", "elm"), "Lake": ("lake", "pond", "lake")}
        return varied.get(body["messages"][-1]["content"].split()[0], ("tea",) * 3)[repeat % 3]

    vendor.answer = answer
    configured(tmp_path, vendor, "a")
    found = command("run", "-s", "ties.yaml", "--json").json["sessions"][0]["run_id"]
    made = command("suites", "near-ties", found, "-o", "near.yaml", "--limit", "5", "--repeats", "4", "--json").json
    told = made["provenance"]
    assert (2, 8, {"answers": 2}, found) == (made["n_probes"], made["n_calls"], told["by"], told["run"])
    assert {"near", "nearest"} == {probe.id for probe in load(tmp_path / "near.yaml").probes}
    asked = command("run", "-s", "near.yaml", "--json").json["sessions"][0]["run_id"]
    both = command("compare", found, asked)
    assert 2 == both.code
    assert "different suites" in both.err or "no pair" in both.err


def test_no_near_tie_is_said(command: Command, tmp_path: Path, vendor: FakeVendor) -> None:
    """An endpoint that never varies, without log-probabilities, has none to offer."""
    from blackbox.suites import locked

    (tmp_path / "ties.yaml").write_text(locked(TIES), encoding="utf-8")
    vendor.answer = lambda _body, _n: "tea"
    configured(tmp_path, vendor, "a")
    found = command("run", "-s", "ties.yaml", "--json").json["sessions"][0]["run_id"]
    line = command("suites", "near-ties", found, "-o", "n.yaml").line()
    assert "no near tie: answers never varied" in line
    assert "decoding: {top_logprobs: 5}" in line


def test_the_page_says_how_a_suite_really_draws(command: Command, tmp_path: Path) -> None:
    """A seed, a missing system message and a newer release are said."""
    from blackbox.suites import locked

    drawn = TIES.replace("temperature: 0", "temperature: 1, seed: 3")
    (tmp_path / "mine.yaml").write_text(locked(drawn), encoding="utf-8")
    page = " ".join(command("suites", "show", "mine.yaml").out.split())
    assert "temperature 1, top_p 1, not one explicit system message, seed 3, so that they are copies." in page
    assert "open-ended@3 is out" in command("suites", "show", "open-ended@1").out
    assert "Newer version" not in command("suites", "show", "open-ended").out


def test_draws_hold_no_near_ties(command: Command, tmp_path: Path, vendor: FakeVendor) -> None:
    """Above temperature 0 every answer varies: nothing is on the border for that."""
    configured(tmp_path, vendor, "a")
    found = command("run", "-s", "one-token.short", "--json").json["sessions"][0]["run_id"]
    result = command("suites", "near-ties", found, "-o", "n.yaml")
    assert (2, True) == (result.code, "asked at a temperature above 0, where all answers vary" in result.line())
    assert not (tmp_path / "n.yaml").exists()


def test_plan_takes_the_standard_profile_and_says_its_cost(
    command: Command, tmp_path: Path, vendor: FakeVendor
) -> None:
    """Without -s the profile `standard`, under $0.40 an endpoint; nothing is sent."""
    configured(tmp_path, vendor, "a", "b")
    plan = command("plan", "--json").json
    assert {"one-token", "open-ended", "reasoned-choice"} <= {row["suite"] for row in plan["sessions"]}
    assert plan["total"]["reference_cost_usd"] / 2 <= 0.40
    assert any("$0.50 and $1.50 per million tokens" in note for note in plan["notes"])
    assert 0 == vendor.n_requests
    quick = command("plan", "-s", "quick", "--json").json
    assert quick["total"]["n_requests"] <= 2 * 150


def test_pilot_calls_find_a_model_that_thinks_too_long(
    command: Command, tmp_path: Path, thinker: ThinkingVendor, small_suite: Path
) -> None:
    """Three calls; the suite's 16 tokens are less than the thought, so it is not applicable at this budget."""
    configured(tmp_path, thinker, "deep")
    plan = command("plan", "-s", small_suite, "--pilot", "--json").json
    assert 3 == thinker.n_requests
    (pilot,), (row,) = plan["pilot"], plan["sessions"]
    assert (3, 3, 300.0) == (pilot["n_calls"], pilot["n_answered"], pilot["reasoning_tokens"])
    assert "not_applicable_at_this_budget" == row["budget"]["status"]
    assert "set decoding: {max_output_tokens: " in row["budget"]["reason"]
    assert 15 * 16 == row["output_tokens_expected"]
    assert "not applicable at this budget" in command("plan", "-s", small_suite, "--pilot").out


def test_an_own_limit_makes_it_applicable_and_dearer(
    command: Command, tmp_path: Path, thinker: ThinkingVendor, small_suite: Path
) -> None:
    """With a limit of its own the endpoint can answer, and the thought is priced."""
    configured(tmp_path, thinker, "deep", more=", decoding: {max_output_tokens: 1024}")
    row = command("plan", "-s", small_suite, "--pilot", "--json").json["sessions"][0]
    assert {"status": "applicable", "reason": None} == row["budget"]
    assert 15 * (300 + 16) == row["output_tokens_expected"]


def test_a_thought_that_leaves_less_than_half_of_the_limit_is_over_budget(
    command: Command, tmp_path: Path, thinker: ThinkingVendor, small_suite: Path
) -> None:
    """Of 16 tokens 8 may be thought; with 9 many answers would be cut."""
    configured(tmp_path, thinker, "deep")
    found = {}
    for thinker.thought in (8, 9):
        plan = command("plan", "-s", small_suite, "--pilot", "--json").json
        found[thinker.thought] = plan["sessions"][0]["budget"]["status"]
    assert found == {8: "applicable", 9: "not_applicable_at_this_budget"}


@pytest.mark.parametrize(("most", "showed"), [(1_000, (4, 300)), (100, (5, 16))])
def test_an_endpoint_of_short_context_is_piloted_with_a_lower_limit(
    command: Command, tmp_path: Path, thinker: ThinkingVendor, small_suite: Path, most: int, showed: tuple[int, int]
) -> None:  # fmt: skip
    """A refused limit is lowered once for all calls, in the end to the suite's own 16, all of which is thought."""
    configured(tmp_path, thinker, "deep")
    thinker.most = most
    plan = command("plan", "-s", small_suite, "--pilot", "--json").json
    (pilot,) = plan["pilot"]
    assert (3, *showed) == (pilot["n_calls"], thinker.n_requests, pilot["reasoning_tokens"])
    assert "not_applicable_at_this_budget" == plan["sessions"][0]["budget"]["status"]


def test_a_limit_of_ones_own_that_is_refused_is_said(
    command: Command, tmp_path: Path, thinker: ThinkingVendor, small_suite: Path
) -> None:
    """What a run would send is refused: nothing lower is tried in its place."""
    configured(tmp_path, thinker, "deep", more=", decoding: {max_output_tokens: 4096}")
    thinker.most = 1_000
    plan = command("plan", "-s", small_suite, "--pilot", "--json").json
    assert 3 == thinker.n_requests
    assert "the context is 1000 tokens" in plan["pilot"][0]["error"]
    assert "unknown" == plan["sessions"][0]["budget"]["status"]


def test_a_failed_pilot_is_unknown(command: Command, tmp_path: Path, vendor: FakeVendor, small_suite: Path) -> None:
    """An endpoint that refuses every call is said, and nothing is made up."""
    vendor.status = 401
    configured(tmp_path, vendor, "a")
    plan = command("plan", "-s", small_suite, "--pilot", "--json").json
    assert (0, None) == (plan["pilot"][0]["n_answered"], plan["pilot"][0]["reasoning_tokens"])
    assert "unknown" == plan["sessions"][0]["budget"]["status"]
    assert plan["sessions"][0]["output_tokens_expected"] is None


def test_thought_without_answers_is_not_applicable_and_never_different(
    command: Command, tmp_path: Path, thinker: ThinkingVendor, vendor: FakeVendor, small_suite: Path
) -> None:
    """A run of replies cut while thinking is warned of, and its comparison says why it can't be judged."""
    blocks = f"  deep: {{kind: openai-chat, base_url: '{thinker.base_url}', model: m}}\n"
    blocks += f"  plain: {{kind: openai-chat, base_url: '{vendor.base_url}', model: m}}\n"
    (tmp_path / "blackbox.yaml").write_text(f"endpoints:\n{blocks}", encoding="utf-8")
    ran = command("run", "-s", small_suite, "--json")
    assert "deep small: not applicable at this budget: 15 of 15 replies are thought alone" in ran.err
    runs = [entry["run_id"] for entry in ran.json["sessions"]]
    same = command("compare", *runs, "--json").json["pairs"][0]["same"]
    assert "not_applicable" == same["verdict"]
    assert "not applicable at this budget: 15 of 15" in same["reason"]
