"""`plan` and `run` against a small vendor on loopback, as a new user would call them."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from blackbox.store import RunWriter
from blackbox.workflow import clock
from blackbox.workflow.clock import SYSTEM_CLOCK, utc_now
from tests.support.fake_vendor import N_CALLS, FakeVendor, configured

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.commands import Command, Said

KEY = "sk-live-0123456789-abcDEF"
GONE = "http://127.0.0.1:9/v1"
"""The discard port: nothing listens there."""


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make waits between attempts take no time."""

    async def sleep(_: float) -> None:
        await asyncio.sleep(0)

    monkeypatch.setattr(clock, "SYSTEM_CLOCK", replace(SYSTEM_CLOCK, sleep=sleep))


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make it the day after tomorrow."""
    monkeypatch.setattr(clock, "SYSTEM_CLOCK", replace(SYSTEM_CLOCK, now=lambda: utc_now() + timedelta(hours=25)))


def manifest(said: Said, index: int = 0) -> Any:
    """Return the manifest of a session's run."""
    from pathlib import Path

    path = Path(said.json["sessions"][index]["path"]) / "manifest.json"
    return json.loads(path.read_text(encoding="utf-8"))


def states(said: Said) -> list[str]:
    """Return what became of each session."""
    return [session["state"] for session in said.json["sessions"]]


def test_every_call_once_and_interleaved(
    command: Command, vendor: FakeVendor, tmp_path: Path, small_suite: Path
) -> None:
    """All calls of all endpoints are sent exactly once, side by side, and stored."""
    configured(tmp_path, vendor, "one", "two")
    said = command("run", "-s", small_suite, "--json")
    assert 0 == said.code
    assert ["finished", "finished"] == states(said)
    assert 2 * N_CALLS == vendor.n_requests
    assert {2 * 5} == set(vendor.asked().values())
    order = [body["model"] for body in vendor.bodies]
    assert order != sorted(order)
    assert {"ok": N_CALLS, "n_attempts": N_CALLS} == said.json["sessions"][0]["totals"]
    assert 0 == command("verify").code


def test_again_sends_nothing_and_names_the_run(
    command: Command, vendor: FakeVendor, tmp_path: Path, small_suite: Path
) -> None:
    """A finished run is named, and not one more request is sent."""
    configured(tmp_path, vendor, "one")
    first = command("run", "-s", small_suite, "--json")
    again = command("run", "-s", small_suite, "--json")
    assert 0 == again.code
    assert ["already_finished"] == states(again)
    assert first.json["sessions"][0]["run_id"] == again.json["sessions"][0]["run_id"]
    assert first.json["sessions"][0]["run_id"] in again.err
    assert N_CALLS == vendor.n_requests


@pytest.mark.parametrize("more", [("--new",), ("--label", "evening"), ("--seed", "7")])
def test_another_session(
    command: Command, vendor: FakeVendor, tmp_path: Path, small_suite: Path, more: tuple[str, ...]
) -> None:
    """--new, another label or another seed begin another run."""
    configured(tmp_path, vendor, "one")
    command("run", "-s", small_suite)
    said = command("run", "-s", small_suite, "--json", *more)
    assert ["finished"] == states(said)
    assert 2 * N_CALLS == vendor.n_requests
    assert 2 == len(command("ls", "--json").json["runs"])


def test_run_key_ignores_keys_prices_limits_and_concurrency(
    command: Command, vendor: FakeVendor, tmp_path: Path, small_suite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What doesn't change the answers doesn't begin another run; the model asked for does."""
    monkeypatch.setenv("SHOP_KEY", KEY)
    configured(tmp_path, vendor, "one")
    command("run", "-s", small_suite)
    more = ", concurrency: 2, rpm: 60000, api_key_env: SHOP_KEY, prices: {input_per_mtok: 1, output_per_mtok: 2}"
    configured(tmp_path, vendor, "one", more=more)
    assert ["already_finished"] == states(command("run", "-s", small_suite, "--json"))
    configured(tmp_path, vendor, "one", more=", decoding: {temperature: 0.5}")
    assert ["finished"] == states(command("run", "-s", small_suite, "--json"))
    assert {1.0, 0.5} == {body["temperature"] for body in vendor.bodies}


def test_request_budget_stops_and_resumes(
    command: Command, vendor: FakeVendor, tmp_path: Path, small_suite: Path
) -> None:
    """A spent budget is exit 4 with the reason; the same command finishes the rest and sends nothing twice."""
    configured(tmp_path, vendor, "one", "two")
    stopped = command("run", "-s", small_suite, "--max-requests", "11", "--json")
    assert 4 == stopped.code
    assert ["stopped", "stopped"] == states(stopped)
    assert "limit of 11 requests" in stopped.err
    assert 11 == vendor.n_requests
    finished = command("run", "-s", small_suite, "--json")
    assert (0, ["finished", "finished"]) == (finished.code, states(finished))
    assert [True, True] == [session["resumed"] for session in finished.json["sessions"]]
    assert 2 * N_CALLS == vendor.n_requests
    assert N_CALLS == manifest(finished)["totals"]["n_attempts"]


def test_budget_counts_over_suites(command: Command, vendor: FakeVendor, tmp_path: Path, small_suite: Path) -> None:
    """The second suite gets what the first one left, and isn't begun when that is nothing."""
    from blackbox.suites import locked

    other = tmp_path / "other.yaml"
    other.write_text(locked(small_suite.read_text(encoding="utf-8").replace("name: small", "name: other")))
    configured(tmp_path, vendor, "one")
    said = command("run", "-s", small_suite, "-s", other, "--max-requests", N_CALLS, "--json")  # type: ignore[arg-type]
    assert (4, ["finished", "stopped"]) == (said.code, states(said))
    assert None is said.json["sessions"][1]["run_id"]
    assert N_CALLS == vendor.n_requests


def test_two_versions_of_a_suite_are_two_runs(
    command: Command, vendor: FakeVendor, tmp_path: Path, small_suite: Path
) -> None:
    """Suites of one name are told apart by what they ask."""
    from blackbox.suites import locked

    other = tmp_path / "other.yaml"
    other.write_text(locked(small_suite.read_text(encoding="utf-8").replace("version: 1", "version: 2")))
    configured(tmp_path, vendor, "one")
    said = command("run", "-s", small_suite, "-s", other, "--json")
    assert (0, ["finished", "finished"]) == (said.code, states(said))
    assert [1, 2] == [session["suite_version"] for session in said.json["sessions"]]
    assert 2 * N_CALLS == vendor.n_requests


def test_cost_budget(command: Command, vendor: FakeVendor, tmp_path: Path, small_suite: Path) -> None:
    """A cost limit stops before it is passed, what was spent is stored, and without prices it is refused."""
    configured(tmp_path, vendor, "one")
    refused = command("run", "-s", small_suite, "--max-cost", "1")
    assert 2 == refused.code
    assert "needs prices: write prices: {input_per_mtok: …, output_per_mtok: …}" in refused.line()
    assert "--max-cost" not in command("plan", "-s", small_suite).err  # a plan names no option that would be refused
    assert 0 == vendor.n_requests
    configured(tmp_path, vendor, "one", more=", prices: {input_per_mtok: 1000, output_per_mtok: 1000}, concurrency: 1")
    said = command("run", "-s", small_suite, "--max-cost", "0.15", "--json")
    assert 4 == said.code
    assert 0 < vendor.n_requests < N_CALLS
    spent = vendor.n_requests * 22 * 1000 / 1e6
    assert said.json["sessions"][0]["cost"] == pytest.approx(spent)
    assert spent <= 0.15
    assert 0 == command("run", "-s", small_suite, "--json").code
    assert N_CALLS * 0.022 == pytest.approx(command("ls", "--json").json["runs"][0]["cost"])


def test_missing_key_is_found_before_the_first_call(
    command: Command, vendor: FakeVendor, tmp_path: Path, small_suite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One endpoint without its key: nobody is asked anything, nothing is written, exit 2."""
    monkeypatch.delenv("SHOP_KEY", raising=False)
    configured(tmp_path, vendor, "one")
    with (tmp_path / "blackbox.yaml").open("a") as file:
        file.write(f"  shop: {{kind: openai-chat, base_url: '{vendor.base_url}', model: m, api_key_env: SHOP_KEY}}\n")
    said = command("run", "-s", small_suite)
    assert 2 == said.code
    assert "shop" in said.line()
    assert "SHOP_KEY" in said.line()
    assert 0 == vendor.n_requests
    assert [] == command("ls", "--json").json["runs"]
    planned = command("plan", "-s", small_suite)
    assert 0 == planned.code
    assert "SHOP_KEY is not set" in planned.out


def test_key_goes_where_it_belongs_and_nowhere_else(
    command: Command, vendor: FakeVendor, tmp_path: Path, small_suite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The named key is sent, a vendor's ambient key is not, and no stored byte or printed line holds either."""
    monkeypatch.setenv("SHOP_KEY", KEY)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-ambient-0123456789-abc")
    vendor.answer = lambda _body, _n: f"my key is {KEY}"
    blocks = [
        f"  shop: {{kind: openai-chat, base_url: '{vendor.base_url}', model: m, api_key_env: SHOP_KEY}}",
        f"  mirror: {{preset: openai, base_url: '{vendor.base_url}', model: n}}",
    ]
    (tmp_path / "blackbox.yaml").write_text("endpoints:\n" + "\n".join(blocks) + "\n")
    said = command("run", "-s", small_suite, "--json")
    assert 0 == said.code
    sent = {(body["model"], header) for body, header in zip(vendor.bodies, vendor.authorizations, strict=True)}
    assert {("m", f"Bearer {KEY}"), ("n", None)} == sent
    assert "OPENAI_API_KEY is not sent to 127.0.0.1" in said.err
    assert KEY not in said.out + said.err
    shop = tmp_path / said.json["sessions"][0]["path"]
    assert not [path for path in shop.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]


def test_leaked_key_is_reported(
    command: Command, vendor: FakeVendor, tmp_path: Path, small_suite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key value that did get into a run's folder is named by its variable, so that it can be replaced."""
    monkeypatch.setenv("SHOP_KEY", "You are a helpful assistant")
    configured(tmp_path, vendor, "one", more=", api_key_env: SHOP_KEY")
    said = command("run", "-s", small_suite)
    assert 0 == said.code
    assert "holds the value of SHOP_KEY" in said.err


@pytest.mark.usefixtures("impatient")
def test_wrong_address_fails_alone(command: Command, vendor: FakeVendor, tmp_path: Path, small_suite: Path) -> None:
    """Where nobody answers the endpoint is stopped with the reason, exit 4; the others finish."""
    configured(tmp_path, vendor, "one")
    with (tmp_path / "blackbox.yaml").open("a") as file:
        file.write(f"  gone: {{kind: openai-chat, base_url: '{GONE}', model: m}}\n")
    said = command("run", "-s", small_suite, "--json")
    assert (4, ["finished", "failed"]) == (said.code, states(said))
    assert "connection refused" in said.json["sessions"][1]["reason"]
    assert "gone" in said.err
    assert "Traceback" not in said.err
    assert "stopped" == manifest(said, 1)["status"]
    assert {"error"}.isdisjoint(said.json["sessions"][1]["totals"])


def test_wrong_key_fails_at_once(
    command: Command, vendor: FakeVendor, tmp_path: Path, small_suite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refused key stops the endpoint at once, with exit 4; after the key is mended the same command finishes."""
    monkeypatch.setenv("SHOP_KEY", KEY)
    vendor.status = 401
    configured(tmp_path, vendor, "one", more=", api_key_env: SHOP_KEY")
    said = command("run", "-s", small_suite, "--json")
    assert (4, ["failed"]) == (said.code, states(said))
    assert "SHOP_KEY" in said.json["sessions"][0]["reason"]
    assert KEY not in said.out + said.err
    assert vendor.n_requests <= 4
    vendor.status = 200
    assert (0, 1) == (command("run", "-s", small_suite).code, len(command("ls", "--json").json["runs"]))


def test_a_failed_endpoint_is_left_alone_in_later_suites(
    command: Command, vendor: FakeVendor, tmp_path: Path, small_suite: Path
) -> None:
    """An endpoint that failed under one suite isn't asked the next one."""
    from blackbox.suites import locked

    other = tmp_path / "other.yaml"
    other.write_text(locked(small_suite.read_text(encoding="utf-8").replace("name: small", "name: other")))
    vendor.status = 401
    configured(tmp_path, vendor, "one")
    said = command("run", "-s", small_suite, "-s", other, "--json")
    assert (4, ["failed", "failed"]) == (said.code, states(said))
    assert vendor.n_requests <= 4
    assert 1 == len(command("ls", "--json").json["runs"])


def test_unknown_names(command: Command, vendor: FakeVendor, tmp_path: Path) -> None:
    """An unknown suite or endpoint names the nearest, exit 2, nothing sent."""
    configured(tmp_path, vendor, "one")
    assert "did you mean 'one-token'?" in command("run", "-s", "one-tokn").line()
    assert "did you mean 'one'?" in command("run", "-e", "onne").line()
    assert (2, 2) == (command("run", "-s", "one-tokn").code, command("run", "-e", "onne").code)
    assert 0 == vendor.n_requests


def test_two_names_of_one_endpoint(command: Command, vendor: FakeVendor, tmp_path: Path, small_suite: Path) -> None:
    """Two blocks that would be one run are refused, with what to do for a second session."""
    block = f"{{kind: openai-chat, base_url: '{vendor.base_url}', model: m}}"
    (tmp_path / "blackbox.yaml").write_text(f"endpoints:\n  one: {block}\n  two: {block}\n")
    said = command("run", "-s", small_suite)
    assert 2 == said.code
    assert "--label" in said.line()
    assert 0 == vendor.n_requests


@pytest.mark.usefixtures("later")
def test_old_run_is_not_continued_unasked(
    command: Command, vendor: FakeVendor, tmp_path: Path, small_suite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unfinished run from yesterday needs --resume-old."""
    configured(tmp_path, vendor, "one")
    with monkeypatch.context() as then:
        then.setattr(clock, "SYSTEM_CLOCK", SYSTEM_CLOCK)
        assert 4 == command("run", "-s", small_suite, "--max-requests", "4").code
    said = command("run", "-s", small_suite)
    assert 2 == said.code
    assert "--resume-old" in said.line()
    assert 4 == vendor.n_requests
    assert 0 == command("run", "-s", small_suite, "--resume-old").code
    assert N_CALLS == vendor.n_requests


def unfinished(command: Command, vendor: FakeVendor, tmp_path: Path, small_suite: Path) -> Path:
    """Return the journal of a run with a few answers."""
    configured(tmp_path, vendor, "one")
    said = command("run", "-s", small_suite, "--max-requests", "6", "--json")
    journal: Path = tmp_path / said.json["sessions"][0]["path"] / "journal.jsonl"
    return journal


def as_if_killed(journal: Path) -> None:
    """Make the manifest say what it says while a run is under way."""
    path = journal.with_name("manifest.json")
    document = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(document | {"status": "running"}), encoding="utf-8")


def test_torn_journal_is_mended_and_noted(
    command: Command, vendor: FakeVendor, tmp_path: Path, small_suite: Path
) -> None:
    """Half a line at the end is cut off and noted, every whole one is kept, and the run goes on."""
    journal = unfinished(command, vendor, tmp_path, small_suite)
    as_if_killed(journal)
    with journal.open("ab") as file:
        file.write(b'{"at":"2026-01-01T00:00:')
    assert 0 == command("run", "-s", small_suite).code
    assert N_CALLS == vendor.n_requests
    assert 0 == command("verify").code
    assert b"torn" in journal.read_bytes()


def test_damaged_journal_is_not_continued(
    command: Command, vendor: FakeVendor, tmp_path: Path, small_suite: Path
) -> None:
    """A changed line in the middle is exit 5 in one line; nothing is sent and nothing is changed."""
    journal = unfinished(command, vendor, tmp_path, small_suite)
    content = journal.read_bytes().replace(b'"ok"', b'"OK"', 1)
    journal.write_bytes(content)
    said = command("run", "-s", small_suite)
    assert 5 == said.code
    assert "journal.jsonl" in said.line()
    assert 6 == vendor.n_requests
    assert content == journal.read_bytes()


def test_locked_run(command: Command, vendor: FakeVendor, tmp_path: Path, small_suite: Path) -> None:
    """A run that another process writes to is left alone, exit 2."""
    journal = unfinished(command, vendor, tmp_path, small_suite)

    async def held() -> None:
        async with RunWriter(journal.parent, SYSTEM_CLOCK):
            said = await asyncio.to_thread(command, "run", "-s", small_suite)
            assert 2 == said.code
            assert journal.parent.name in said.line()

    asyncio.run(held())
    assert 6 == vendor.n_requests


def test_plan_sends_nothing(command: Command, vendor: FakeVendor, tmp_path: Path, small_suite: Path) -> None:
    """`plan` says requests, tokens, cost and minutes, and what is finished already."""
    prices = ", rpm: 30, prices: {input_per_mtok: 1, output_per_mtok: 2}"
    configured(tmp_path, vendor, "one", more=prices)
    document = command("plan", "-s", small_suite, "--json").json
    (row,) = document["sessions"]
    assert "blackbox.plan-view/1" == document["schema"]
    assert (N_CALLS, N_CALLS * 16, N_CALLS / 30) == (row["n_requests"], row["output_tokens"], row["minutes"])
    assert row["cost"] == pytest.approx((row["prompt_tokens"] + 2 * row["output_tokens"]) / 1e6)
    assert 0 == vendor.n_requests
    configured(tmp_path, vendor, "one")
    command("run", "-s", small_suite)
    assert 0 == command("plan", "-s", small_suite, "--json").json["total"]["n_requests"]


def test_plan_is_fixed_and_digested_before_the_first_call(
    command: Command, vendor: FakeVendor, tmp_path: Path, small_suite: Path
) -> None:
    """The manifest holds decision rules, order and primary question from the beginning, and resuming keeps them."""
    configured(tmp_path, vendor, "one")
    before = manifest(command("run", "-s", small_suite, "--max-requests", "1", "--json"))
    after = manifest(command("run", "-s", small_suite, "--json"))
    assert before["plan"] == after["plan"]
    plan = before["plan"]
    assert ("same", "small@1", "omnibus") == tuple(plan["primary"][name] for name in ("question", "suite", "signal"))
    assert 0.01 == plan["decision"]["alpha"]
    assert {"python", "openai", "httpx2"} <= set(before["packages"])
    assert "SHOP" not in json.dumps(before)


def running(tmp_path: Path, small_suite: Path) -> subprocess.Popen[str]:
    """Start `run` in a process of its own."""
    words = [sys.executable, "-m", "blackbox", "run", "-s", str(small_suite)]
    return subprocess.Popen(
        words,
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        # Where the tests themselves run in the background, SIGINT is ignored by all that they start.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no thread is running here
    )


def wait_for(vendor: FakeVendor, n_requests: int) -> None:
    """Return once so many requests came."""
    until = time.monotonic() + 60
    while vendor.n_requests < n_requests:
        assert time.monotonic() < until
        time.sleep(0.01)


def stored_keys(tmp_path: Path) -> set[str]:
    """Return the keys of the observations in the only run's journal; a torn last line is none."""
    (journal,) = (tmp_path / "results").glob("*/journal.jsonl")
    lines = journal.read_bytes().split(b"\n")[:-1]
    return {entry["body"]["key"] for entry in map(json.loads, lines) if entry["kind"] == "observation"}


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_kill_9_loses_nothing_acknowledged_and_sends_nothing_twice(
    command: Command, vendor: FakeVendor, tmp_path: Path, small_suite: Path
) -> None:
    """After kill -9 everything on disk stays, and only what is not on disk is asked again."""
    configured(tmp_path, vendor, "one", more=", concurrency: 2")
    vendor.delay_s = 0.15
    process = running(tmp_path, small_suite)
    wait_for(vendor, 8)
    process.kill()
    process.communicate()
    kept = stored_keys(tmp_path)
    assert 8 - 2 - 1 <= len(kept) < N_CALLS
    vendor.delay_s, n_before = 0.0, vendor.n_requests
    said = command("run", "-s", small_suite, "--json")
    assert (0, ["finished"]) == (said.code, states(said))
    assert N_CALLS - len(kept) == vendor.n_requests - n_before
    assert kept < stored_keys(tmp_path)
    assert N_CALLS == len(stored_keys(tmp_path))
    assert 0 == command("verify").code


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_interrupt_is_130_and_resumable(
    command: Command, vendor: FakeVendor, tmp_path: Path, small_suite: Path
) -> None:
    """Ctrl-C ends in one sentence and exit 130; the run says interrupted, and the same command finishes it."""
    configured(tmp_path, vendor, "one", more=", concurrency: 2")
    vendor.delay_s = 0.15
    process = running(tmp_path, small_suite)
    wait_for(vendor, 6)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert 130 == process.returncode
    assert "Traceback" not in err
    assert "interrupted" in err.splitlines()[-1]
    (run,) = command("ls", "--json").json["runs"]
    assert "interrupted" == run["status"]
    kept = len(stored_keys(tmp_path))
    vendor.delay_s, n_before = 0.0, vendor.n_requests
    assert 0 == command("run", "-s", small_suite).code
    assert N_CALLS - kept == vendor.n_requests - n_before
    assert 0 == command("verify").code


def test_results_that_cannot_be_written(
    command: Command, vendor: FakeVendor, tmp_path: Path, small_suite: Path
) -> None:
    """A results folder that is a file ends in one line before the first call."""
    configured(tmp_path, vendor, "one")
    (tmp_path / "results").write_text("not a folder")
    said = command("run", "-s", small_suite)
    assert 2 == said.code
    assert "results" in said.line()
    assert 0 == vendor.n_requests
