"""Whitened embeddings: the closed form is the naive one, and being a reference changes nothing."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.covariance import ledoit_wolf_shrinkage

from blackbox.core import FeatureMatrix
from blackbox.signals import _whitened_probe
from blackbox.signals._whitened_probe import WhitenedProbe, _ridge, ledoit_wolf, numbers
from blackbox.signals.whitened_embedding import SIGNAL
from blackbox.workflow._kinship_rows import short_rows

N, D = 14, 40


@pytest.fixture
def vectors() -> np.ndarray:
    """`(N, D)` embeddings of one answer a run, with a direction all of them share."""
    rng = np.random.default_rng(0)
    found = rng.standard_normal((N, D)) * np.linspace(2, 0.2, D) + 3.0
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True))


def rows_of(vectors: np.ndarray) -> list[list[np.ndarray]]:
    """One answer a run."""
    return [[row] for row in vectors]


def test_each_pairs_own_references_are_left_out(vectors: np.ndarray) -> None:
    """The closed form of rank two is the covariance made anew for every pair."""
    references = np.arange(N) < 9
    found = WhitenedProbe(rows_of(vectors)).among(np.arange(N), references)
    centred = vectors - vectors[references].mean(0)
    ridge = _ridge(centred[references])
    for i in range(N):
        for j in range(N):
            if i == j:
                continue
            kept = [r for r in np.flatnonzero(references) if r not in (i, j)]
            inverse = np.linalg.inv(centred[kept].T @ centred[kept] + ridge * np.eye(D))
            product = [centred[a] @ inverse @ centred[b] for a, b in ((i, j), (i, i), (j, j))]
            assert found[i, j] == pytest.approx(product[0] / np.sqrt(product[1] * product[2]), abs=1e-9)


def test_the_shrinkage_is_ledoit_and_wolfs(vectors: np.ndarray) -> None:
    """Equal to scikit-learn's."""
    x = vectors - vectors.mean(0)
    assert ledoit_wolf(x) == pytest.approx(ledoit_wolf_shrinkage(x, assume_centered=True), abs=1e-12)
    assert ledoit_wolf(np.zeros((4, 3))) == 1.0


def test_rows_of_a_population_hold_the_numbers(vectors: np.ndarray) -> None:
    """Two half-precision numbers an item: an odd width is filled up, the first repeats are kept, scores hardly move."""
    matrix = FeatureMatrix(
        feature="embedding",
        version=1,
        values=vectors[:, :39].astype(np.float32),
        probe_ids=("p",) * N,
        keys=tuple(map(str, range(N))),
    )
    rows = short_rows(matrix, 2)["p"]
    assert len(rows) == 2
    assert rows[0].dtype == np.uint32
    assert numbers(rows[0]) == pytest.approx([*vectors[0, :39], 0.0], abs=1e-3)
    packed = [[row] for row in short_rows(matrix, N)["p"]]
    exact = WhitenedProbe(rows_of(vectors[:, :39])).among(np.arange(N), np.arange(N) < 9)
    assert WhitenedProbe(packed).among(np.arange(N), np.arange(N) < 9) == pytest.approx(exact, abs=0.01)


def between(n_runs: int, seed: int, *, kin: float = 0.0) -> np.ndarray:
    """Scores at 20 probes; runs 0 and 1 share a part of what they say."""
    rng = np.random.default_rng(seed)
    matrices = []
    shared = rng.standard_normal((20, D))
    for run in range(n_runs):
        own = rng.standard_normal((20, D)) + (kin * shared if run < 2 else 0.0) + 3.0
        values = (own / np.linalg.norm(own, axis=1, keepdims=True)).astype(np.float32)
        names = tuple(f"p{i}" for i in range(20))
        matrices.append(FeatureMatrix(feature="embedding", version=1, values=values, probe_ids=names, keys=names))
    return SIGNAL.scores(matrices, list(range(n_runs)))


def test_unrelated_runs_rank_by_chance_and_kin_come_first() -> None:
    """Over 30 sets of 12 unrelated runs the pair (0, 1) is among the upper half in 6–24; kin are first in all 5."""
    upper = np.triu_indices(12, 1)
    ranks = []
    for seed in range(30):
        mean = between(12, seed).mean(0)
        ranks.append((mean[upper] > mean[0, 1]).mean())
    assert 6 <= sum(rank < 0.5 for rank in ranks) <= 24
    for seed in range(5):
        mean = between(12, seed, kin=0.8).mean(0)
        assert mean[0, 1] == mean[upper].max()


def test_without_leaving_out_references_look_less_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """References whitened by themselves lie apart from outsiders; left out they lie like outsiders."""

    def gap() -> float:
        found = []
        for seed in range(20):
            x = np.random.default_rng(seed).standard_normal((24, 12)) * np.geomspace(4, 0.2, 12)
            raw = WhitenedProbe(rows_of(x)).among(np.arange(24), np.arange(24) < 12)
            inside, outside = raw[:12, :12][np.triu_indices(12, 1)], raw[12:, 12:][np.triu_indices(12, 1)]
            found.append(inside.std() / outside.std())
        return float(np.mean(found))

    assert gap() == pytest.approx(1.0, abs=0.1)
    monkeypatch.setattr(
        _whitened_probe,
        "left_out_cosines",
        lambda h, _: h / np.sqrt(np.outer(h.diagonal(), h.diagonal())),
    )
    assert abs(gap() - 1.0) > 0.2


def test_silence_and_too_few_references(vectors: np.ndarray) -> None:
    """A silent run has no score, and two references whiten nothing."""
    rows = rows_of(vectors)
    rows[3] = []
    found = WhitenedProbe(rows).among(np.arange(N), np.arange(N) < 9)
    assert np.isnan(found[3]).all()
    assert np.isfinite(np.delete(np.delete(found, 3, 0), 3, 1)).all()
    assert np.isnan(WhitenedProbe(rows).among(np.arange(N), np.arange(N) < 2)).all()
