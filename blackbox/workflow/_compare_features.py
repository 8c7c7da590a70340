"""Forms of the probes, and the features each run needs for the pairs it is in."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from blackbox import registry
from blackbox.core import TEXT_OUTCOMES, digest
from blackbox.evidence.samples import MIN_DRAWS, Sample, single_beside
from blackbox.store import FeatureCache

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from blackbox.core import FeatureMatrix, Run
    from blackbox.workflow._compare_groups import Group, Pair

CLOSED_LENGTH = 40
"""Pooled median code points up to which an imported probe is closed (DESIGN §4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """Of one run: usable answers of each probe, and the lengths of those with text."""

    n_usable: Mapping[str, int]
    lengths: Mapping[str, Sequence[int]]


def answer_lengths(run: Run) -> Lengths:
    """Return how many usable answers, and how long, a run has at each probe."""
    usable: dict[str, int] = defaultdict(int)
    lengths: dict[str, list[int]] = defaultdict(list)
    for o in run.observations:
        usable[o.probe_id] += not o.missing
        if o.outcome in TEXT_OUTCOMES and o.text is not None:
            lengths[o.probe_id].append(len(o.text))
    return Lengths(n_usable=usable, lengths=lengths)


def testable(pair: Pair, lengths: Sequence[Lengths]) -> bool:
    """Return whether some probe has two usable answers a side."""
    a, b = lengths[pair.a].n_usable, lengths[pair.b].n_usable
    return any(min(a.get(p, 0), b.get(p, 0)) >= MIN_DRAWS for p in pair.probe_ids)


def rankable(pair: Pair, lengths: Sequence[Lengths]) -> bool:
    """Return whether one side has a single usable answer at some probe, and the other enough to rank it among."""
    a, b = lengths[pair.a].n_usable, lengths[pair.b].n_usable
    return any(single_beside(a.get(p, 0), b.get(p, 0)) for p in pair.probe_ids)


def resolved_forms(run: Run, probe_ids: Sequence[str], lengths: Sequence[Lengths]) -> dict[str, str]:
    """Return each probe's form; an imported probe is closed when its pooled median answer is short.

    Args:
        run: A run whose suite states the probes.
        probe_ids: Probes to resolve.
        lengths: Answer lengths of the runs that are pooled.
    """
    wanted = set(probe_ids)
    return {
        probe.id: _measured(probe.id, lengths) if probe.form == "auto" else probe.form
        for probe in run.suite.probes
        if probe.id in wanted
    }


def _measured(probe_id: str, lengths: Sequence[Lengths]) -> str:
    pooled = [n for side in lengths for n in side.lengths.get(probe_id, ())]
    return "closed" if not pooled or median(pooled) <= CLOSED_LENGTH else "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureSource:
    """Extracts features of the runs of a group, through each run's cache on disk."""

    group: Group
    paths: Mapping[str, Path]

    def samples(
        self, needed: Mapping[str, Sequence[frozenset[str]]], on_run: Callable[[str, int], None]
    ) -> list[Sample]:
        """Return each run with the features it needs.

        Args:
            needed: For each feature, the probes needed of each run, by position.
            on_run: Called with the feature and position before each extraction that is not cached.
        """
        return [
            Sample.of(run, {f: self.matrix(f, i, probes[i], on_run) for f, probes in needed.items() if probes[i]})
            for i, run in enumerate(self.group.runs)
        ]

    def matrix(
        self, feature: str, position: int, probe_ids: frozenset[str], on_run: Callable[[str, int], None]
    ) -> FeatureMatrix:
        """Return one run's feature at the given probes, from the cache where it is there."""
        run = self.group.runs[position]
        extractor = registry.feature(feature)
        model = getattr(extractor, "model_digest", None)
        key = digest([run.manifest.journal_head, run.suite.digest, sorted(probe_ids), model])
        cache = FeatureCache(self.paths[run.id])
        found = cache.get(feature, extractor.version, key)
        if found is None:
            on_run(feature, position)
            found = extractor.extract(run, probe_ids)
            cache.put(found, key)
        return found
