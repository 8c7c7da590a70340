"""How alike two runs' answers are, as one number that is only ever shown between its bands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from blackbox.evidence.samples import pool
from blackbox.stats.distances import mean_agreements, rbf_gram

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blackbox.core import FloatArray, PooledProbe
    from blackbox.evidence.samples import Sample

UNIT = "kernel cosine (1: one distribution, 0: nothing in common)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """The range of the similarity over pairs of one kind."""

    low: float
    high: float
    n_pairs: int


def similarity(a: Sample, b: Sample, forms: Mapping[str, str]) -> float | None:
    """Return Σ_p k̄_ab / √(Σ_p k̄_aa · Σ_p k̄_bb), k̄ mean kernel values over distinct pairs of answers.

    The kernel is exact match on closed probes, else Gaussian on embeddings. Distinct pairs only: the
    expectation is 1 for one distribution, whatever the sample size. None where it can't be computed.
    """
    for form, feature in (("closed", "answer"), ("open", "embedding")):
        if feature not in a.features or feature not in b.features:
            continue
        probes = pool(a.features[feature], b.features[feature], [p for p, f in forms.items() if f == form])
        if probes:
            return _kernel_cosine([_means(probe) for probe in probes])
    return None


def band(values: list[float]) -> Band | None:
    """Return the range of the values, or None without any."""
    return Band(low=min(values), high=max(values), n_pairs=len(values)) if values else None


def _kernel_cosine(means: list[FloatArray]) -> float | None:
    within_a, across, within_b = np.sum(means, axis=0)
    return float(across / np.sqrt(within_a * within_b)) if within_a > 0 and within_b > 0 else None


def _means(probe: PooledProbe) -> FloatArray:
    values, n, m = probe.values, probe.n_x, probe.n_y
    if probe.coded:
        means = mean_agreements([values[:n], values[n:]])
        return np.array([means[0, 0], means[0, 1], means[1, 1]])
    gram = rbf_gram(values)
    np.fill_diagonal(gram, 0.0)
    within_x, within_y = gram[:n, :n].sum() / (n * (n - 1)), gram[n:, n:].sum() / (m * (m - 1))
    return np.array([within_x, gram[:n, n:].mean(), within_y])
