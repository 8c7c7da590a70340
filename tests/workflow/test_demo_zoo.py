"""The demo on the real zoo: real weights, real HTTP; other weights behind a name change what is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from blackbox import serve
from blackbox.suites import locked
from blackbox.workflow.clock import SYSTEM_CLOCK
from blackbox.workflow.demo import SERVED, DemoRequest, run_demo
from tests.support.fake_vendor import SMALL_SUITE

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def suite(tmp_path: Path) -> str:
    """Return the path of a suite of 120 calls."""
    path = tmp_path / "few.yaml"
    path.write_text(locked(SMALL_SUITE.replace("repeats: 5", "repeats: 40")), encoding="utf-8")
    return str(path)


def test_demo_serves_what_is_shipped() -> None:
    """Base, child and independent model of the demo are members of the zoo, and their relations are known."""
    assert set(SERVED.values()) <= set(serve.members())
    assert serve.truth("a", "a-tuned") != serve.truth("a", "c")


@pytest.mark.slow
async def test_swapped_weights_change_the_findings(tmp_path: Path, suite: str) -> None:
    """The same names, other weights behind one of them: different becomes inconclusive, and the truth beside it too."""
    found = {}
    for weights in ("c", "a"):
        served = {"official": "a", "reseller": weights}
        request = DemoRequest(results=tmp_path / weights, served=served, suites=(suite,))
        document = await run_demo(request, clock=SYSTEM_CLOCK, on_progress=lambda _: None)
        (finding,) = document["findings"]
        found[weights] = finding
    assert ("different", "inconclusive") == (found["c"]["found"], found["a"]["found"])
    assert (serve.truth("a", "c"), "same weights") == (found["c"]["truth"], found["a"]["truth"])
