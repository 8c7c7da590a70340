"""Second candidates: an endpoint that is now one model, now another, is no single one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from blackbox.evidence.identification import ALPHA, REST_ALPHA, rejection_by_library, unrelated_by
from blackbox.workflow._identify_scores import scores_of, weakest_probes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.core import FloatArray
    from blackbox.evidence.identification import Rejection
    from blackbox.workflow._identify_ratios import Against
    from blackbox.workflow._identify_scores import Field, ProbeScores

    Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The suspect and the library with their scores, and what a population says, if one was named.

    Args:
        field: The runs, the suspect first.
        by_probe: Scores at each probe.
        scores: `(R, R)` scores over all probes.
        against: The population's ratios.
    """

    field: Field
    by_probe: Sequence[ProbeScores]
    scores: FloatArray
    against: Against | None


def rejection_of(row: Row, judged: Judged) -> Rejection:
    """Return how rare a candidate's score is."""
    if judged.against is not None:
        return _by_population(float(row["uncapped_log10_lr"]), judged, judged.against)
    return rejection_by_library(judged.scores, judged.field.groups, row["score"])


def rival_of(best: Row, others: Sequence[Row], judged: Judged) -> str | None:
    """Return the name of a candidate that is no kin of the best one and fits as well, or where that fits least."""
    strangers = [row for row in others if _group(row, judged) != _group(best, judged)]
    return _over_all(best, strangers, judged) or _where_weakest(best, strangers, judged)


def _over_all(best: Row, strangers: Sequence[Row], judged: Judged) -> str | None:
    for row in strangers:
        if judged.against is not None and row["uncapped_log10_lr"] is None:
            continue
        value = row["score"] if judged.against is None else row["uncapped_log10_lr"]
        if _rare_without(best, value, judged.scores, judged) > ALPHA:
            return None  # the others are further away still
        between = float(judged.scores[best["place"], row["place"]])
        if not np.isfinite(between) or between < min(best["score"], row["score"]):
            return str(row["endpoint"])
    return None


def _where_weakest(best: Row, strangers: Sequence[Row], judged: Judged) -> str | None:
    """Return who fits at the half of the probes that speak least for the best candidate, if that is rare.

    Null hypothesis: the suspect is one model throughout, so that elsewhere strangers come no closer to it than to
    models of the library or population.
    """
    rest = weakest_probes(judged.by_probe, best["place"])
    scores = scores_of(judged.by_probe, judged.field, rest)
    value = scores[0] if judged.against is None else np.array([np.nan, *judged.against.on(rest)])
    known = [row for row in strangers if np.isfinite(value[row["place"]]) and np.isfinite(scores[0, row["place"]])]
    if not known:
        return None
    row = max(known, key=lambda each: float(value[each["place"]]))
    if _rare_without(best, float(value[row["place"]]), scores, judged) > REST_ALPHA:
        return None
    between = float(judged.scores[best["place"], row["place"]])
    return str(row["endpoint"]) if unrelated_by(between, best["score"], float(scores[0, row["place"]])) else None


def _rare_without(best: Row, value: float, scores: FloatArray, judged: Judged) -> float:
    """Return the p of a stranger's score or ratio; the best candidate's group is then no left-out group either."""
    if judged.against is not None:
        return _by_population(value, judged, judged.against).pvalue
    groups = judged.field.groups
    kept = [place for place, group in enumerate(groups) if group != _group(best, judged)]
    return rejection_by_library(scores[np.ix_(kept, kept)], [groups[place] for place in kept], value).pvalue


def _by_population(value: float, judged: Judged, against: Against) -> Rejection:
    return against.rejection(value, len(set(judged.field.groups[1:])))


def _group(row: Row, judged: Judged) -> int:
    return judged.field.groups[row["place"]]
