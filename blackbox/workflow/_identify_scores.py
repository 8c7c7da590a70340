"""Scores of a suspect with every run of a library, and whether the suspect reads its prompts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from blackbox.evidence.agreement import Said, items_by_probe
from blackbox.evidence.identification import (
    DEPENDENCE_ALPHA,
    MIN_PROBES,
    Dependence,
    normed_scores,
    prompt_dependence,
    weakest_half,
)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeScores:
    """What one feature says of all runs of the field, probe by probe.

    Args:
        form: Form of its probes.
        probe_ids: The P probes.
        values: `(P, R, R)`, the larger the closer; NaN where a side is silent.
    """

    form: str
    probe_ids: tuple[str, ...]
    values: AnyArray

    def averaged(self, probes: frozenset[str] | None) -> FloatArray:
        """Return the `(R, R)` mean over some probes, over all for None."""
        kept = [i for i, probe in enumerate(self.probe_ids) if probes is None or probe in probes]
        known = np.isfinite(self.values[kept])
        with np.errstate(invalid="ignore"):
            total = np.where(known, self.values[kept], 0).sum(0, dtype=np.float64)
            return np.asarray(total / known.sum(0))


def probe_scores(field: Field) -> list[ProbeScores]:
    """Return every feature's scores at each probe."""
    scores = []
    for form, names in FEATURES.items():
        for matrices in (field.features[name] for name in names if name in field.features):
            found = open_distances(matrices, field.groups) if form == "open" else answer_distances(matrices)
            values = -found.values if found.unit == "answers" else CEILING * (1 - found.values)
            ids = sorted({probe for matrix in matrices for probe in matrix.probe_ids})
            scores.append(ProbeScores(form=form, probe_ids=tuple(ids), values=values))
    return scores


def scores_of(scores: Sequence[ProbeScores], field: Field, probes: frozenset[str] | None = None) -> FloatArray:
    """Return `(R, R)` scores of all runs of the field, the larger the closer; NaN where two share no probe.

    Args:
        scores: At each probe.
        field: The runs.
        probes: The probes to look at; None: all.
    """
    averages = [own.averaged(probes) for own in scores]
    kept = [average for average in averages if np.isfinite(average).any()]
    return normed_scores(kept, field.groups) if kept else np.full((len(field.runs),) * 2, np.nan)


def weakest_probes(scores: Sequence[ProbeScores], place: int) -> frozenset[str]:
    """Return the half of the probes of each form at which the suspect is least like a run."""
    fit: dict[str, dict[str, list[float]]] = {}
    for own in scores:
        for probe, value in zip(own.probe_ids, own.values[:, 0, place].tolist(), strict=True):
            fit.setdefault(own.form, {}).setdefault(probe, []).append(value)
    halves = (weakest_half({probe: float(np.mean(own)) for probe, own in each.items()}) for each in fit.values())
    return frozenset().union(*halves)


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
