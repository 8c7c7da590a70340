"""`demo`: the whole journey offline, on small real language models whose lineage is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from blackbox import serve, suites
from blackbox.core import EndpointSpec
from blackbox.errors import Incomplete
from blackbox.workflow.collecting import run_suites
from blackbox.workflow.compare import compare_runs
from blackbox.workflow.compare_options import CompareOptions
from blackbox.workflow.sessions import RunRequest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from blackbox.core import Clock, OnProgress
    from blackbox.workflow.collecting import RunReport

OFFICIAL, SECOND_SESSION = "official", "second-session"
SERVED: Mapping[str, str] = {OFFICIAL: "a", "tuned": "a-tuned", "same-data": "b", "independent": "c"}
"""Endpoint name: the model of the zoo behind it. All of them claim to be the first."""
SUITES = ("one-token@1", "open-ended@1", "tokenizer@1")
QUICK_SUITES = ("one-token@1", "tokenizer@1")

_ANSWERS = {"related": "rank_pvalue", "similarity": "value", "mixed": "share"}
"""Question: the field of a pair's entry that would answer it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoRequest:
    """What to show.

    Args:
        results: Folder for the demo's runs and comparison.
        served: Endpoint name: zoo member or model folder; `official` must be among them.
        suites: What is asked.
    """

    results: Path
    served: Mapping[str, str]
    suites: tuple[str, ...] = SUITES


async def run_demo(request: DemoRequest, *, clock: Clock, on_progress: OnProgress) -> dict[str, Any]:
    """Serve, ask, compare, and return the `blackbox.demo/1` document: what was found beside what is true.

    Every request goes over real HTTP on loopback, through the code that asks hosted models.

    Raises:
        Incomplete: An endpoint stopped answering; what was collected is kept.
        KeyboardInterrupt: The person stopped it.
    """
    asked = tuple(suites.find(name) for name in request.suites)
    with serve.running(request.served) as base_url:
        specs = {name: _spec(name, base_url) for name in request.served}
        first = RunRequest(endpoints=tuple(specs.values()), suites=asked, results=request.results, new=True)
        again = RunRequest(
            endpoints=(specs[OFFICIAL],), suites=asked, results=request.results, new=True, label=SECOND_SESSION
        )
        reports = [await run_suites(each, environ={}, clock=clock, on_progress=on_progress) for each in (first, again)]
    runs = [_finished(report) for report in reports]
    options = CompareOptions(created_at=clock.now())
    found = compare_runs(request.results, [run for each in runs for run in each], options, on_progress)
    return {
        "schema": "blackbox.demo/1",
        "served": dict(request.served),
        "findings": [_finding(pair, request.served) for pair in found.document["endpoint_pairs"]],
        "repeat_controls": _repeat_controls(found.document),
        "not_answered": _not_answered(found.document),
        "comparison": found.path.name,
        "report": str(found.path / "report.html"),
    }


def _spec(name: str, base_url: str) -> EndpointSpec:
    return EndpointSpec(
        name=name, kind="openai-chat", base_url=base_url, model=name, claimed_model="model-a", concurrency=16
    )


def _finished(report: RunReport) -> list[str]:
    for entry in report.entries:
        if entry.state == "interrupted":
            raise KeyboardInterrupt
        if entry.state != "finished":
            raise Incomplete(f"{entry.endpoint} {entry.suite}: {entry.state}: {entry.reason}")
    return [str(entry.path) for entry in report.entries]


def _finding(pair: Mapping[str, Any], served: Mapping[str, str]) -> dict[str, Any]:
    a, b = pair["a_endpoint"], pair["b_endpoint"]
    return {
        "a": a,
        "b": b,
        "found": pair["verdict"],
        "pvalue_adjusted": pair["pvalue_adjusted"],
        "suites": {each["suite"]: each["verdict"] for each in pair["suites"]},
        "truth": serve.truth(served[a], served[b]),
    }


def _repeat_controls(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return, suite by suite, how the official endpoint's second session compares with its first."""
    controls: dict[str, dict[str, Any]] = {}
    for pair in document["pairs"]:
        for side in ("a", "b"):
            control = pair["same"]["repeat_control"][side]
            if pair[f"{side}_endpoint"] == OFFICIAL and control is not None:
                controls[pair["suite"]] = {"suite": pair["suite"], **control}
    return list(controls.values())


def _not_answered(document: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the questions these data can't answer, each with its reasons."""
    reasons: dict[str, dict[str, None]] = {}
    for pair in document["pairs"]:
        for question, answer in _ANSWERS.items():
            if pair[question][answer] is None and pair[question]["reason"]:
                reasons.setdefault(question, {})[pair[question]["reason"]] = None
    return {question: list(found) for question, found in reasons.items()}
