"""What each prompt says of each labelled pair: kept in a population, so that prompts can be chosen from it alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from blackbox.errors import EvidenceDamaged, UsageError
from blackbox.evidence.landscape import centred_overlap, weighted_overlap

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.core import AnyArray, FloatArray
    from blackbox.evidence.lineage import Lineage
    from blackbox.evidence.population import Population
    from blackbox.workflow._kinship_rows import ProbeRows

NAME = "pairs/by_probe"
GRAMS = ("word3", "char5")


def by_probe(
    found: Lineage, place: Mapping[str, int], rows: Mapping[str, Sequence[ProbeRows]], probe_ids: Sequence[str]
) -> dict[str, AnyArray]:
    """Return `(P, n)` centred overlaps of the labelled pairs, mean over gram signals, in half precision.

    Every model of the population takes part in the centring: good to choose prompts by, no score of a pair.

    Args:
        found: The population's lineage; its n pairs.
        place: Place of each model's rows.
        rows: By feature, each model's rows.
        probe_ids: The P probes.
    """
    grams = [rows[name] for name in GRAMS if name in rows]
    if not grams:
        return {}
    models = sorted(place, key=lambda m: place[m])
    group = np.unique([found.group[m] for m in models], return_inverse=True)[1]
    other = group[:, None] != group[None, :]
    a, b = ([place[getattr(pair, side)] for pair in found.pairs] for side in "ab")
    scores = [_at_probe([_held(own, probe) for own in grams], other)[a, b] for probe in probe_ids]
    return {NAME: np.array(scores, dtype=np.float16).reshape(len(probe_ids), len(a))}


def _held(rows: Sequence[ProbeRows], probe: str) -> list[AnyArray | None]:
    said = [[row for row in own.get(probe, []) if len(row)] for own in rows]
    return [np.unique(np.concatenate(answers)) if answers else None for answers in said]


def _at_probe(held: Sequence[Sequence[AnyArray | None]], other: AnyArray) -> FloatArray:
    """Return the `(R, R)` mean of the gram signals' centred overlaps; NaN where nobody says anything."""
    known = [own for own in held if any(row is not None for row in own)]
    if not known:
        return np.full(other.shape, np.nan)
    return np.asarray(np.mean([centred_overlap(weighted_overlap(own), other) for own in known], axis=0))


def scores_of_population(population: Population, place: Mapping[str, int]) -> tuple[AnyArray, list[str]]:
    """Return `(P, R, R)` scores of a population's labelled pairs, NaN elsewhere, and its P probes with any.

    Args:
        population: The population.
        place: Place of each of its R models.

    Raises:
        UsageError: It holds none: its questions are closed, or an earlier version made it.
        EvidenceDamaged: What it holds does not fit its pairs and probes.
    """
    found = population.arrays.get(NAME)
    if found is None:
        raise UsageError(
            f"the population {population.document['name']!r} holds no scores by prompt (closed questions, or an older "
            "version): calibrate it again, or choose with --pairs, --groups and the runs"
        )
    models, probe_ids = sorted(place), [str(probe["id"]) for probe in population.document["probes"]]
    a, b = (population.arrays[f"pairs/{side}"] for side in "ab")
    if found.shape != (len(probe_ids), len(a)):
        raise EvidenceDamaged(f"the population {population.document['name']!r}: scores by prompt do not fit its pairs")
    at = np.array([place[m] for m in models])
    scores = np.full((len(probe_ids), len(place), len(place)), np.nan, dtype=np.float32)
    scores[:, at[a], at[b]] = scores[:, at[b], at[a]] = found
    kept = np.flatnonzero(np.isfinite(found).any(axis=1))
    return scores[kept], [probe_ids[i] for i in kept]
