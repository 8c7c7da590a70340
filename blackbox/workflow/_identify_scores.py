"""Scores of a suspect with every run of a library, and whether the suspect reads its prompts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from blackbox.evidence.agreement import Said, items_by_probe
from blackbox.evidence.identification import DEPENDENCE_ALPHA, MIN_PROBES, Dependence, normed_scores, prompt_dependence
from blackbox.evidence.landscape import CEILING, answer_distances, open_distances
from blackbox.stats.randomness import generator
from blackbox.workflow._compare_features import answer_lengths, resolved_forms
from blackbox.workflow._kinship_rows import matrix_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from blackbox.core import AnyArray, FeatureMatrix, FloatArray, Run

MOST_PROBES = 100
"""Probes that the prompt test looks at: more add nothing but time."""
MOST_TESTED = 10
"""Library runs by which the prompt test itself is tested."""
FEATURES = {"open": ("word3", "char5"), "closed": ("answer",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """The suspect (first) and the library, with the features they are scored by.

    Args:
        runs: The runs, the suspect first.
        groups: Group number of each; the suspect's is its own.
        features: By feature, one matrix a run.
    """

    runs: tuple[Run, ...]
    groups: tuple[int, ...]
    features: Mapping[str, Sequence[FeatureMatrix]]


def field_of(runs: Sequence[Run], paths: Mapping[str, Path], groups: Sequence[int], shared: frozenset[str]) -> Field:
    """Return the runs with the features that their forms of probes need.

    Args:
        runs: The suspect, then the library.
        paths: Folder of each run by id.
        groups: Group number of each.
        shared: Probes that may be looked at.
    """
    lengths = [answer_lengths(run) for run in runs]
    forms = resolved_forms(runs[0], sorted(shared), lengths)
    features: dict[str, list[FeatureMatrix]] = {}
    for form, names in FEATURES.items():
        probes = frozenset(probe for probe, own in forms.items() if own == form)
        for name in names if probes else ():
            features[name] = [matrix_of(run, paths[run.id], name, probes) for run in runs]
    return Field(runs=tuple(runs), groups=tuple(groups), features=features)


def scores_of(field: Field) -> FloatArray:
    """Return `(R, R)` scores of all runs of the field, the larger the closer; NaN where two share no probe."""
    averages = []
    for name, matrices in field.features.items():
        found = answer_distances(matrices) if name == "answer" else open_distances(matrices, field.groups)
        with np.errstate(invalid="ignore"):
            known = np.isfinite(found.values)
            mean = np.where(known, found.values, 0).sum(0, dtype=np.float64) / known.sum(0)
        if known.any():
            averages.append(-mean if found.unit == "answers" else CEILING * (1 - mean))
    return normed_scores(averages, field.groups) if averages else np.full((len(field.runs),) * 2, np.nan)


def answered_probes(field: Field) -> list[str]:
    """Return the probes at which the suspect has something to compare, sorted."""
    return sorted({probe for matrices in field.features.values() for probe in matrices[0].probe_ids})


def dependence_of(field: Field, *, seed: int) -> Dependence | None:
    """Return whether the suspect's answers depend on the prompts; None where too few are answered to tell."""
    probes = answered_probes(field)
    if len(probes) < MIN_PROBES:
        return None
    step = max(1, -(-len(probes) // MOST_PROBES))
    said = Said.of([_items(field, place) for place in range(len(field.runs))], probes[::step])
    found = _pvalue(said, 0, seed=seed, name=field.runs[0].id)
    if found is None:
        return None
    first = {group: i for i, group in reversed(list(enumerate(field.groups))) if i}
    tested = sorted(first.values())[:MOST_TESTED]
    pvalues = [_pvalue(said, place, seed=seed, name=field.runs[place].id) for place in tested]
    shares = [p is not None and p <= DEPENDENCE_ALPHA for p in pvalues]
    return Dependence(pvalue=found, library_share=float(np.mean(shares)), n_probes=len(probes))


def _pvalue(said: Said, place: int, *, seed: int, name: str) -> float | None:
    probes = said.answered(place)
    if len(probes) < MIN_PROBES:
        return None
    return prompt_dependence(said.cross_agreement(place, probes), generator("prompt dependence", seed, name))


def _items(field: Field, place: int) -> dict[str, AnyArray]:
    """Return what is looked at of one run: grams where it is open, else answers; probes of both forms stay apart."""
    names = [name for name in ("char5", "answer") if name in field.features]
    return {probe: items for name in names for probe, items in items_by_probe(field.features[name][place]).items()}
