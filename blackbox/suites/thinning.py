"""A suite asked a little every day: the same questions, fewer repeats, a digest of its own."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from blackbox.suites.fields import Place
from blackbox.suites.schema import build, content_digest

if TYPE_CHECKING:
    from blackbox.core import Suite

SUFFIX = "-daily"
FEWEST = 3
"""Repeats below which fewer probes are asked instead: one answer says nothing of how often answers repeat."""


def thinned(suite: Suite, most_calls: int) -> Suite:
    """Return the suite with as many repeats of each probe as fit into a number of calls.

    Asked are the probes of the suite's short form, where it states one: fewer questions asked more often see more, for
    the same calls, of a change that moves them all (ADR 31). With more of them than can be asked three times, evenly
    spaced ones are kept. A suite that fits already is returned as it is. The same suite and number always give the
    same digest, so runs of successive days are runs of one suite.

    Args:
        suite: Any suite with a document.
        most_calls: Calls a run may send.
    """
    if sum(probe.repeats for probe in suite.probes) <= most_calls:
        return suite
    fewest = min(FEWEST, max(probe.repeats for probe in suite.probes))
    chosen = _chosen(suite)
    kept = [chosen[i] for i in _kept(len(chosen), max(1, most_calls // fewest))]
    repeats = max(1, most_calls // len(kept))
    document: dict[str, Any] = copy.deepcopy(dict(suite.document))
    document["name"] = f"{suite.name}{SUFFIX}"
    document["probes"] = [_asked(document["probes"][i], min(repeats, suite.probes[i].repeats)) for i in kept]
    document.pop("short", None)  # it may name probes that are no longer asked
    document["digest"] = content_digest(document)
    return build(document, Place(source=f"{suite.name} thinned"), origin="file")


def _chosen(suite: Suite) -> list[int]:
    """Return the places of the probes that a day may ask: those of the short form, else all."""
    wanted = frozenset(suite.short.probe_ids) if suite.short is not None else frozenset()
    return [i for i, probe in enumerate(suite.probes) if not wanted or probe.id in wanted]


def _kept(n_probes: int, most: int) -> list[int]:
    if n_probes <= most:
        return list(range(n_probes))
    return sorted({i * n_probes // most for i in range(most)})


def _asked(probe: dict[str, Any], repeats: int) -> dict[str, Any]:
    return {**probe, "repeats": repeats}
