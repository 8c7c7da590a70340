"""`watch` over real HTTP: one run a day, a suspicion followed by its confirmation, and nothing sent twice."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from blackbox import serve, suites
from blackbox.core import EndpointSpec, Prices
from blackbox.workflow.auditing import audit
from blackbox.workflow.clock import SYSTEM_CLOCK
from blackbox.workflow.scheduling import DAILY_CALLS, DAYS, scheduled, with_yearly, yearly_line
from blackbox.workflow.sessions import RunRequest
from blackbox.workflow.watching import WatchReport, WatchRequest, watch
from tests.support.fake_vendor import FakeVendor, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from blackbox.core import Suite

START = datetime(2026, 3, 1, 6, 0, tzinfo=UTC)


@pytest.fixture
def vendor() -> Iterator[FakeVendor]:
    """Yield a vendor that answers from a small list of words."""
    with serving(FakeVendor()) as running:
        yield running


def spec_of(base_url: str, model: str = "m") -> EndpointSpec:
    """Return an endpoint of one fixed name."""
    return EndpointSpec(name="watched", kind="openai-chat", base_url=base_url, model=model, concurrency=4)


async def on_day(
    day: int,
    spec: EndpointSpec,
    results: Path,
    *,
    suite: Suite | None = None,
    calls: int = 48,
    horizon: int = 30,
    discover: bool = False,
) -> WatchReport:
    """Watch as if it were so many days after the start."""
    moments = (START + timedelta(days=day, milliseconds=k) for k in range(10**9))
    clock = replace(SYSTEM_CLOCK, now=lambda: next(moments))
    request = WatchRequest(
        endpoints=(spec,),
        suites=(suite or suites.find("one-token"),),
        results=results,
        most_calls=calls,
        horizon=horizon,
        discover=discover,
    )
    return await watch(request, environ={}, clock=clock, on_progress=lambda _: None)


async def test_a_day_is_one_run_and_nothing_is_sent_twice(vendor: FakeVendor, tmp_path: Path) -> None:
    """The second call on one day sends nothing; the first day is inconclusive with the number needed."""
    spec = spec_of(vendor.base_url)
    first = await on_day(0, spec, tmp_path)
    sent = vendor.n_requests
    assert 40 == sent
    again = await on_day(0, spec, tmp_path)
    assert sent == vendor.n_requests
    (history,) = again.document["histories"]
    assert "inconclusive" == history["verdict"]
    assert "1 of at least 5 runs" in history["reason"]
    assert "finished" == first.document["sessions"][0]["state"]
    assert "already_finished" == again.document["sessions"][0]["state"]
    assert verified(again) == (True, True, [])
    assert edited(again, lambda one: one["points"][0].update(n=41)) == ["histories.0.points.0.n"]
    no_runs = {"runs": []}
    assert "histories.0.points" in edited(again, lambda one: one["provenance"]["inputs"].update(no_runs))


async def test_a_swap_is_suspected_confirmed_the_same_day_and_reported(vendor: FakeVendor, tmp_path: Path) -> None:
    """The confirmation run is collected at once; the report's page is strict and names the endpoint."""
    spec = spec_of(vendor.base_url)
    for day in range(5):
        await on_day(day, spec, tmp_path)
    vendor.answer = lambda body, _: "zebra" if "animal" in body["messages"][-1]["content"] else "kumquat"
    sent = vendor.n_requests
    found = await on_day(5, spec, tmp_path)
    assert 4 * 40 == vendor.n_requests - sent
    (history,) = found.document["histories"]
    assert "changed" == history["verdict"]
    labels = {point["run"]: point["label"] for point in history["points"]}
    assert "daily-2026-03-06" == labels[history["onset"]]
    assert "daily-2026-03-06-confirm" == labels[history["detected"]]
    assert "watched" in (found.path / "report.html").read_text(encoding="utf-8")
    assert verified(found) == (True, True, [])
    assert edited(found, lambda history: history["points"][3].update(pvalue=0.5)) == ["histories.0.points.3.pvalue"]
    assert edited(found, lambda history: history["warnings"].append("all is well")) == ["histories.0.warnings"]
    # Whoever takes away what it was made from is not accused, and not believed.
    path = found.path / "drift.json"
    document = json.loads(path.read_text())
    document["histories"][0].update(verdict="no change seen", provenance={})
    path.write_text(json.dumps(document))
    (found.path / "report.html").unlink()
    assert verified(found)[:2] == (True, False)


def verified(found: WatchReport) -> tuple[bool, bool, list[str]]:
    """Return whether a reading is whole, whether it came out again, and where it did not."""
    (entry,) = audit(found.path.parent, [str(found.path)])["runs"]
    return entry["ok"], entry["reproduced"], [each["place"] for each in entry["differences"]]


def edited(found: WatchReport, change: Callable[[dict[str, Any]], object]) -> list[str]:
    """Return the places that are named once a history was changed; it is whole again afterwards."""
    path = found.path / "drift.json"
    whole = path.read_bytes()
    document = json.loads(whole)
    change(document["histories"][0])
    path.write_text(json.dumps(document))
    ok, _, places = verified(found)
    path.write_bytes(whole)
    return [] if ok else places


async def test_an_endpoint_that_fails_is_incomplete_not_changed(vendor: FakeVendor, tmp_path: Path) -> None:
    """A day without answers ends with the exit code of incomplete runs."""
    vendor.status = 401
    found = await on_day(0, spec_of(vendor.base_url), tmp_path)
    assert 4 == found.exit_code
    (history,) = found.document["histories"]
    assert ("inconclusive", []) == (history["verdict"], history["points"])
    assert verified(found) == (True, True, [])
    assert edited(found, lambda one: one.update(verdict="no change seen")) == ["histories.0.verdict"]


def test_daily_thins_a_suite_to_one_digest_and_dates_the_label() -> None:
    """At most 60 calls, the short form's questions, the same digest every day; other labels change nothing."""
    suite = suites.find("one-token")
    (thin,) = scheduled("daily", [suite], now=START).suites
    (later,) = scheduled("daily", [suite], now=START + timedelta(days=9)).suites
    assert [6] * 10 == [probe.repeats for probe in thin.probes]
    assert {p.digest for p in suite.probes} >= {p.digest for p in thin.probes}
    assert thin.digest == later.digest != suite.digest
    assert "daily-2026-03-01" == scheduled("daily", [suite], now=START).label
    untouched = scheduled("weekly", [suite], now=START)
    assert ("weekly", (suite,), False) == (untouched.label, untouched.suites, untouched.daily)
    assert [3] * 3 == [probe.repeats for probe in suites.thinned(suite, 10).probes]
    whole = suites.thinned(suites.find("one-token@1"), 60)
    assert [3] * 16 == [probe.repeats for probe in whole.probes]


def test_a_year_of_days_has_a_price(tmp_path: Path) -> None:
    """The plan multiplies one day by 365, and says why where it can't."""
    thin = scheduled("daily", [suites.find("one-token")], now=START).suites
    priced = replace(spec_of("http://127.0.0.1:1/v1"), prices=Prices(input_per_mtok=1.0, output_per_mtok=2.0))
    request = RunRequest(endpoints=(priced,), suites=thin, results=tmp_path)
    yearly = with_yearly({}, request)["yearly"]
    assert (365 * 60, 657) == (yearly["n_requests"], yearly["n_confirming_requests"])
    assert 0 < yearly["cost"] < 5
    assert "21,900 requests" in yearly_line(yearly)
    unknown = with_yearly({}, replace(request, endpoints=(replace(priced, prices=None),)))["yearly"]
    assert unknown["cost"] is None
    assert "no prices" in yearly_line(unknown)


@pytest.mark.slow
async def test_swapped_zoo_model_is_suspected_by_the_next_run_and_confirmed_by_the_one_after(tmp_path: Path) -> None:
    """Real weights behind one name, swapped halfway: a default day and horizon, four days, then another model.

    Drawn from banks of these models' answers, all of the histories that the benchmark counts were suspected by the
    next run and confirmed by the one after.
    """
    found, port = {}, 0
    for model, days in (("a", range(4)), ("c", range(4, 5))):
        with serve.running({"m": model}, port=port) as base_url:
            port = int(base_url.removesuffix("/v1").rsplit(":", 1)[1])
            for day in days:
                spec = replace(spec_of(base_url), concurrency=16)
                report = await on_day(day, spec, tmp_path, calls=DAILY_CALLS, horizon=DAYS)
                (found[day],) = report.document["histories"]
    assert [] == [day for day in range(4) if any(point["alarm"] for point in found[day]["points"])]
    swapped = found[4]
    labels = {point["run"]: point["label"] for point in swapped["points"]}
    assert [("daily-2026-03-05", True, False, 60), ("daily-2026-03-05-confirm", True, True, 180)] == [
        (point["label"], point["suspected"], point["alarm"], point["n"]) for point in swapped["points"][-2:]
    ]
    assert ("changed", "daily-2026-03-05") == (swapped["verdict"], labels[swapped["onset"]])
