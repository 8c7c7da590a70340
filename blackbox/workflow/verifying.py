"""Checks a population file: its digests, its arrays, and that its numbers follow from the pairs' scores it holds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from blackbox.errors import EvidenceDamaged, UsageError
from blackbox.evidence.population import fitted_part, lineage_of
from blackbox.store.populations import read_population

if TYPE_CHECKING:
    from blackbox.core import AnyArray

TOLERANCE = 1e-6
"""Relative difference of a number fitted again: sums differ in their last digits between machines."""


def is_population(name: str) -> bool:
    """Return whether a name given to `verify` is a population file's: runs are folders."""
    return name.endswith(".json") and not Path(name).is_dir()


def verify_population(path: Path) -> dict[str, Any]:
    """Return what an audit of a population found, in the shape of a run's.

    Raises:
        UsageError: There is no population at `path`.
    """
    problems, head, n_pairs = [], "", 0
    try:
        document, arrays = read_population(path)
        head = str(document["digest"])
        n_pairs = int(document["counts"]["n_pairs"])
        problems = _problems(path, document, arrays)
    except EvidenceDamaged as error:
        problems = [str(error)]
    except UsageError:
        raise
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, ZeroDivisionError) as error:
        problems = [f"{path} is no whole population: {type(error).__name__} {error}"]
    return {
        "path": str(path),
        "run": path.name,
        "kind": "population",
        "ok": not problems,
        "n_entries": n_pairs,
        "head": head,
        "problems": problems,
        "warnings": [],
    }


def _problems(path: Path, document: Mapping[str, Any], arrays: Mapping[str, AnyArray]) -> list[str]:
    found = _of_rows(path, document, arrays)
    scores = arrays["pairs/scores"]
    if scores.ndim != 2 or scores.shape[1] != len(document["signals"]) or not np.isfinite(scores).all():  # noqa: PLR2004
        return [*found, f"{path}: the pairs' scores do not fit its signals"]
    again = fitted_part(lineage_of(document, arrays), scores, seed=int(document["seed"]))
    found.extend(
        f"{path}: {place} does not follow from the pairs' scores in its arrays"
        for name, part in again.items()
        for place in _differing(part, document.get(name), name)[:1]
    )
    return found


def _of_rows(path: Path, document: Mapping[str, Any], arrays: Mapping[str, AnyArray]) -> list[str]:
    found = []
    n_references, n_probes = document["counts"]["n_references"], len(document["probes"])
    for feature in sorted({entry["feature"] for entry in document["signals"]}):
        values, lengths, reference, probe = (
            arrays[f"rows/{feature}/{name}"] for name in ("values", "lengths", "reference", "probe")
        )
        whole = len(values) == int(lengths.sum()) and len(lengths) == len(reference) == len(probe)
        inside = whole and int(reference.max(initial=0)) < n_references and int(probe.max(initial=0)) < n_probes
        if not inside:
            found.append(f"{path}: the references' rows of {feature} do not fit its references and probes")
    by_probe = arrays.get("pairs/by_probe")
    if by_probe is not None and by_probe.shape != (n_probes, document["counts"]["n_pairs"]):
        found.append(f"{path}: the scores by prompt do not fit its probes and pairs")
    return found


def _differing(again: object, stated: object, place: str) -> list[str]:
    """Return where two JSON values differ, numbers beyond the tolerance."""
    if isinstance(again, Mapping):
        if not isinstance(stated, Mapping) or set(again) != set(stated):
            return [place]
        return [d for name in again for d in _differing(again[name], stated[name], f"{place}.{name}")]
    if isinstance(again, Sequence) and not isinstance(again, str):
        if not isinstance(stated, Sequence) or isinstance(stated, str) or len(again) != len(stated):
            return [place]
        return [d for i, value in enumerate(again) for d in _differing(value, stated[i], f"{place}.{i}")]
    if isinstance(again, (int, float)) and isinstance(stated, (int, float)):
        return [] if math.isclose(again, stated, rel_tol=TOLERANCE, abs_tol=TOLERANCE) else [place]
    return [] if again == stated else [place]
