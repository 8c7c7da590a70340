"""Runs named beside those compared: the positive control and the hosts of the same weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from blackbox import suites
from blackbox.errors import UsageError
from blackbox.store import read_run, resolve_run
from blackbox.workflow._compare_features import FeatureSource
from blackbox.workflow._compare_groups import Group, identity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from blackbox.core import Run
    from blackbox.evidence.samples import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Companion runs as read, with their folders.

    Args:
        controls: Positive controls, at most one a suite.
        hosts: Runs of the same weights on other hosts.
        alternatives: What else is thought to be served, at most one a suite.
        paths: Folder of each by run id.
    """

    controls: tuple[Run, ...]
    hosts: tuple[Run, ...]
    alternatives: tuple[Run, ...]
    paths: Mapping[str, Path]


@dataclass(frozen=True, slots=True, kw_only=True)
class Companions:
    """The companion runs of one suite, with their features."""

    control: Sample | None
    hosts: tuple[Sample, ...]
    alternative: Sample | None = None

    @property
    def rival(self) -> Sample | None:
        """What a suspect may be serving instead: the named alternative, else the control."""
        return self.alternative if self.alternative is not None else self.control


def read_companions(
    results: Path,
    *,
    controls: Sequence[str],
    hosts: Sequence[str],
    alternatives: Sequence[str],
    compared: Sequence[Run],
) -> Named:
    """Return the companion runs.

    Raises:
        UsageError: One is unknown, of a suite that is not compared, or a second control of one suite.
        EvidenceDamaged: A run does not agree with its own digests.
    """
    paths = {name: resolve_run(results, name) for name in (*controls, *hosts, *alternatives)}
    read = {name: read_run(path, to_suite=suites.from_document) for name, path in paths.items()}
    for option, names in (("--control", controls), ("--benign", hosts), ("--alternative", alternatives)):
        for name in names:
            _check_suite(option, read[name], compared)
    return Named(
        controls=_one_a_suite("--control", [read[name] for name in dict.fromkeys(controls)]),
        hosts=tuple(read[name] for name in dict.fromkeys(hosts)),
        alternatives=_one_a_suite("--alternative", [read[name] for name in dict.fromkeys(alternatives)]),
        paths={read[name].id: path for name, path in paths.items()},
    )


def _one_a_suite(option: str, runs: Sequence[Run]) -> tuple[Run, ...]:
    if len({_suite(run) for run in runs}) < len(runs):
        raise UsageError(f"two {option} runs of one suite; name one a suite")
    return tuple(runs)


def companions_of(
    group: Group, named: Named, needed: Mapping[str, Sequence[frozenset[str]]], on_run: Callable[[str, int, Run], None]
) -> Companions:
    """Return the companions of one suite with the features some pair of it needs."""
    own = (group.suite, group.version)
    controls = [run for run in named.controls if _suite(run) == own]
    hosts = [run for run in named.hosts if _suite(run) == own]
    alternatives = [run for run in named.alternatives if _suite(run) == own]
    runs = (*controls, *hosts, *alternatives)
    if not runs:
        return Companions(control=None, hosts=())
    beside = Group(suite=own[0], version=own[1], runs=runs, endpoints=tuple(identity(r) for r in runs), pairs=())
    everywhere = {feature: frozenset().union(*probes) for feature, probes in needed.items()}
    source = FeatureSource(group=beside, paths=named.paths)
    samples = source.samples(
        {feature: [probes for _ in runs] for feature, probes in everywhere.items()},
        lambda feature, position: on_run(feature, position, runs[position]),
    )
    n_controls, n_before = len(controls), len(controls) + len(hosts)
    return Companions(
        control=samples[0] if controls else None,
        hosts=tuple(samples[n_controls:n_before]),
        alternative=samples[-1] if alternatives else None,
    )


def _suite(run: Run) -> tuple[str, int]:
    return run.manifest.suite_name, run.manifest.suite_version


def _check_suite(option: str, run: Run, compared: Sequence[Run]) -> None:
    same = [other for other in compared if _suite(other) == _suite(run)]
    if not same:
        raise UsageError(
            f"{option} {run.id}: no compared run is of its suite, {run.manifest.suite_name}; name a run of one that is"
        )
    for other in same:
        imported = run.suite.origin == other.suite.origin == "imported"
        if run.suite.digest != other.suite.digest and not imported:
            raise UsageError(f"{option} {run.id}: its suite differs from that of {other.id} (digests disagree)")
