"""`watch` on border inputs over a scripted endpoint: near ties found once, and anew after a confirmed change."""

from __future__ import annotations

import copy
import hashlib
import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from blackbox import store, suites
from blackbox.core import EndpointSpec
from blackbox.suites.fields import Place
from blackbox.suites.schema import build, content_digest
from blackbox.workflow.auditing import audit
from blackbox.workflow.clock import SYSTEM_CLOCK
from blackbox.workflow.watching import WatchReport, WatchRequest, watch
from tests.support.fake_vendor import FakeVendor, serving

if TYPE_CHECKING:
    from pathlib import Path

    from blackbox.core import Suite

START = datetime(2026, 3, 1, 6, 0, tzinfo=UTC)
N_CANDIDATES = 16


def candidates() -> Suite:
    """Return the first candidates of border-input."""
    document = copy.deepcopy(dict(suites.find("border-input").document))
    document.pop("short")
    document["probes"] = document["probes"][:N_CANDIDATES]
    document["digest"] = content_digest(document)
    return build(document, Place(source="some border inputs"), origin="file")


def scripted(suite: Suite, *, generation: int) -> Any:
    """Return a model at temperature 0: half of the inputs are ties, other ones for the next generation.

    What it says depends on how often that input was asked, not on which of several requests comes first: by chance, a
    history without a change is suspected every hundredth day.
    """
    place = {probe.messages[-1].content: k for k, probe in enumerate(suite.probes)}
    asked = [itertools.count() for _ in place]

    def answer(body: dict[str, Any], _: int) -> str:
        k = place[body["messages"][-1]["content"]]
        n_before = next(asked[k])
        if k % 2 != generation % 2:
            return f"word{generation}"
        coin = hashlib.sha256(f"{generation} {k} {n_before}".encode()).digest()[0]
        return f"{'left' if coin % 2 else 'right'}{generation}"

    return answer


async def on_day(day: int, vendor: FakeVendor, results: Path, *, discover: bool = False) -> WatchReport:
    """Watch border inputs as if it were so many days after the start."""
    moments = (START + timedelta(days=day, milliseconds=k) for k in range(10**9))
    request = WatchRequest(
        endpoints=(
            EndpointSpec(name="watched", kind="openai-chat", base_url=vendor.base_url, model="m", concurrency=4),
        ),
        suites=(candidates(),),
        results=results,
        horizon=30,
        discover=discover,
    )
    clock = replace(SYSTEM_CLOCK, now=lambda: next(moments))
    return await watch(request, environ={}, clock=clock, on_progress=lambda _: None)


async def test_near_ties_are_found_once_and_anew_after_a_change(tmp_path: Path) -> None:
    """The history holds no discovery, says what to do once the change is confirmed, and begins anew when it is done."""
    suite = candidates()
    with serving(FakeVendor(scripted(suite, generation=0))) as vendor:
        await on_day(0, vendor, tmp_path, discover=True)
        begun = vendor.n_requests
        for day in range(1, 6):
            (calm,) = (await on_day(day, vendor, tmp_path, discover=True)).document["histories"]
        daily = (vendor.n_requests - begun) // 5
        assert N_CANDIDATES * 3 + daily == begun
        assert "changed" != calm["verdict"]
        vendor.answer = scripted(suite, generation=1)
        told = await on_day(6, vendor, tmp_path)
        (changed,) = told.document["histories"]
        assert "changed" == changed["verdict"]
        (verified,) = audit(tmp_path, [str(told.path)])["runs"]
        assert (True, []) == (verified["reproduced"], verified["problems"])
        assert any("--discover" in line for line in changed["warnings"])
        sent = vendor.n_requests
        found = await on_day(6, vendor, tmp_path, discover=True)
        assert N_CANDIDATES * 3 == vendor.n_requests - sent
        assert any("new inputs were found" in line for line in found.warnings)
        (anew,) = (await on_day(7, vendor, tmp_path)).document["histories"]
    assert (1, "inconclusive") == (len(anew["points"]), anew["verdict"])
    assert anew["suite"] != changed["suite"]
    discoveries = {r.id for r in store.find_runs(tmp_path) if r.manifest.label.startswith("discovery-")}
    assert 2 == len(discoveries)
    assert not discoveries & {point["run"] for point in (*changed["points"], *anew["points"])}
    assert {point["label"][:5] for point in changed["points"]} == {"daily"}


async def test_without_discovery_inputs_are_said_not_to_be_chosen(tmp_path: Path) -> None:
    """A constant endpoint has no near tie: it is asked all the same, and the reader is told."""
    with serving(FakeVendor(lambda _body, _n: "same")) as vendor:
        (plain,) = (await on_day(0, vendor, tmp_path)).document["histories"]
        assert any("not chosen for this endpoint" in line for line in plain["warnings"])
        found = await on_day(1, vendor, tmp_path, discover=True)
    assert any("no near tie" in line for line in found.warnings)
    assert 2 == len(found.document["histories"][0]["points"])
