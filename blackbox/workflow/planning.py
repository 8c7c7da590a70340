"""`plan`: what a run would send and cost; nothing is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox.collect import estimate
from blackbox.core import plain
from blackbox.workflow.config_endpoints import missing_variables
from blackbox.workflow.planned_power import planned_powers
from blackbox.workflow.reference_cost import reference_cost, reference_note
from blackbox.workflow.sessions import RunRequest, Session, intended

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

_ROUGH = "token counts are estimated from characters, with output at its limit: they are upper estimates, not prices"

_STATED = "prices are those that the configuration states, as of its date; nobody has checked them with a provider"


def plan_document(request: RunRequest, *, environ: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """Return the `blackbox.plan-view/1` document: requests, tokens, cost and minutes of each endpoint and suite.

    Args:
        request: What `run` would be asked.
        environ: Looked up for the names of keys only.
        now: Decides which runs are too old to be continued.

    Raises:
        UsageError: What `run` would refuse.
    """
    rows = plan_rows(request, environ=environ, now=now)
    power = planned_powers(request.results, request.suites)
    total = plan_total(rows)
    return {
        "schema": "blackbox.plan-view/1",
        "sessions": rows,
        "total": total,
        "decision": {suite.name: plain(suite.decision) for suite in request.suites},
        "power": power,
        "notes": [_ROUGH, *([_STATED] if total["cost"] else []), reference_note(rows), *(row["line"] for row in power)],
    }


def plan_rows(request: RunRequest, *, environ: Mapping[str, str], now: datetime) -> list[dict[str, Any]]:
    """Return what each endpoint would be asked by each suite, a row each.

    Raises:
        UsageError: What `run` would refuse.
    """
    return [_row(session, environ) for session in intended(request, now=now)]


def plan_total(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return requests, tokens, cost and minutes of all rows together."""
    return {
        "n_requests": sum(row["n_requests"] for row in rows),
        "prompt_tokens": sum(row["prompt_tokens"] for row in rows),
        "output_tokens": sum(row["output_tokens"] for row in rows),
        "cost": _sum([row["cost"] for row in rows]),
        "reference_cost_usd": sum(map(reference_cost, rows)),
        "minutes": _longest(rows),
    }


def _row(session: Session, environ: Mapping[str, str]) -> dict[str, Any]:
    spec, run = session.spec, session.existing
    guess = estimate(session.suite, spec)
    return {
        "endpoint": spec.name,
        "suite": session.suite.name,
        "suite_version": session.suite.version,
        "n_requests": 0 if session.finished else guess.n_requests,
        "prompt_tokens": 0 if session.finished else guess.prompt_tokens,
        "output_tokens": 0 if session.finished else guess.output_tokens,
        "cost": 0.0 if session.finished and guess.cost is not None else guess.cost,
        "minutes": 0.0 if session.finished and guess.minutes is not None else guess.minutes,
        "currency": spec.prices.currency if spec.prices else None,
        "continues": run.id if run and not session.finished else None,
        "finished": run.id if run and session.finished else None,
        "missing_variables": list(missing_variables(spec, environ)),
        "known_quirks": list(spec.known_quirks),
    }


def _sum(costs: Sequence[float | None]) -> float | None:
    return None if any(cost is None for cost in costs) else sum(cost for cost in costs if cost is not None)


def _longest(rows: Sequence[Mapping[str, Any]]) -> float | None:
    """Return minutes of the slowest endpoint over all suites: endpoints run side by side, suites one after another."""
    by_endpoint: dict[str, float] = {}
    for row in rows:
        if row["minutes"] is None:
            return None
        by_endpoint[row["endpoint"]] = by_endpoint.get(row["endpoint"], 0.0) + row["minutes"]
    return max(by_endpoint.values(), default=None)
