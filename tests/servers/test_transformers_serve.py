"""Collection, comparison and doctor against `transformers serve`, a server we did not write, on models we know."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from support.real_servers import N_CALLS, asked, judged, spec

from blackbox import serve
from blackbox.serve import folder
from blackbox.workflow.clock import SYSTEM_CLOCK, run_sync
from blackbox.workflow.doctor import DoctorRequest, examine

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from blackbox.core import EndpointSpec

    Serving = Callable[[Path], AbstractContextManager[str]]

pytestmark = pytest.mark.servers


@dataclass(frozen=True)
class Collected:
    """Verdicts by pair, the runs' outcomes, and what doctor found of A by `transformers serve`."""

    pairs: dict[frozenset[str], dict[str, Any]]
    outcomes: dict[str, dict[str, int]]
    findings: dict[str, str]


@pytest.fixture(scope="module")
def collected(
    once: Callable[[str, Callable[[], Any]], Any],
    transformers_serve: Serving,
    tmp_path_factory: pytest.TempPathFactory,
) -> Collected:
    """A by transformers serve, A by the reference endpoint and B by transformers serve, examined and compared."""
    results = tmp_path_factory.mktemp("results")
    found = once("three-servers", lambda: _seen(transformers_serve, results))
    pairs = {frozenset((pair["a_endpoint"], pair["b_endpoint"])): pair["same"] for pair in found["compared"]["pairs"]}
    outcomes = {run["endpoint"]: run["outcomes"] for run in found["compared"]["runs"]}
    return Collected(pairs=pairs, outcomes=outcomes, findings=found["findings"])


def _seen(transformers_serve: Serving, results: Path) -> dict[str, Any]:
    with ExitStack() as stack:
        theirs = [
            spec(f"theirs-{name}", stack.enter_context(transformers_serve(folder(name))), str(folder(name)))
            for name in ("a", "b")
        ]
        ours = spec("ours-a", stack.enter_context(serve.running({"a": "a"})), "a")
        runs = asked(results, [*theirs, ours])
        findings = _examined(theirs[0], results)
    return {"compared": judged(results, runs), "findings": findings}


def _examined(endpoint: EndpointSpec, results: Path) -> dict[str, str]:
    request = DoctorRequest(endpoints=(endpoint,), results=results)
    (found,) = run_sync(examine(request, environ={}, clock=SYSTEM_CLOCK, on_progress=lambda _: None))
    assert found.document is not None, found.reason
    return {finding["check"]: finding["status"] for finding in found.document["findings"]}


def test_every_call_is_answered(collected: Collected) -> None:
    """A server that is not ours is asked and read without a loss."""
    assert dict.fromkeys(collected.outcomes, N_CALLS) == {
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


def test_doctor_finds_what_the_server_ignores(collected: Collected) -> None:
    """`transformers serve` answers 200 and ignores n and log-probabilities; temperature and limits it honours.

    It stops at the end of the token that holds the stop, and keeps the token. Its seed is one for the
    process: calls under way at once disturb each other's, so nothing is expected of it.
    """
    expected = {"n": "ignored", "logprobs": "ignored", "temperature": "honoured", "max_tokens": "honoured",
                "max_completion_tokens": "honoured", "stop": "not honoured", "repeats": "honoured",
                "streaming": "honoured", "model_name": "honoured", "system_role": "honoured",
                "default_text": "honoured", "usage": "honoured", "sampling": "can't tell"}  # fmt: skip
    assert expected == {name: collected.findings[name] for name in expected}
