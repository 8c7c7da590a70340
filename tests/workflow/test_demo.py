"""The demo's journey with scripted models in place of the zoo: what it finds follows from what is served."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from blackbox import serve
from blackbox.cli import main
from blackbox.errors import Incomplete
from blackbox.suites import locked
from blackbox.workflow import demo
from blackbox.workflow.clock import SYSTEM_CLOCK
from blackbox.workflow.demo import DemoRequest, run_demo
from tests.support.fake_vendor import SMALL_SUITE, FakeVendor, serving
from tests.support.schemas import checked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

WORDS = {"a": ("red", "blue", "7"), "a-tuned": ("red", "gold", "8"), "c": ("violet", "black", "9")}


def scripted(served: Mapping[str, str], vendor: FakeVendor) -> FakeVendor:
    """Make a vendor answer each served name with words of the member behind it."""

    def answer(body: dict[str, Any], repeat: int) -> str:
        words = WORDS[served[body["model"]]]
        return words[hashlib.sha256(f"{repeat} {body['messages'][-1]['content']}".encode()).digest()[0] % 3]

    vendor.answer = answer
    return vendor


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> FakeVendor:
    """Return the vendor that stands for the zoo's server."""
    found = FakeVendor()

    @contextmanager
    def running(models: Mapping[str, str]) -> Iterator[str]:
        with serving(scripted(models, found)) as started:
            yield started.base_url

    monkeypatch.setattr(serve, "running", running)
    monkeypatch.setattr(serve, "truth", lambda a, b: "same weights" if a == b else f"{a} is not {b}")
    return found


@pytest.fixture
def suite(tmp_path: Path) -> str:
    """Return the path of a suite of 60 calls."""
    path = tmp_path / "few.yaml"
    path.write_text(locked(SMALL_SUITE.replace("repeats: 5", "repeats: 20")), encoding="utf-8")
    return str(path)


async def shown(results: Path, suite: str, **served: str) -> dict[str, Any]:
    """Return the demo's document for what is served."""
    request = DemoRequest(results=results, served={"official": "a", **served}, suites=(suite,))
    return dict(checked(await run_demo(request, clock=SYSTEM_CLOCK, on_progress=lambda _: None)))


def found(document: Mapping[str, Any]) -> dict[tuple[str, str], tuple[str, str]]:
    """Return what was found and what is true of each pair."""
    return {(each["a"], each["b"]): (each["found"], each["truth"]) for each in document["findings"]}


@pytest.mark.usefixtures("vendor")
async def test_findings_follow_the_served_weights(tmp_path: Path, suite: str) -> None:
    """Other weights behind one name change the findings; the truth beside them is that of the weights."""
    swapped = await shown(tmp_path / "1", suite, reseller="c")
    honest = await shown(tmp_path / "2", suite, reseller="a")
    assert {("official", "reseller"): ("different", "a is not c")} == found(swapped)
    assert {("official", "reseller"): ("inconclusive", "same weights")} == found(honest)


@pytest.mark.usefixtures("vendor")
async def test_document_names_report_controls_and_what_has_no_answer(tmp_path: Path, suite: str) -> None:
    """The report exists; the second session is a control; too few references is said, with no number in its place."""
    document = await shown(tmp_path, suite, reseller="c")
    assert "blackbox.demo/1" == document["schema"]
    assert (tmp_path / document["comparison"] / "report.html").is_file()
    controls = {each["suite"]: each for each in document["repeat_controls"]}
    assert "second_session" == controls["small"]["kind"]
    assert controls["small"]["pvalue"] > 0.001
    assert {"related", "mixed"} == set(document["not_answered"])
    assert all(reasons for reasons in document["not_answered"].values())


async def test_server_that_dies_is_said(tmp_path: Path, suite: str, vendor: FakeVendor) -> None:
    """When an endpoint stops answering the demo ends in one line and exit 4."""
    vendor.status = 401
    with pytest.raises(Incomplete, match="official small: failed"):
        await shown(tmp_path, suite, reseller="c")


@pytest.mark.usefixtures("vendor")
def test_command_prints_findings_beside_the_truth(
    tmp_path: Path, suite: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`blackbox demo` prints each pair with its truth, the control, what has no answer, and the report's path."""
    monkeypatch.setattr(demo, "SERVED", {"official": "a", "reseller": "c"})
    monkeypatch.setattr(demo, "QUICK_SUITES", (suite,))
    assert 0 == main(["demo", "--quick", "--results", str(tmp_path)])
    captured = capsys.readouterr()
    first = captured.out.splitlines()[1]
    assert "official – reseller" in first
    assert "different" in first
    assert first.endswith("a is not c")
    assert "official against its own second session, small: p = " in captured.out
    assert "related: no answer: " in captured.out
    assert f"report: {tmp_path}" in captured.err
