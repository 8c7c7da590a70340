"""Border inputs of a watched endpoint: which near ties it is asked, from which discovery, and when to find new ones.

A discovery is a run of the whole suite of candidates under a label of its own. The suite that is asked daily follows
from it alone, so nothing is kept beside the runs; its name holds the discovery's digest, so that a new discovery
begins a new history, and the answers that found the inputs are in none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox import store
from blackbox.core import plain
from blackbox.errors import SuiteError
from blackbox.suites.discovery import near_ties, selected_suite
from blackbox.workflow.runs import open_run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from blackbox.core import EndpointSpec, Run, Suite

SUITE = "border-input"
DISCOVERY = "discovery"
REPEATS = 3
"""Askings of a near tie a day: what it usually says needs more than one, and at temperature 0 more say little."""
IDENTITY = ("name", "kind", "base_url", "model", "routing")


def discovery_label(now: datetime) -> str:
    """Return the label of a discovery run begun now."""
    return f"{DISCOVERY}-{now:%Y-%m-%d}"


def is_of(run: store.RunSummary, spec: EndpointSpec) -> bool:
    """Return whether a run was asked of this endpoint."""
    wanted = {name: plain(spec)[name] for name in IDENTITY}
    return {name: run.manifest.endpoint.get(name) for name in wanted} == wanted


def newest_discovery(results: Path, spec: EndpointSpec, suite: Suite) -> Run | None:
    """Return the newest finished discovery run of an endpoint's near ties among a suite's candidates."""
    found = [
        run
        for run in store.find_runs(results)
        if run.manifest.label.startswith(f"{DISCOVERY}-")
        and run.manifest.suite_digest == suite.digest
        and run.manifest.status == "finished"
        and is_of(run, spec)
    ]
    return open_run(max(found, key=lambda run: run.manifest.created_at).path) if found else None


def selected(discovery: Run, *, most_calls: int) -> Suite | None:
    """Return the suite of the closest ties that a day can ask; None: nothing is near a tie."""
    try:
        limit = max(1, most_calls // REPEATS)
        return selected_suite(discovery, near_ties(discovery), limit=limit, repeats=REPEATS)
    except SuiteError:
        return None


def discovery_of(suite: Suite) -> Mapping[str, Any] | None:
    """Return where a suite's inputs were found, if they were found at one endpoint."""
    made = suite.document.get("provenance") or {}
    return made if made.get("kind") == "discovery" else None


def border_lines(history: Mapping[str, Any], suite: Suite) -> Sequence[str]:
    """Return what a reader of the history of border inputs must know, and do after a change."""
    made = discovery_of(suite)
    again = f"blackbox watch -s {SUITE} -e {history['endpoint']} --discover"
    if made is None:
        return (f"these inputs were not chosen for this endpoint; find its near ties once with: {again}",)
    lines = (f"the inputs are near ties found in {made['run']}, whose answers are no part of this history",)
    if history.get("detected") is None:
        return lines
    return (*lines, f"near ties of the model as it was are none of the new one's: find new inputs with: {again}")
