"""The question *related* for all pairs of one suite, and the tokenizer line beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from blackbox import registry
from blackbox.core import FeatureMatrix
from blackbox.evidence import wording
from blackbox.evidence.document import RelatedEvidence, finite
from blackbox.evidence.related import MIN_REFERENCES, Kinship, averaged, kinship
from blackbox.stats.slopes import unit_slopes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from blackbox.core import FloatArray, PairSignal
    from blackbox.workflow._compare_groups import Group, Pair

CHUNK_CELLS = 8_000_000
"""Cells (probes × runs²) scored at once: bounds memory."""
SLOPE_TOLERANCE = 1e-9


def pair_signals(question: str) -> dict[str, PairSignal]:
    """Return the registered pair signals of a question by name."""
    found = {name: registry.signal(name) for name in registry.names("signals")}
    return {name: cast("PairSignal", s) for name, s in found.items() if s.info.question == question}


def families(group: Group) -> list[int]:
    """Return each run's family number: runs of one endpoint are one family; lineage is unknown here."""
    numbers: dict[str, int] = {}
    return [numbers.setdefault(endpoint, len(numbers)) for endpoint in group.endpoints]


def related_evidence(group: Group, matrices: Mapping[str, Sequence[FeatureMatrix]]) -> list[RelatedEvidence]:
    """Return score and rank of each pair, or the reason why there is none.

    Args:
        group: The runs and pairs.
        matrices: For each gram feature, one matrix a run; empty where no probe is open.
    """
    numbers = families(group)
    n_references = len(set(numbers)) - 2
    reason = _no_rank(len(group.runs), n_references, has_open=bool(matrices))
    if reason is not None:
        none = RelatedEvidence(score=None, rank_pvalue=None, n_references=max(0, n_references), reason=reason)
        return [none for _ in group.pairs]
    signals = {name: s for name, s in pair_signals("related").items() if s.info.feature in matrices}
    distances = {
        name: averaged(s.scores(chunk, numbers) for chunk in _chunks(matrices[s.info.feature]))
        for name, s in signals.items()
    }
    found = kinship(distances, numbers)
    return [_entry(found, pair, numbers, signals) for pair in group.pairs]


def _no_rank(n_runs: int, n_references: int, *, has_open: bool) -> str | None:
    if n_runs == 2:  # noqa: PLR2004 - the fixed text for two endpoints alone
        return wording.TWO_ENDPOINTS.rstrip(".")
    if not has_open:
        return "kinship is read from open answers; this suite has none"
    if n_references < MIN_REFERENCES:
        n = max(0, n_references)
        return f"only {n} other endpoints to compare with; a rank needs at least {MIN_REFERENCES}"
    return None


def _entry(found: Kinship, pair: Pair, numbers: Sequence[int], signals: Mapping[str, PairSignal]) -> RelatedEvidence:
    a, b = pair.a, pair.b
    if numbers[a] == numbers[b]:
        return RelatedEvidence(score=None, rank_pvalue=None, n_references=0, reason="two runs of one endpoint")
    score = finite(float(found.combined[a, b]))
    return RelatedEvidence(
        score=score,
        rank_pvalue=finite(float(found.rank_pvalue[a, b])) if score is not None else None,
        n_references=int(found.n_references[a, b]),
        reason=None if score is not None else "the two have no open answers at a common probe",
        signals=[_signal(name, s, found, (a, b)) for name, s in signals.items()],
    )


def _signal(name: str, signal: PairSignal, found: Kinship, pair: tuple[int, int]) -> dict[str, Any]:
    value = finite(float(found.by_signal[name][pair]))
    return {
        "signal": name,
        "version": signal.info.version,
        "status": "computed" if value is not None else "not_applicable",
        "value": value,
        "unrelated_quantile": finite(float(found.quantile[name][pair])) if value is not None else None,
    }


def _chunks(matrices: Sequence[FeatureMatrix]) -> Iterator[list[FeatureMatrix]]:
    """Yield all runs' matrices restricted to a few probes at a time."""
    probes = sorted({probe for matrix in matrices for probe in matrix.probe_ids})
    step = max(1, CHUNK_CELLS // len(matrices) ** 2)
    for start in range(0, len(probes), step):
        chosen = frozenset(probes[start : start + step])
        yield [_at(matrix, chosen) for matrix in matrices]


def _at(matrix: FeatureMatrix, probe_ids: frozenset[str]) -> FeatureMatrix:
    """Return the rows of a ragged matrix at the given probes."""
    assert matrix.offsets is not None
    rows = [i for i, probe in enumerate(matrix.probe_ids) if probe in probe_ids]
    if len(rows) == len(matrix.keys):
        return matrix
    parts = [matrix.values[matrix.offsets[i] : matrix.offsets[i + 1]] for i in rows]
    return FeatureMatrix(
        feature=matrix.feature,
        version=matrix.version,
        values=np.concatenate(parts) if parts else matrix.values[:0],
        probe_ids=tuple(matrix.probe_ids[i] for i in rows),
        keys=tuple(matrix.keys[i] for i in rows),
        offsets=np.concatenate([[0], np.cumsum([len(part) for part in parts], dtype=np.int64)]).astype(np.int64),
    )


def tokenizer_entry(a: FeatureMatrix, b: FeatureMatrix) -> dict[str, Any] | None:
    """Return the tokenizer line of a pair, or None where the suite has no units to count."""
    signal = pair_signals("tokenizer")["tokenizer"]
    slopes_a, slopes_b = (unit_slopes(m.probe_ids, [float(v) for v in m.values.ravel()]) for m in (a, b))
    units = sorted(set(slopes_a) & set(slopes_b))
    if not units:
        return None
    differences: FloatArray = signal.scores([a, b], [0, 1])[:, 0, 1]
    n_differing = int(np.count_nonzero(np.abs(differences[np.isfinite(differences)]) > SLOPE_TOLERANCE))
    return {
        "status": "computed",
        "reason": None,
        "slopes": [{"unit": unit, "a": slopes_a[unit], "b": slopes_b[unit]} for unit in units],
        "sentence": wording.tokenizer_sentence(len(units), n_differing),
    }
