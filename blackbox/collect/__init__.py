"""Asks endpoints the probes of a suite: plan, pacing, retries, budgets, and lanes that run side by side.

The only asyncio orchestration. Endpoints and sinks come in as protocols, time and randomness as arguments.
"""

from __future__ import annotations

from blackbox.collect.budget import Limits
from blackbox.collect.estimating import Estimate, estimate
from blackbox.collect.lane import Lane, LaneResult, LaneStatus
from blackbox.collect.passes import OnStored
from blackbox.collect.planning import PlannedCall, plan
from blackbox.collect.runner import collect

__all__ = [
    "Estimate",
    "Lane",
    "LaneResult",
    "LaneStatus",
    "Limits",
    "OnStored",
    "PlannedCall",
    "collect",
    "estimate",
    "plan",
]
