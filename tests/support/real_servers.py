"""What tests ask of servers that others wrote, and what a comparison makes of the answers."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from blackbox import suites
from blackbox.core import EndpointSpec
from blackbox.suites import locked
from blackbox.workflow.clock import SYSTEM_CLOCK, run_sync
from blackbox.workflow.collecting import run_suites
from blackbox.workflow.compare import compare_runs
from blackbox.workflow.compare_options import CompareOptions
from blackbox.workflow.sessions import RunRequest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

N_CALLS = 120
SUITE = """\
schema: blackbox.suite/1
name: few
version: 1
questions: [same]
system: You are a helpful assistant.
decision: {alpha: 0.001}
decoding: {temperature: 1.0, top_p: 1.0}
defaults: {family: pick, language: en, form: closed, parser: word, repeats: 30, max_output_tokens: 16}
probes:
  - {id: colour, prompt: Name a random colour. Answer with one word only.}
  - {id: city, prompt: Name a random city. Answer with one word only.}
  - {id: fruit, prompt: Name a random fruit. Answer with one word only.}
  - {id: bird, prompt: Name a random bird. Answer with one word only.}
"""
"""No seed is sent, so answers differ from run to run: at this level equal weights are called different in .1 %."""


def spec(name: str, url: str, model: str) -> EndpointSpec:
    """Return an endpoint with the patience that a slow machine needs."""
    return EndpointSpec(name=name, kind="openai-chat", base_url=url, model=model, concurrency=4, timeout_s=240.0)


def asked(results: Path, specs: Sequence[EndpointSpec], *, label: str = "") -> list[str]:
    """Ask the suite of every endpoint and return the runs."""
    path = results / "few.yaml"
    path.write_text(locked(SUITE), encoding="utf-8")
    request = RunRequest(
        endpoints=tuple(specs), suites=(suites.find(str(path)),), results=results, label=label, new=True
    )
    report = run_sync(run_suites(request, environ={}, clock=SYSTEM_CLOCK, on_progress=lambda _: None))
    assert {"finished"} == {entry.state for entry in report.entries}
    return [str(entry.path) for entry in report.entries]


def judged(results: Path, runs: Sequence[str]) -> dict[str, Any]:
    """Return the comparison of runs as a document."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        options = CompareOptions(created_at=SYSTEM_CLOCK.now())
        return dict(compare_runs(results, list(runs), options, lambda _: None).document)
