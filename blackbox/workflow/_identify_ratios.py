"""Likelihood ratios of a suspect with every library run, and what a population says of suspects without kin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from blackbox.evidence.identification import Rejection, rejection_by_population
from blackbox.evidence.population import headline, lineage_of, ratios
from blackbox.workflow._compare_groups import Group, Pair, identity
from blackbox.workflow._compare_population import open_population, population_evidence, uncapped_on

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from blackbox.core import Run
    from blackbox.evidence.population import Population


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """What a population says.

    Args:
        ratios: For each library run its ratio with the suspect, as `related` of a comparison states it.
        unrelated: For each model of the population, its uncapped ratios with models of other sources.
        group_of: Group of each model of the population.
        entry: The population, for the document.
        on: Returns the uncapped ratios on some of the probes; NaN where there is none.
    """

    ratios: Sequence[Mapping[str, Any]]
    unrelated: Mapping[str, Sequence[float]]
    group_of: Mapping[str, str]
    entry: Mapping[str, Any]
    on: Callable[[frozenset[str]], Sequence[float]]

    def rejection(self, best: float, n_candidates: int) -> Rejection:
        """Return how rare the best ratio is among the population's models without kin."""
        return rejection_by_population(self.unrelated, self.group_of, best=best, n_candidates=n_candidates)


def against_population(
    path: Path | None, suspect: Run, library: Sequence[Run], paths: Mapping[str, Path]
) -> Against | None:
    """Return the suspect's ratios against a population; None where none was named.

    Raises:
        UsageError: There is no such population, or it was made by another version.
        EvidenceDamaged: It is damaged.
    """
    if path is None:
        return None
    population = open_population(path)
    runs = (suspect, *library)
    probe_ids = tuple(probe.id for probe in suspect.suite.probes)
    group = Group(
        suite=suspect.suite.name,
        version=suspect.suite.version,
        runs=runs,
        endpoints=tuple(identity(run) for run in runs),
        pairs=tuple(Pair(a=0, b=place, probe_ids=probe_ids) for place in range(1, len(runs))),
    )
    found = population_evidence(group, population, paths, chosen=None, detailed=False)
    document = population.document
    return Against(
        ratios=[{**(evidence.ratio or {}), "reason": evidence.reason} for evidence in found],
        unrelated=_unrelated(population),
        group_of={str(m["model"]): str(m["group"]) for m in document["models"]},
        entry={"name": document["name"], "digest": population.digest, **document["counts"]},
        on=lambda probes: uncapped_on(group, population, paths, probes),
    )


def _unrelated(population: Population) -> dict[str, list[float]]:
    """Return each model's uncapped ratios with models of other sources, every pair scored without both groups."""
    lineage = lineage_of(population.document, population.arrays)
    values: dict[str, list[float]] = {}
    for pair, z in zip(lineage.pairs, population.arrays["pairs/scores"], strict=True):
        if pair.side == "same" or not np.isfinite(z).all():
            continue
        left = sorted({lineage.fold[lineage.group[model]] for model in (pair.a, pair.b)})
        value = headline(ratios(population, [float(v) for v in z], left)).uncapped
        for model in (pair.a, pair.b):
            values.setdefault(model, []).append(value)
    return values
