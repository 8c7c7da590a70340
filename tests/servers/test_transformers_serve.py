"""Collection, comparison and doctor against `transformers serve`, a server we did not write, on models we know."""

from __future__ import annotations

import warnings
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from blackbox import serve, suites
from blackbox.core import EndpointSpec
from blackbox.serve import folder
from blackbox.suites import locked
from blackbox.workflow.clock import SYSTEM_CLOCK, run_sync
from blackbox.workflow.collecting import run_suites
from blackbox.workflow.compare import CompareOptions, compare_runs
from blackbox.workflow.doctor import DoctorRequest, examine
from blackbox.workflow.sessions import RunRequest

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    Serving = Callable[[Path], AbstractContextManager[str]]

pytestmark = pytest.mark.servers

SUITE = """\
schema: blackbox.suite/1
name: few
version: 1
questions: [same]
system: You are a helpful assistant.
decoding: {temperature: 1.0, top_p: 1.0}
defaults: {family: pick, language: en, form: closed, parser: word, repeats: 30, max_output_tokens: 16}
probes:
  - {id: colour, prompt: Name a random colour. Answer with one word only.}
  - {id: city, prompt: Name a random city. Answer with one word only.}
  - {id: fruit, prompt: Name a random fruit. Answer with one word only.}
  - {id: bird, prompt: Name a random bird. Answer with one word only.}
"""


@dataclass(frozen=True)
class Collected:
    """Verdicts by pair, and the runs' outcomes."""

    pairs: dict[frozenset[str], dict[str, Any]]
    outcomes: dict[str, dict[str, int]]


@pytest.fixture(scope="module")
def collected(transformers_serve: Serving, tmp_path_factory: pytest.TempPathFactory) -> Collected:
    """A by transformers serve, A by the reference endpoint and B by transformers serve, compared."""
    results = tmp_path_factory.mktemp("results")
    path = results / "few.yaml"
    path.write_text(locked(SUITE), encoding="utf-8")
    with ExitStack() as stack:
        urls = {
            "theirs-a": (stack.enter_context(transformers_serve(folder("a"))), str(folder("a"))),
            "theirs-b": (stack.enter_context(transformers_serve(folder("b"))), str(folder("b"))),
            "ours-a": (stack.enter_context(serve.running({"a": "a"})), "a"),
        }
        specs = tuple(_spec(name, url, model) for name, (url, model) in urls.items())
        request = RunRequest(endpoints=specs, suites=(suites.find(str(path)),), results=results)
        report = run_sync(run_suites(request, environ={}, clock=SYSTEM_CLOCK, on_progress=lambda _: None))
    assert {"finished"} == {entry.state for entry in report.entries}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = compare_runs(
            results, [str(entry.path) for entry in report.entries], CompareOptions(created_at=SYSTEM_CLOCK.now()),
            lambda _: None,
        )  # fmt: skip
    pairs = {frozenset((pair["a_endpoint"], pair["b_endpoint"])): pair["same"] for pair in found.document["pairs"]}
    return Collected(pairs=pairs, outcomes={run["endpoint"]: run["outcomes"] for run in found.document["runs"]})


def _spec(name: str, url: str, model: str) -> EndpointSpec:
    return EndpointSpec(name=name, kind="openai-chat", base_url=url, model=model, concurrency=4, timeout_s=60.0)


def test_every_call_is_answered(collected: Collected) -> None:
    """A server that is not ours is asked and read without a loss."""
    assert dict.fromkeys(collected.outcomes, 120) == {
        name: outcomes.get("ok", 0) + outcomes.get("truncated", 0) for name, outcomes in collected.outcomes.items()
    }


def test_the_same_weights_under_two_servers_are_not_called_different(collected: Collected) -> None:
    """Another stack with the same weights and settings gives the same answers, as far as the test can see."""
    same = collected.pairs[frozenset(("theirs-a", "ours-a"))]
    assert "different" != same["verdict"], same["pvalue"]


@pytest.mark.parametrize("other", ["theirs-a", "ours-a"])
def test_another_model_is_called_different(collected: Collected, other: str) -> None:
    """B differs from A whichever server answers for A."""
    same = collected.pairs[frozenset((other, "theirs-b"))]
    assert "different" == same["verdict"], same["pvalue"]


def test_doctor_finds_what_the_server_ignores(transformers_serve: Serving, tmp_path: Path) -> None:
    """`transformers serve` answers 200 and ignores n and log-probabilities; temperature and limits it honours.

    It stops at the end of the token that holds the stop, and keeps the token. Its seed is one for the
    process: calls under way at once disturb each other's, so nothing is expected of it.
    """
    with transformers_serve(folder("a")) as url:
        request = DoctorRequest(endpoints=(_spec("theirs-a", url, str(folder("a"))),), results=tmp_path)
        (found,) = run_sync(examine(request, environ={}, clock=SYSTEM_CLOCK, on_progress=lambda _: None))
    assert found.document is not None, found.reason
    status = {finding["check"]: finding["status"] for finding in found.document["findings"]}
    expected = {"n": "ignored", "logprobs": "ignored", "temperature": "honoured", "max_tokens": "honoured",
                "max_completion_tokens": "honoured", "stop": "not honoured", "repeats": "honoured",
                "streaming": "honoured", "model_name": "honoured", "system_role": "honoured",
                "default_text": "honoured", "usage": "honoured", "sampling": "can't tell"}  # fmt: skip
    assert expected == {name: status[name] for name in expected}
