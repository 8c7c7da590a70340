"""`ask`: from the keys held, which of the five questions can be answered, with what and at what cost. Sends nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from blackbox.evidence.identification import MIN_GROUPS
from blackbox.evidence.related import MIN_REFERENCES
from blackbox.workflow.config_endpoints import missing_variables
from blackbox.workflow.planning import plan_rows, plan_total
from blackbox.workflow.scheduling import DAILY, scheduled
from blackbox.workflow.sessions import RunRequest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from blackbox.core import EndpointSpec, Suite
    from blackbox.workflow.config import Config

QUESTIONS: Mapping[str, str] = {
    "same": "do two endpoints answer from one distribution?",
    "related": "do two endpoints share ancestry, more than unrelated models do?",
    "changed": "is an endpoint what it was?",
    "mixed": "does something else answer a share of an endpoint's calls?",
    "which": "which known endpoint is it?",
}
_PAIR = 2
_POPULATION = (
    "a population of models of known lineage: blackbox init --panel, collect it, then blackbox calibrate; name it with "
    "--population FILE"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskRequest:
    """What is at hand.

    Args:
        config: The configuration, with or without endpoints.
        suites: What may be asked.
        population: A population file that exists, if any.
        environ: Looked up for the names of keys only.
        now: Decides which runs are too old to be continued.
    """

    config: Config
    suites: tuple[Suite, ...]
    population: Path | None
    environ: Mapping[str, str]
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ways:
    """How one question is answered with what is at hand.

    Args:
        missing: Without this it can't be answered; empty: it can.
        gains: What more would give.
        commands: In order.
        later: Whether the answer needs several days.
    """

    missing: tuple[str, ...] = ()
    gains: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    later: bool = False


def ask_document(request: AskRequest) -> dict[str, Any]:
    """Return the `blackbox.ask/1` document: the five questions, each with what answers it, what is missing, and cost.

    Raises:
        UsageError: What `run` would refuse.
    """
    config = request.config
    held = [spec for spec in config.endpoints.values() if not missing_variables(spec, request.environ)]
    return {
        "schema": "blackbox.ask/1",
        "config": None if config.path is None else str(config.path),
        "endpoints": [_endpoint(spec, request.environ) for spec in config.endpoints.values()],
        "questions": [_question(name, held, request) for name in QUESTIONS],
        "keys": _keys(request.environ),
        "notes": [
            "nothing was sent; costs are upper estimates, for all endpoints whose keys are held",
            "a key that is set may still be wrong: blackbox doctor asks",
        ],
    }


def _endpoint(spec: EndpointSpec, environ: Mapping[str, str]) -> dict[str, Any]:
    missing = list(missing_variables(spec, environ))
    return {"endpoint": spec.name, "model": spec.model, "usable": not missing, "missing_variables": missing}


def _keys(environ: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return which vendors' usual key variables are set; no value is read further than that."""
    from blackbox.endpoints._presets import load_presets

    named = [preset for preset in load_presets().values() if preset.api_key_env]
    return [
        {"preset": each.name, "variable": each.api_key_env, "set": bool(environ.get(str(each.api_key_env), "").strip())}
        for each in named
    ]


def _question(name: str, held: Sequence[EndpointSpec], request: AskRequest) -> dict[str, Any]:
    own = tuple(suite for suite in request.suites if name in suite.questions)
    found = _WAYS[name](held, own, request)
    missing = (*found.missing, *(() if own else (_no_suite(name),)))
    total = _cost(name, held, own, request)
    return {
        "question": name,
        "asks": QUESTIONS[name],
        "status": "not ready" if missing else "later" if found.later else "ready",
        "endpoints": [spec.name for spec in held],
        "suites": [suite.name for suite in own],
        "missing": list(missing),
        "gains": [] if missing else list(found.gains),
        "commands": [] if missing else list(found.commands),
        **total,
    }


def _no_suite(name: str) -> str:
    return f"a suite for it: none of those chosen serves {name!r}; see blackbox suites ls, then -s SUITE"


def _cost(name: str, held: Sequence[EndpointSpec], own: Sequence[Suite], request: AskRequest) -> dict[str, Any]:
    if not held or not own:
        return {"n_requests": None, "cost": None, "currency": None, "reference_cost_usd": None}
    asked = scheduled(DAILY if name == "changed" else request.config.label, own, now=request.now)
    rows = plan_rows(
        RunRequest(
            endpoints=tuple(held),
            suites=asked.suites,
            results=request.config.results,
            label=asked.label,
            seed=request.config.seed,
            resume_old=True,
            despite_doctor=True,
        ),
        environ=request.environ,
        now=request.now,
    )
    total = plan_total(rows)
    currency = next((row["currency"] for row in rows if row["currency"]), None)
    return {**{key: total[key] for key in ("n_requests", "cost", "reference_cost_usd")}, "currency": currency}


def _run(held: Sequence[EndpointSpec], own: Sequence[Suite]) -> str:
    return f"blackbox run{_named(own)}" + "".join(f" -e {spec.name}" for spec in held)


def _named(own: Sequence[Suite]) -> str:
    """Return options that name suites; a suite of one's own is named by its file, which it does not know."""
    return "".join(f" -s {suite.name if suite.origin == 'shipped' else 'FILE'}" for suite in own)


def _two(held: Sequence[EndpointSpec]) -> tuple[str, ...]:
    n = _PAIR - len(held)
    return (
        (f"{n} more {'endpoint' if n == 1 else 'endpoints'} with a key: there must be two to compare",) if n > 0 else ()
    )


def _same(held: Sequence[EndpointSpec], own: Sequence[Suite], request: AskRequest) -> _Ways:
    del request
    gains = ["a second session of each (run again with --label second): the repeat control"]
    if len(held) == _PAIR:
        gains.append("a third endpoint of another model, as --control: without one, equivalence can't be concluded")
    return _Ways(
        missing=_two(held),
        gains=tuple(gains),
        commands=(_run(held, own), "blackbox compare RUN RUN --control RUN"),
    )


def _related(held: Sequence[EndpointSpec], own: Sequence[Suite], request: AskRequest) -> _Ways:
    lacking = MIN_REFERENCES + _PAIR - len(held)
    missing = _two(held)
    gains: tuple[str, ...] = ()
    if request.population is None and lacking > 0:
        missing = (
            *missing,
            f"{_POPULATION}; or {lacking} more endpoints of unrelated models, for ranks without a ratio",
        )
    elif request.population is None:
        gains = (f"for a likelihood ratio, not only ranks, {_POPULATION}",)
    population = f" --population {request.population}" if request.population else ""
    return _Ways(missing=missing, gains=gains, commands=(_run(held, own), f"blackbox compare RUN RUN…{population}"))


def _changed(held: Sequence[EndpointSpec], own: Sequence[Suite], request: AskRequest) -> _Ways:
    del request
    missing = () if held else ("an endpoint with a key",)
    gains = ("a run a day, by cron or CI: five are needed before a change can be confirmed (cost: of one day)",)
    return _Ways(missing=missing, gains=gains, commands=(f"blackbox watch{_named(own)}",), later=True)


def _mixed(held: Sequence[EndpointSpec], own: Sequence[Suite], request: AskRequest) -> _Ways:
    del request
    third = ("a third endpoint, what may be mixed in, as --alternative: with two there is only a lower bound",)
    return _Ways(
        missing=_two(held),
        gains=third if len(held) == _PAIR else (),
        commands=(_run(held, own), "blackbox compare RUN RUN --alternative RUN"),
    )


def _which(held: Sequence[EndpointSpec], own: Sequence[Suite], request: AskRequest) -> _Ways:
    lacking = MIN_GROUPS["library"] + 1 - len(held)
    missing = _two(held)
    if request.population is None and lacking > 0:
        missing = (*missing, f"{_POPULATION}; or {lacking} more endpoints of other families in the library")
    population = f" --population {request.population}" if request.population else ""
    return _Ways(missing=missing, commands=(_run(held, own), f"blackbox identify RUN --library RUN…{population}"))


_WAYS = {"same": _same, "related": _related, "changed": _changed, "mixed": _mixed, "which": _which}
