"""All pairs at once give what the engine gives pair by pair."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from support.runs import peaked

from blackbox import registry
from blackbox.core import FeatureMatrix
from blackbox.evidence import all_pairs as module
from blackbox.evidence.all_pairs import all_pairs
from blackbox.evidence.engine import Part, draw, omnibus
from blackbox.evidence.samples import pool

N_RUNS, N_PROBES, N_REPEATS = 6, 5, 7
PROBES = tuple(f"p{i}" for i in range(N_PROBES))


@pytest.fixture
def codes() -> np.ndarray:
    """`(R, P, n)` sorted answer codes of six endpoints of two models."""
    return drawn_codes(N_REPEATS)


def drawn_codes(n: int) -> np.ndarray:
    """`n` answers a probe of six endpoints, the last two of another model."""
    rng = np.random.default_rng(0)
    models = [peaked(rng, N_PROBES, 5), peaked(rng, N_PROBES, 5)]
    runs = [[np.sort(rng.choice(5, size=n, p=share)) for share in models[r >= 4]] for r in range(N_RUNS)]
    return np.array(runs, dtype=np.uint64)


def engine_test(codes: np.ndarray, i: int, j: int, n_permutations: int) -> tuple[float, float]:
    """Statistic and p of one pair by the engine."""
    matrices = [
        FeatureMatrix(
            feature="answer",
            version=1,
            values=codes[r].ravel(),
            probe_ids=tuple(p for p in PROBES for _ in range(N_REPEATS)),
            keys=tuple(f"{p}#{k}" for p in PROBES for k in range(N_REPEATS)),
        )
        for r in (i, j)
    ]
    part = Part(name="exact_mmd", signal=registry.signal("exact_mmd"), probes=pool(*matrices, PROBES))
    [drawn] = draw([part], seed=3, n_permutations=n_permutations)
    return float(drawn.mean[0]), omnibus([drawn]).signal_pvalues["exact_mmd"]


@pytest.mark.parametrize("n_permutations", [199, 2_499])
def test_it_agrees_with_the_engine(codes: np.ndarray, n_permutations: int) -> None:
    """Every p is the same number; statistics differ by rounding only."""
    found = all_pairs(codes, PROBES, seed=3, n_permutations=n_permutations)
    expected = [engine_test(codes, i, j, n_permutations) for i, j in combinations(range(N_RUNS), 2)]
    assert found.statistic == pytest.approx([statistic for statistic, _ in expected], abs=1e-12)
    assert found.pvalue.tolist() == [p for _, p in expected]


def test_blocks_of_pairs_change_nothing(codes: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded by the block, and no number depends on it."""
    at_once = all_pairs(codes, PROBES, seed=3, n_permutations=199)
    monkeypatch.setattr(module, "BLOCK", 4)
    in_blocks = all_pairs(codes, PROBES, seed=3, n_permutations=199)
    assert np.array_equal(at_once.statistic, in_blocks.statistic)
    assert np.array_equal(at_once.n_at_least, in_blocks.n_at_least)


def test_it_tells_two_models_apart_and_one_model_not() -> None:
    """Pairs across the two models are found, pairs of one model are not."""
    found = all_pairs(drawn_codes(40), PROBES, seed=3, n_permutations=199)
    across = np.array([(i < 4) != (j < 4) for i, j in combinations(range(N_RUNS), 2)])
    assert (found.pvalue[across] <= 0.01).all()
    assert (found.pvalue[~across] > 0.01).all()
