"""Every statistic against the definition, written as loops over answers and nothing else."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from math import log, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from sklearn.linear_model import Ridge
from support.features import SEQUENCES, endpoint_rows

from blackbox import registry
from blackbox.evidence.samples import pool
from blackbox.stats.classification import N_FOLDS, RIDGE
from blackbox.stats.divergence import jsd_permutation_mean
from blackbox.stats.permutation import label_chunk

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from blackbox.core import PooledProbe

N_X, N_Y, N_PROBES = (4, 5, 2), (3, 6, 4), 3
Kernel = "Callable[[Any, Any], float]"


def probes_of(feature: str) -> tuple[PooledProbe, ...]:
    """Return three small probes of two endpoints that differ, with unequal counts."""
    rng = np.random.default_rng(6)
    x = endpoint_rows(rng, feature, N_X, model=2)
    y = endpoint_rows(rng, feature, N_Y, model=2, shift=0.5)
    return pool(x, y, set(x.probe_ids))


def rows_of(probe: PooledProbe) -> list[Any]:
    """Return plain Python rows."""
    if probe.offsets is None:
        return [row.tolist() for row in probe.values]
    return [part.tolist() for part in np.split(probe.values, probe.offsets[1:-1])]


def naive_mmd2(rows: Sequence[Any], labels: Sequence[int], kernel: Callable[[Any, Any], float]) -> float:
    """Mean over distinct pairs within each side, minus twice the mean across."""
    x = [row for row, label in zip(rows, labels, strict=True) if label]
    y = [row for row, label in zip(rows, labels, strict=True) if not label]
    within = [
        sum(kernel(a, b) for i, a in enumerate(side) for j, b in enumerate(side) if i != j)
        / (len(side) * (len(side) - 1))
        for side in (x, y)
    ]
    across = sum(kernel(a, b) for a in x for b in y) / (len(x) * len(y))
    return within[0] + within[1] - 2 * across


def hamming(length: int) -> Callable[[Any, Any], float]:
    """Share of equal places of two rows padded to `length`."""

    def kernel(a: list[int], b: list[int]) -> float:
        first, second = ([*row, *[-1] * (length - len(row))] for row in (a, b))
        return sum(u == v for u, v in zip(first, second, strict=True)) / length

    return kernel


def spectrum(a: list[int], b: list[int]) -> float:
    """Cosine of the counts of all runs of one to five items."""

    def grams(row: list[int]) -> Counter[tuple[int, ...]]:
        return Counter(tuple(row[i : i + k]) for k in range(1, 6) for i in range(len(row) - k + 1))

    def dot(u: Counter[tuple[int, ...]], v: Counter[tuple[int, ...]]) -> int:
        return sum(count * v[gram] for gram, count in u.items())

    u, v = grams(a), grams(b)
    if not u or not v:
        return float(not u and not v)
    return dot(u, v) / sqrt(dot(u, u) * dot(v, v))


def censored(a: list[tuple[int, float]], b: list[tuple[int, float]]) -> float:
    """Minus the mean difference over tokens listed by either, as far as it is certain."""
    of_a, of_b = dict(a), dict(b)
    low_a, low_b = min(of_a.values()), min(of_b.values())
    total = 0.0
    for token in of_a.keys() | of_b.keys():
        if token in of_a and token in of_b:
            total += abs(of_a[token] - of_b[token])
        elif token in of_a:
            total += max(0.0, of_a[token] - low_b)
        else:
            total += max(0.0, of_b[token] - low_a)
    return -total / len(of_a.keys() | of_b.keys())


def euclidean(a: list[float], b: list[float]) -> float:
    """Minus the distance."""
    return -sqrt(sum((u - v) ** 2 for u, v in zip(a, b, strict=True)))


def equal(a: int, b: int) -> float:
    """One if the same."""
    return float(a == b)


def log_length(a: list[int], b: list[int]) -> float:
    """Minus the distance of ln(1 + length)."""
    return -abs(log(1 + a[0]) - log(1 + b[0]))


KERNELS: dict[str, Callable[[Any, Any], float]] = {
    "exact_mmd": equal,
    "exact_mmd_raw": equal,
    "outcome": equal,
    "spectrum_mmd": spectrum,
    "first_token": censored,
    "energy": euclidean,
    "length": log_length,
}


def assert_agrees(name: str, kernel: Callable[[Any, Any], float]) -> None:
    """Compare all draws of 30 labellings with the loops."""
    signal = registry.signal(name)
    probes = probes_of(signal.info.feature)
    labels = [label_chunk(1, p.probe_id, (p.n_x, p.n_y), 0)[:30] for p in probes]
    expected = [
        [naive_mmd2(rows_of(p), deal[b].tolist(), kernel) for p, deal in zip(probes, labels, strict=True)]
        for b in range(30)
    ]
    np.testing.assert_allclose(signal.draws(probes, labels), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", KERNELS)
def test_kernels_agree_with_the_double_loop(name: str) -> None:
    """Matrix products give what comparing each two answers gives."""
    assert_agrees(name, KERNELS[name])


@pytest.mark.parametrize("name", ["hamming_mmd", "hamming_mmd_tokens"])
def test_hamming_agrees_with_the_double_loop(name: str) -> None:
    """Rows are padded to the longest of all probes, and padding equals padding."""
    feature = registry.signal(name).info.feature
    assert feature in SEQUENCES
    longest = max(len(row) for probe in probes_of(feature) for row in rows_of(probe))
    assert_agrees(name, hamming(longest))


def test_another_rule_for_padding_would_be_seen() -> None:
    """The agreement can fail: padding that equals nothing gives other numbers."""

    def without_padding(a: list[int], b: list[int]) -> float:
        return sum(u == v for u, v in zip(a, b, strict=False)) / 11

    with pytest.raises(AssertionError):
        assert_agrees("hamming_mmd", without_padding)


def test_a_value_at_the_bound_would_be_seen() -> None:
    """The agreement can fail: calling an unlisted token's value the bound itself gives other numbers."""

    def at_the_bound(a: list[tuple[int, float]], b: list[tuple[int, float]]) -> float:
        of_a, of_b = dict(a), dict(b)
        low_a, low_b = min(of_a.values()), min(of_b.values())
        tokens = of_a.keys() | of_b.keys()
        return -sum(abs(of_a.get(t, low_a) - of_b.get(t, low_b)) for t in tokens) / len(tokens)

    with pytest.raises(AssertionError):
        assert_agrees("first_token", at_the_bound)


def test_divergence_is_scipys_minus_its_mean_over_all_labellings() -> None:
    """Every labelling of seven answers enumerated: the correction is exact, in bits."""
    codes = np.array([0, 0, 1, 2, 2, 2, 1])

    def bits(x: tuple[int, ...]) -> float:
        counts = np.bincount(codes[list(x)], minlength=3)
        rest = np.bincount(codes, minlength=3) - counts
        return float(jensenshannon(counts / counts.sum(), rest / rest.sum(), base=2) ** 2)

    mean = np.mean([bits(x) for x in combinations(range(7), 3)])
    assert jsd_permutation_mean(np.bincount(codes).astype(float), n_x=3) == pytest.approx(mean, abs=1e-12)
    [probe] = pool(*(coded(codes[a:b]) for a, b in ((0, 3), (3, 7))), {"p"})
    labels = np.array([[1, 1, 1, 0, 0, 0, 0]], dtype=np.int8)
    draws = registry.signal("jsd").draws([probe], [labels])
    assert draws[0, 0] == pytest.approx(bits((0, 1, 2)) - mean, abs=1e-12)


def coded(codes: np.ndarray) -> Any:
    """A matrix of codes at one probe."""
    from support.features import matrix

    keys = tuple(map(str, range(len(codes))))
    return matrix("answer", list(codes.astype(np.uint64)), probe_ids=("p",) * len(codes), keys=keys)


def test_the_classifier_agrees_with_ridge_regression_a_fold_at_a_time() -> None:
    """scikit-learn's ridge, trained anew for each labelling on the other probes, calls the same sides."""
    signal = registry.signal("classifier")
    probes = probes_of("embedding")
    labels = [label_chunk(1, p.probe_id, (p.n_x, p.n_y), 0)[:30] for p in probes]
    rows = [p.values - p.values.mean(0) for p in probes]
    expected = np.array([[naive_accuracy(rows, labels, b, p) for p in range(N_PROBES)] for b in range(30)])
    np.testing.assert_allclose(signal.draws(probes, labels), expected, rtol=0, atol=1e-12)


def naive_accuracy(rows: list[np.ndarray], labels: list[np.ndarray], b: int, tested: int) -> float:
    """Balanced accuracy at one probe minus one half."""
    others = [p for p in range(len(rows)) if p % N_FOLDS != tested % N_FOLDS]
    x = np.concatenate([rows[p] for p in others])
    y = np.concatenate([labels[p][b] - labels[p][b].mean() for p in others])
    penalty = RIDGE * np.trace(x.T @ x) / x.shape[1]
    scores = Ridge(alpha=penalty, fit_intercept=False).fit(x, y).predict(rows[tested])
    side = labels[tested][b] == 1
    return float(((scores[side] > 0).mean() + (scores[~side] < 0).mean()) / 2 - 0.5)
