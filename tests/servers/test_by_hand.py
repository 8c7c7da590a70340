"""Any server that somebody has started, by hand: vLLM, llama.cpp, Ollama (docs/real-servers.md)."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest
from support.real_servers import N_CALLS, asked, judged, spec

from blackbox.workflow.clock import SYSTEM_CLOCK, run_sync
from blackbox.workflow.doctor import DoctorRequest, examine

if TYPE_CHECKING:
    from pathlib import Path

    from blackbox.core import EndpointSpec

pytestmark = pytest.mark.by_hand

URL, MODEL = "BLACKBOX_TEST_SERVER_URL", "BLACKBOX_TEST_SERVER_MODEL"


@pytest.fixture
def server() -> EndpointSpec:
    """The server that the environment names."""
    url, model = os.environ.get(URL), os.environ.get(MODEL)
    if not url or not model:
        pytest.skip(f"start a server on loopback and name it: {URL}=http://127.0.0.1:PORT/v1 {MODEL}=NAME")
    return spec("server", url, model)


def test_doctor_examines_it_to_the_end(
    server: EndpointSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every check has a finding; they are shown, since only the person knows what is true of this server."""
    request = DoctorRequest(endpoints=(server,), results=tmp_path)
    (found,) = run_sync(examine(request, environ={}, clock=SYSTEM_CLOCK, on_progress=lambda _: None))
    assert found.document is not None, found.reason
    lines = [f"\n{each['check']}: {each['status']}: {each['seen']!r}" for each in found.document["findings"]]
    with capsys.disabled():
        sys.stdout.writelines(lines)
    assert len({each["check"] for each in found.document["findings"]}) == len(found.document["findings"]) >= 18


def test_it_does_not_differ_from_itself(server: EndpointSpec, tmp_path: Path) -> None:
    """Two sessions, every call answered: an endpoint against itself is not called different."""
    runs = [run for label in ("first", "second") for run in asked(tmp_path, [server], label=label)]
    found = judged(tmp_path, runs)
    answered = [run["outcomes"].get("ok", 0) + run["outcomes"].get("truncated", 0) for run in found["runs"]]
    assert [N_CALLS, N_CALLS] == answered
    assert "different" != found["pairs"][0]["same"]["verdict"]
