"""`run --more`: a further look at a finished run, numbered in the report and judged at a smaller level."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.fake_vendor import N_CALLS, FakeVendor, configured

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.commands import Command


def test_more_asks_as_often_again_and_the_report_numbers_the_look(
    command: Command, vendor: FakeVendor, tmp_path: Path, small_suite: Path
) -> None:
    """Every question is asked ten times in all, in new passes; α becomes α/4, and a warning says why."""
    configured(tmp_path, vendor, "one", "two")
    first = command("run", "-s", small_suite, "--json")
    more = command("run", "-s", small_suite, "--more", "--json")
    assert (0, 4 * N_CALLS) == (more.code, vendor.n_requests)
    assert {10} == {n // 2 for n in vendor.asked().values()}
    assert [s["run_id"] for s in first.json["sessions"]] == [s["run_id"] for s in more.json["sessions"]]
    assert 0 == command("verify").code
    runs = [s["run_id"] for s in more.json["sessions"]]
    found = command("compare", *runs, "--question", "same", "--json").json
    assert (2, 1) == (found["decision"][0]["look"], found["decision"][0]["looks_planned"])
    assert 2 == found["pairs"][0]["same"]["look"]
    assert found["pairs"][0]["same"]["alpha"] == pytest.approx(0.01 / 4)
    assert any("this is look 2 of 1 planned" in warning for warning in found["warnings"])


def test_more_needs_a_finished_run(command: Command, vendor: FakeVendor, tmp_path: Path, small_suite: Path) -> None:
    """Without a run there is nothing to extend: exit 2, and nothing is sent."""
    configured(tmp_path, vendor, "one")
    said = command("run", "-s", small_suite, "--more")
    assert 2 == said.code
    assert "--more extends finished runs" in said.err
    assert 0 == vendor.n_requests


def test_an_interrupted_look_is_gone_on_with(
    command: Command, vendor: FakeVendor, tmp_path: Path, small_suite: Path
) -> None:
    """A further look that ran out of budget is finished by the plain command, and nothing is sent twice."""
    configured(tmp_path, vendor, "one")
    command("run", "-s", small_suite)
    assert 4 == command("run", "-s", small_suite, "--more", "--max-requests", "4").code
    assert 0 == command("run", "-s", small_suite).code
    assert 2 * N_CALLS == vendor.n_requests
    assert 0 == command("run", "-s", small_suite).code
    assert 2 * N_CALLS == vendor.n_requests


def test_plan_says_what_it_would_find(command: Command, vendor: FakeVendor, tmp_path: Path, small_suite: Path) -> None:
    """Power from stated base laws before the first run, from the earlier runs' answers after it."""
    configured(tmp_path, vendor, "one", "two")
    before = command("plan", "-s", small_suite, "--json").json["power"][0]
    assert "stated base laws" in before["basis"]
    assert before["n_calls_a_side"] == N_CALLS
    command("run", "-s", small_suite)
    after = command("plan", "-s", small_suite, "--json").json["power"][0]
    assert "answers of run" in after["basis"]
    assert "mixed in" in after["basis"]
    assert all(0 <= row["power"] <= 1 for row in after["effects"])
    assert {"hotter", "colder"} <= {row["effect"].split()[0] for row in after["effects"]}
