"""Every signal file keeps to its protocol."""

from __future__ import annotations

import numpy as np
import pytest
from support.features import endpoint_rows

from blackbox import registry
from blackbox.core import FeatureMatrix
from blackbox.evidence.samples import pool, pool_single
from blackbox.stats.permutation import label_chunk

NAMES = registry.names("signals")
TWO_SAMPLE = [n for n in NAMES if registry.signal(n).info.question == "same"]
PAIR = [n for n in NAMES if registry.signal(n).info.question != "same"]


def test_the_signals_of_this_version_are_registered() -> None:
    """One file each; the registry finds them by name."""
    kinship = {
        "answer_profile",
        "c5",
        "prefix",
        "refusal_pattern",
        "tokenizer",
        "w3",
        "whitened_embedding",
        "wrong_answers",
    }
    omnibus = {"bits", "chi2", "embedding_mmd", "exact_mmd"}
    counted = {"exact_mmd_raw", "jsd", "outcome"}
    kernels = {"energy", "first_token", "hamming_mmd", "hamming_mmd_tokens", "length", "spectrum_mmd"}
    single = {"rank_answer", "rank_embedding"}
    assert set(NAMES) == kinship | omnibus | counted | kernels | single | {"classifier"}
    assert {n for n in TWO_SAMPLE if registry.signal(n).info.omnibus} == omnibus


@pytest.mark.parametrize("name", NAMES)
def test_a_signal_declares_itself(name: str) -> None:
    """Version, a registered feature, forms."""
    info = registry.signal(name).info
    assert info.version >= 1
    assert info.feature in registry.names("features")
    assert info.forms


@pytest.mark.parametrize("name", TWO_SAMPLE)
def test_draws_have_a_row_a_labelling_and_a_column_a_probe(name: str) -> None:
    """`(1 + B, P)`, finite, row 0 the observed labelling, inputs unchanged."""
    rng = np.random.default_rng(0)
    feature = registry.signal(name).info.feature
    n_x = 1 if registry.signal(name).info.single else 3
    x, y = (endpoint_rows(rng, feature, [n] * 3, model=1) for n in (n_x, 4))
    probes = (pool_single if n_x == 1 else pool)(x, y, set(x.probe_ids))
    labels = [label_chunk(0, p.probe_id, (n_x, 4), 0)[:50] for p in probes]
    before = [p.values.copy() for p in probes]
    draws = registry.signal(name).draws(probes, labels)
    again = registry.signal(name).draws(probes, [rows[:1] for rows in labels])
    assert draws.shape == (50, 3)
    assert np.isfinite(draws).all()
    assert again == pytest.approx(draws[:1], abs=1e-12)
    assert all(np.array_equal(x, p.values) for x, p in zip(before, probes, strict=True))


def ragged(rows: dict[str, list[int]]) -> FeatureMatrix:
    """A matrix of gram sets."""
    flat = [np.unique(np.array(v, dtype=np.uint64)) for v in rows.values()]
    return FeatureMatrix(
        feature="word3",
        version=1,
        values=np.concatenate(flat),
        probe_ids=tuple(rows),
        keys=tuple(rows),
        offsets=np.concatenate([[0], np.cumsum([len(v) for v in flat])]).astype(np.int64),
    )


@pytest.mark.parametrize("name", ["w3", "c5"])
def test_kinship_scores_are_symmetric(name: str) -> None:
    """s(a, b) = s(b, a), for every probe."""
    rng = np.random.default_rng(0)
    runs = [ragged({p: list(rng.integers(0, 60, size=20)) for p in ("p", "q")}) for _ in range(6)]
    scores = registry.signal(name).scores(runs, list(range(6)))
    assert scores.shape == (2, 6, 6)
    off_diagonal = ~np.eye(6, dtype=bool)
    assert scores[:, off_diagonal] == pytest.approx(scores.transpose(0, 2, 1)[:, off_diagonal])


def counted(counts: dict[str, int]) -> FeatureMatrix:
    """A matrix of reported prompt tokens."""
    return FeatureMatrix(
        feature="usage",
        version=1,
        values=np.array([[v] for v in counts.values()], dtype=np.int64),
        probe_ids=tuple(counts),
        keys=tuple(counts),
    )


def test_tokenizer_slopes_ignore_templates_and_see_tokenizers() -> None:
    """A shifted intercept is no difference; another slope is."""
    base = {"baseline-a": 10, "digits-1": 14, "digits-2": 18, "digits-3": 22}
    shifted = {probe: count + 25 for probe, count in base.items()}
    other = {"baseline-a": 10, "digits-1": 13, "digits-2": 16, "digits-3": 19}
    scores = registry.signal("tokenizer").scores([counted(c) for c in (base, shifted, other)], [0, 1, 2])
    assert scores[0, 0, 1] == pytest.approx(0.0, abs=1e-12)
    assert scores[0, 0, 2] == pytest.approx(1.0)


def test_both_protocols_are_covered() -> None:
    """Every registered signal is a two-sample or a pair signal."""
    assert sorted([*TWO_SAMPLE, *PAIR]) == sorted(NAMES)
