"""Rows of answers as populations hold them: 32-bit hashes, by run, feature and probe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np

from blackbox import registry
from blackbox.core import ReferenceSignal, digest
from blackbox.store import FeatureCache

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from blackbox.core import AnyArray, FeatureMatrix, FloatArray, ProbeSimilarity, Run
    from blackbox.evidence.population import Population

ProbeRows: TypeAlias = "dict[str, list[AnyArray]]"
"""Rows of one run's answers to each probe, first repeat first."""

HASH = {
    "name": "blackbox-sm64-top32",
    "bits": 32,
    "description": "upper 32 bits of the features' 64-bit hashes, which chain the finaliser of SplitMix64",
}


def reference_signals() -> dict[str, ReferenceSignal]:
    """Return the registered signals that can be read against a population, by name."""
    found = {name: registry.signal(name) for name in registry.names("signals")}
    return {
        name: cast("ReferenceSignal", s)
        for name, s in found.items()
        if s.info.question == "related" and isinstance(s, ReferenceSignal)
    }


def applicable(
    signals: Mapping[str, ReferenceSignal], form: Mapping[str, str], least: int
) -> dict[str, ReferenceSignal]:
    """Return the signals that at least `least` of the probes have the form for.

    Args:
        signals: Signals by name.
        form: Form of each probe.
        least: Probes below which a signal has nothing to say.
    """
    return {name: s for name, s in signals.items() if len(probes_of(s, form)) >= least}


def probes_of(signal: ReferenceSignal, form: Mapping[str, str]) -> list[str]:
    """Return the probes a signal reads, in their order."""
    return [probe for probe, own in form.items() if own in signal.info.forms]


def matrix_of(run: Run, path: Path, feature: str, probe_ids: frozenset[str]) -> FeatureMatrix:
    """Return one run's feature at the given probes, through the run's cache."""
    extractor = registry.feature(feature)
    model = getattr(extractor, "model_digest", None)
    key = digest([run.manifest.journal_head, run.suite.digest, sorted(probe_ids), model])
    cache = FeatureCache(path)
    found = cache.get(feature, extractor.version, key)
    if found is None:
        found = extractor.extract(run, probe_ids)
        cache.put(found, key)
    return found


def short_rows(matrix: FeatureMatrix, repeats: int) -> ProbeRows:
    """Return the rows of a matrix with 32-bit items, of each probe the first `repeats`.

    Codes keep their upper half; of numbers two of half precision make one item.
    """
    bounds = range(len(matrix.keys) + 1) if matrix.offsets is None else matrix.offsets.tolist()
    values = _short(matrix.values)
    rows: ProbeRows = {}
    for i, probe in enumerate(matrix.probe_ids):
        own = rows.setdefault(probe, [])
        if len(own) < repeats:
            own.append(values[bounds[i] : bounds[i + 1]].reshape(-1))
    return rows


def _short(values: AnyArray) -> AnyArray:
    if values.dtype.kind != "f":
        return (values >> np.uint64(32)).astype(np.uint32)
    return half_precision(values)


def half_precision(values: AnyArray) -> AnyArray:
    """Return `(n, ⌈d/2⌉)` 32-bit items that hold two half-precision numbers each."""
    even = np.pad(values, ((0, 0), (0, values.shape[1] % 2)))
    return np.ascontiguousarray(even, dtype=np.float16).view(np.uint32)


def similarities(
    signal: ReferenceSignal, rows: Sequence[ProbeRows], probe_ids: Iterable[str], on_probe: Callable[[int], None]
) -> Iterator[ProbeSimilarity]:
    """Yield what the runs share at each probe, one probe held at a time."""
    for done, probe in enumerate(probe_ids):
        on_probe(done)
        yield signal.at_probe([own.get(probe, []) for own in rows])


def packed_rows(feature: str, rows: Sequence[ProbeRows], probe_ids: Sequence[str]) -> dict[str, AnyArray]:
    """Return the references' rows of a feature as flat arrays: items, bounds, reference and probe of each row."""
    place = {probe: i for i, probe in enumerate(probe_ids)}
    flat = [
        (r, place[probe], row)
        for r, own in enumerate(rows)
        for probe, answers in own.items()
        if probe in place
        for row in answers
    ]
    lengths = np.array([len(row) for _, _, row in flat], dtype=np.int64)
    return {
        f"rows/{feature}/values": np.concatenate([np.zeros(0, dtype=np.uint32), *(row for _, _, row in flat)]),
        f"rows/{feature}/lengths": lengths.astype(np.uint32),
        f"rows/{feature}/reference": np.array([r for r, _, _ in flat], dtype=np.uint16),
        f"rows/{feature}/probe": np.array([p for _, p, _ in flat], dtype=np.uint32),
    }


def unpacked_rows(population: Population, feature: str) -> list[ProbeRows]:
    """Return the rows of a population's references, in their order."""
    probe_ids = [str(probe["id"]) for probe in population.document["probes"]]
    parts: dict[str, Any] = {
        name: population.arrays[f"rows/{feature}/{name}"] for name in ("values", "lengths", "reference", "probe")
    }
    bounds = np.concatenate([[0], np.cumsum(parts["lengths"], dtype=np.int64)]).tolist()
    rows: list[ProbeRows] = [{} for _ in population.reference_folds]
    labels = zip(parts["reference"].tolist(), parts["probe"].tolist(), strict=True)
    for i, (reference, probe) in enumerate(labels):
        rows[reference].setdefault(probe_ids[probe], []).append(parts["values"][bounds[i] : bounds[i + 1]])
    return rows


def features_of(signals: Mapping[str, ReferenceSignal]) -> list[str]:
    """Return the features the signals read, each once."""
    return sorted({signal.info.feature for signal in signals.values()})


def feature_model(feature: str) -> dict[str, str]:
    """Return which model computes a feature, and the digest of its files; nothing where none does."""
    extractor = registry.feature(feature)
    found = getattr(extractor, "model_digest", None)
    return {"model": str(getattr(extractor, "model_name", "")), "model_digest": str(found)} if found else {}


def filled(signal: ReferenceSignal, scores: FloatArray) -> FloatArray:
    """Return the scores of a signal that needs more than an answer with 0 where it is silent: it speaks for nothing."""
    return np.nan_to_num(scores, nan=0.0) if signal.info.needs else scores
