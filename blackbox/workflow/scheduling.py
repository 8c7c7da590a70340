"""What is asked every day: suites thinned to a few calls, under a label of the day, and what that costs a year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from blackbox import suites
from blackbox.collect import estimate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from blackbox.core import EndpointSpec, Suite
    from blackbox.workflow.sessions import RunRequest

DAILY = "daily"
"""The label that asks for a run of today."""
DAILY_CALLS = 60
DAYS = 365
CONFIRMING = 3
"""How many times a day's calls a confirmation run has: it is rare, and what it alone can say must be sure (ADR 31)."""
SUSPICIONS = 0.01
"""Share of days on which an endpoint that did not change is suspected, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduled:
    """What a label asks for; `daily` says whether it is today's run."""

    label: str
    suites: tuple[Suite, ...]
    daily: bool


def scheduled(label: str, asked: Sequence[Suite], *, now: datetime, most_calls: int = DAILY_CALLS) -> Scheduled:
    """Return suites and label as they are, or, for the label `daily`, thinned and with today's date (UTC).

    A label of the day makes the day's run one run: the same command again continues it, or finds it finished.

    Args:
        label: What `--label` said.
        asked: The suites.
        now: Decides which day it is.
        most_calls: Calls a suite and day.
    """
    if label != DAILY:
        return Scheduled(label=label, suites=tuple(asked), daily=False)
    thin = tuple(suites.thinned(suite, most_calls) for suite in asked)
    return Scheduled(label=daily_label(now), suites=thin, daily=True)


def daily_label(now: datetime, *, confirming: bool = False) -> str:
    """Return the label of a day's run, or of the confirmation run of that day."""
    return f"{DAILY}-{now:%Y-%m-%d}{'-confirm' if confirming else ''}"


def with_yearly(document: Mapping[str, Any], request: RunRequest) -> dict[str, Any]:
    """Return a plan's document with what the same calls every day come to in a year."""
    pairs = [(suite, spec) for suite in request.suites for spec in request.endpoints]
    guesses = [estimate(suite, spec) for suite, spec in pairs]
    costs = [guess.cost for guess in guesses]
    known = [cost for cost in costs if cost is not None]
    confirming = sum(
        guess.n_requests * confirming_runs(suite, spec) for (suite, spec), guess in zip(pairs, guesses, strict=True)
    )
    return {
        **document,
        "yearly": {
            "n_requests": DAYS * sum(guess.n_requests for guess in guesses),
            "n_confirming_requests": round(DAYS * SUSPICIONS * confirming),
            "cost": DAYS * sum(known) if len(known) == len(costs) else None,
            "currency": next((spec.prices.currency for spec in request.endpoints if spec.prices), None),
            "reason": None if len(known) == len(costs) else "an endpoint has no prices in the configuration",
        },
    }


def confirming_runs(suite: Suite, spec: EndpointSpec) -> int:
    """Return how many days' calls a confirmation run has: one where answers are repeats, for more say nothing new."""
    return 1 if suite.decoding.merged(spec.decoding).deterministic else CONFIRMING


def yearly_line(yearly: Mapping[str, Any]) -> str:
    """Return a year of daily runs in a line."""
    cost = yearly["reason"] if yearly["cost"] is None else f"about {yearly['cost']:.2f} {yearly['currency']}"
    confirming = f"about {yearly['n_confirming_requests']:,} more for confirmation runs of `watch`"
    return f"every day of a year: {yearly['n_requests']:,} requests, cost: {cost}; {confirming}"
