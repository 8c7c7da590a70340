"""The journey of an examination: asked, judged, stored, and what runs and comparisons make of it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from blackbox import registry, store, suites
from blackbox.core import Clock, EndpointSpec
from blackbox.errors import BlackboxError, UsageError
from blackbox.evidence.conditions import honoured_conflict
from blackbox.evidence.premises import held_against, premises
from blackbox.suites import locked
from blackbox.workflow.clock import SYSTEM_CLOCK
from blackbox.workflow.collecting import run_suites
from blackbox.workflow.doctor import DoctorRequest, budget, endpoint_key, examine
from blackbox.workflow.doctor_advice import honoured_decoding, recent_examinations
from blackbox.workflow.sessions import RunRequest, intended
from tests.support.fake_vendor import N_CALLS, SMALL_SUITE
from tests.support.pretend_model import Pretend, PretendKind

if TYPE_CHECKING:
    from pathlib import Path

SPEC = EndpointSpec(name="shop", kind="pretend", base_url="http://127.0.0.1:1/v1", model="m")


@pytest.fixture
def pretend(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Make the kind of every endpoint a pretended server with these quirks; its value is the server."""

    def make(*quirks: str) -> Pretend:
        model = Pretend(rng=np.random.default_rng(1), quirks=frozenset(quirks), dated=False)
        monkeypatch.setattr(registry, "endpoint_kind", lambda _: PretendKind(model))
        return model

    return make


async def examined(results: Path, *, clock: Clock = SYSTEM_CLOCK, **limits: Any) -> Any:
    """Examine the pretended server."""
    request = DoctorRequest(endpoints=(SPEC,), results=results, **limits)
    return (await examine(request, environ={}, clock=clock, on_progress=lambda _: None))[0]


@pytest.fixture
def suite(tmp_path: Path) -> Any:
    """A small suite at temperature 1."""
    path = tmp_path / "small.yaml"
    path.write_text(locked(SMALL_SUITE), encoding="utf-8")
    return suites.find(str(path))


async def test_an_honest_endpoint_is_recorded_in_its_runs(tmp_path: Path, suite: Any, pretend: Any) -> None:
    """No more calls than announced are sent, nothing is found, and the run's manifest says it was measured."""
    model = pretend()
    found = await examined(tmp_path)
    assert ("finished", model.n_calls) == (found.state, found.n_sent)
    assert model.n_calls <= budget(SPEC).n_requests
    assert [] == [f["check"] for f in found.document["findings"] if f["status"] in ("ignored", "not honoured")]
    request = RunRequest(endpoints=(SPEC,), suites=(suite,), results=tmp_path)
    report = await run_suites(request, environ={}, clock=SYSTEM_CLOCK, on_progress=lambda _: None)
    (run,) = store.find_runs(tmp_path)
    assert ("finished", N_CALLS) == (report.entries[0].state, report.entries[0].n_sent)
    assert run.manifest.honoured_decoding is not None
    assert "honoured" == run.manifest.honoured_decoding["temperature"]
    assert found.document["digest"] == run.manifest.honoured_decoding["examination_digest"]
    assert () == run.manifest.warnings


async def test_every_reply_keeps_its_own_circumstances(tmp_path: Path, pretend: Any) -> None:
    """Repeats of one call are told apart: no two replies of a server that counts seconds carry one Date."""
    pretend().dated = True
    found = await examined(tmp_path)
    lines = (found.path / "calls.jsonl").read_text(encoding="utf-8").splitlines()
    dates = [wire["server_date"] for line in lines if (wire := json.loads(line)["wire"])]
    assert len(dates) == len(set(dates)) > 150


async def test_a_response_cache_is_refused_unless_told(tmp_path: Path, suite: Any, pretend: Any) -> None:
    """Refused before the first call, in one line, with the way out; for a day, and for that endpoint alone."""
    pretend("cache-repeats")
    await examined(tmp_path)
    request = RunRequest(endpoints=(SPEC,), suites=(suite,), results=tmp_path)
    with pytest.raises(UsageError, match=r"its answers are not draws .*--despite-doctor"):
        intended(request, now=SYSTEM_CLOCK.now())
    (session,) = intended(replace(request, despite_doctor=True), now=SYSTEM_CLOCK.now())
    assert "not draws" in session.warnings[0]
    now = SYSTEM_CLOCK.now()
    other = replace(request, endpoints=(replace(SPEC, model="other"),))
    assert intended(other, now=now)[0].examination is None
    assert intended(request, now=now + timedelta(hours=25))[0].examination is None
    assert recent_examinations(tmp_path, now=now).of(replace(SPEC, concurrency=9, rpm=3.0)) is not None
    assert endpoint_key(SPEC) == endpoint_key(replace(SPEC, api_key_env="KEY"))


async def test_a_budget_that_does_not_suffice_finds_nothing(tmp_path: Path, pretend: Any) -> None:
    """Half an examination is not kept, and the state says that it was stopped."""
    pretend()
    found = await examined(tmp_path, max_requests=20)
    assert ("stopped", None, 20) == (found.state, found.document, found.n_sent)
    assert () == store.find_examinations(tmp_path)


async def test_nothing_is_asked_where_nothing_can_be_stored(tmp_path: Path, pretend: Any) -> None:
    """A results folder that can't be written is found before the first call is paid for."""
    model = pretend()
    (tmp_path / "file").write_text("")
    with pytest.raises(BlackboxError, match="choose another folder"):
        await examined(tmp_path / "file")
    assert 0 == model.n_calls


def test_premises_are_those_of_the_decoding(suite: Any) -> None:
    """Temperature above 0 needs draws and temperature; 0 needs greedy decoding; counting suites need counts."""
    warm = suite.decoding
    assert {"draws", "temperature"} == premises([warm], counts_tokens=False)
    assert {"greedy"} == premises([replace(warm, temperature=0.0)], counts_tokens=False)
    assert {"usage"} == premises([warm], counts_tokens=True)


def test_hidden_sampling_is_a_warning_and_an_ignored_temperature_a_refusal() -> None:
    """The first is a benign explanation that comparisons know; the second leaves the suite without its premise."""
    hidden = {"check": "sampling", "status": "not honoured", "breaks": ["temperature"], "seen": "s",
              "effects": {"same": "tilt"}}  # fmt: skip
    ignored = {**hidden, "check": "temperature", "status": "ignored"}
    needed = frozenset({"draws", "temperature"})
    assert (0, 1) == tuple(map(len, (held_against(needed, [hidden], ["same"]).refused,
                                     held_against(needed, [hidden], ["same"]).warned)))  # fmt: skip
    assert 1 == len(held_against(needed, [ignored], ["same"]).refused)
    routed = {**hidden, "check": "routing", "seen": "served model: \x1b[31m"}
    assert "\x1b" not in str(held_against(needed, [routed], ["same"]))
    assert 0 == len(held_against(frozenset({"usage"}), [ignored], ["which"]).refused)


def test_known_and_different_is_a_conflict_unknown_is_none() -> None:
    """What is measured on both sides and differs stops a comparison; what one side can't tell does not."""
    a = {"temperature": "honoured", "sampling": "can't tell"}
    assert honoured_conflict(a, None) is None
    assert honoured_conflict(a, {**a, "sampling": "not honoured: hidden-top-p"}) is None
    assert "temperature honoured against ignored" == honoured_conflict(a, {**a, "temperature": "ignored"})


def test_nothing_a_server_said_reaches_a_manifest() -> None:
    """Findings are kept without what was seen: names that servers send are hostile."""
    finding = {
        "check": "routing",
        "status": "not honoured",
        "quirks": [],
        "breaks": [],
        "pvalue": None,
        "seen": "\x1b[31m",
    }
    document = {"findings": [finding], "honoured": {}, "id": "i", "digest": "d", "created_at": "t"}
    kept = honoured_decoding(document)
    assert kept is not None
    assert "\x1b" not in str(kept)
    assert honoured_decoding(None) is None
