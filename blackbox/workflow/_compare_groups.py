"""Which runs are compared with which: pairs of different endpoints under one suite, and why others are skipped."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from blackbox.core import digest
from blackbox.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.core import Run

HALF = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two runs to compare, by position in their group, and the probes they share."""

    a: int
    b: int
    probe_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """All compared runs of one suite."""

    suite: str
    version: int
    runs: tuple[Run, ...]
    endpoints: tuple[str, ...]
    pairs: tuple[Pair, ...]

    def sessions_of(self, position: int) -> tuple[int, ...]:
        """Return the positions of the other runs of the same endpoint."""
        endpoint = self.endpoints[position]
        return tuple(i for i, other in enumerate(self.endpoints) if i != position and other == endpoint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """Every group, what was skipped and what to warn of."""

    groups: tuple[Group, ...]
    skipped: tuple[dict[str, str], ...]
    warnings: tuple[str, ...]


def identity(run: Run) -> str:
    """Return what makes two runs runs of one endpoint: name, kind, address and model."""
    endpoint = run.manifest.endpoint
    return digest([endpoint.get(name) for name in ("name", "kind", "base_url", "model", "routing")])


def grouped(runs: Sequence[Run]) -> Grouping:
    """Return the runs grouped by suite with their pairs (DESIGN §7, Pairs).

    Raises:
        UsageError: A run is named twice, shipped suites of one version differ, or no pair is left.
    """
    _check_distinct(runs)
    by_suite: dict[tuple[str, int], list[Run]] = {}
    for run in runs:
        by_suite.setdefault((run.manifest.suite_name, run.manifest.suite_version), []).append(run)
    skipped: list[dict[str, str]] = list(_across_suites(runs))
    warnings: list[str] = []
    only_two = len(runs) == 2  # noqa: PLR2004 - exactly two named runs are a pair whatever their endpoint
    groups = [_group(name, members, skipped, warnings, only_two=only_two) for name, members in by_suite.items()]
    if not any(group.pairs for group in groups):
        raise UsageError(_nothing_left(skipped))
    return Grouping(groups=tuple(groups), skipped=tuple(skipped), warnings=tuple(dict.fromkeys(warnings)))


def _check_distinct(runs: Sequence[Run]) -> None:
    if len(runs) < 2:  # noqa: PLR2004 - a comparison has two sides
        raise UsageError("compare needs at least two runs; `blackbox ls` lists them")
    ids = [run.id for run in runs]
    twice = sorted({i for i in ids if ids.count(i) > 1})
    if twice:
        raise UsageError(f"run {twice[0]} is named twice; name each run once")


def _across_suites(runs: Sequence[Run]) -> list[dict[str, str]]:
    return [
        {"a": a.id, "b": b.id, "reason": "different suites or suite versions"}
        for a, b in combinations(runs, 2)
        if (a.manifest.suite_name, a.manifest.suite_version) != (b.manifest.suite_name, b.manifest.suite_version)
    ]


def _group(
    name: tuple[str, int], runs: list[Run], skipped: list[dict[str, str]], warnings: list[str], *, only_two: bool
) -> Group:
    pairs = []
    endpoints = tuple(identity(run) for run in runs)
    for a, b in combinations(range(len(runs)), 2):
        if endpoints[a] == endpoints[b] and not only_two:
            reason = "two runs of one endpoint: they are each other's repeat control"
            skipped.append({"a": runs[a].id, "b": runs[b].id, "reason": reason})
            continue
        shared = _shared_probes(runs[a], runs[b], warnings)
        if shared:
            pairs.append(Pair(a=a, b=b, probe_ids=shared))
        else:
            skipped.append({"a": runs[a].id, "b": runs[b].id, "reason": "no probe in common"})
    return Group(suite=name[0], version=name[1], runs=tuple(runs), endpoints=endpoints, pairs=tuple(pairs))


def _shared_probes(a: Run, b: Run, warnings: list[str]) -> tuple[str, ...]:
    """Return the probes both suites ask in the same words.

    Raises:
        UsageError: Two shipped suites of one name and version differ.
    """
    if a.suite.digest == b.suite.digest:
        return tuple(probe.id for probe in a.suite.probes)
    if not a.suite.origin == b.suite.origin == "imported":
        raise UsageError(
            f"suite {a.suite.name} v{a.suite.version} differs between {a.id} and {b.id} (digests disagree): "
            "collect both again under one suite file"
        )
    of_b = {probe.id: probe.digest for probe in b.suite.probes}
    shared = tuple(probe.id for probe in a.suite.probes if of_b.get(probe.id) == probe.digest)
    if shared and len(shared) < HALF * max(len(a.suite.probes), len(b.suite.probes)):
        n = max(len(a.suite.probes), len(b.suite.probes))
        warnings.append(f"{a.id} and {b.id} share only {len(shared)} of {n} probes; the others are left out")
    return shared


def _nothing_left(skipped: Sequence[dict[str, str]]) -> str:
    reasons = sorted({entry["reason"] for entry in skipped})
    return f"no pair of runs can be compared ({'; '.join(reasons)}): name runs of two endpoints under one suite"
