"""The weight statistic between unrelated models: ranks by hand, sentences, and a null that holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from blackbox.errors import InsufficientData
from blackbox.evidence.weight_profiles import weight_evidence

if TYPE_CHECKING:
    from blackbox.core import FloatArray


def _model(rng: np.random.Generator, layers: int = 8) -> FloatArray:
    """A model of a population: a curve all share, and its own bumps."""
    depth = np.linspace(0.0, 1.0, layers)[:, None]
    return np.asarray(1 + depth + rng.normal(0, 0.2, (layers, 4)))


def _child(parent: FloatArray, rng: np.random.Generator) -> FloatArray:
    return np.asarray(parent + rng.normal(0, 0.01, parent.shape))


def _population(seed: int, n: int) -> tuple[np.random.Generator, dict[str, FloatArray]]:
    rng = np.random.default_rng(seed)
    return rng, {f"u{i:02d}": _model(rng) for i in range(n)}


def test_a_child_outranks_every_stranger() -> None:
    """Power: r near 1, rank p = 1/(1 + 39), and the reading claims no direction."""
    rng, unrelated = _population(1, 39)
    parent = _model(rng)
    found = weight_evidence(parent, _child(parent, rng), unrelated)

    assert found.rank_pvalue == 1 / 40
    assert found.correlation.overall > 0.98
    assert "never of a direction" in found.reading


def test_the_rank_is_counted_in_both_directions() -> None:
    """Against a naive count over both sides, the larger is reported."""
    rng, unrelated = _population(2, 12)
    a, b = _model(rng), _model(rng)
    found = weight_evidence(a, b, unrelated)

    def r(x: FloatArray, y: FloatArray) -> float:
        return float(np.mean([np.corrcoef(x[:, i], y[:, i])[0, 1] for i in range(4)]))

    above = [sum(r(side, each) >= r(a, b) for each in unrelated.values()) for side in (a, b)]
    assert found.rank_pvalue == (1 + max(above)) / 13
    assert [each.a for each in found.strangers] == pytest.approx(
        [r(a, unrelated[each.name]) for each in found.strangers]
    )


def test_strangers_are_ranked_as_strangers() -> None:
    """Null: over 400 pairs of one population p ≤ .05 in at most 36, as the larger of two ranks is conservative."""
    rng = np.random.default_rng(4)
    rejected = 0
    for _ in range(400):
        a, b, *rest = (_model(rng, 5) for _ in range(21))
        found = weight_evidence(a, b, {str(i): each for i, each in enumerate(rest)})
        assert found.rank_pvalue is not None
        rejected += found.rank_pvalue <= 0.05

    assert rejected <= 36


def test_a_reading_says_when_strangers_score_as_high() -> None:
    """The sentence counts them."""
    rng, unrelated = _population(5, 9)
    a, b = _model(rng), _model(rng)
    found = weight_evidence(a, b, {**unrelated, "twin": _child(a, rng)})
    n = sum(each.as_high for each in found.strangers)

    assert n >= 1
    assert found.reading.startswith(f"{n} of 10 unrelated models correlate at least as highly with one of the two")


def test_few_strangers_are_too_few_to_tell() -> None:
    """Nobody as high among four is p = .2, and said to be nothing."""
    rng, unrelated = _population(6, 4)
    parent = _model(rng)
    found = weight_evidence(parent, _child(parent, rng), unrelated)

    assert found.rank_pvalue == 0.2
    assert "too few to tell" in found.reading


def test_shallow_models_do_not_count_for_deep_ones() -> None:
    """Four layers can't show what curves of forty do: shown, not counted, and no rank without others."""
    rng = np.random.default_rng(7)
    a = _model(rng, 40)
    found = weight_evidence(a, _child(a, rng), {"small": _model(rng, 4)})

    assert found.rank_pvalue is None
    assert found.reason is not None
    assert "--against" in found.reason
    assert [(each.n_points, each.counted) for each in found.strangers] == [(4, False)]
    assert "says nothing yet" in found.reading


def test_the_pair_is_read_at_the_strangers_depths() -> None:
    """A stranger of fewer layers is held against the pair at those depths, not against its full resolution."""
    rng = np.random.default_rng(8)
    a, b = _model(rng, 8), _model(rng, 8)
    found = weight_evidence(a, b, {"five": _model(rng, 5)})

    assert found.correlation.n_points == 8
    assert found.strangers[0].n_points == 5
    assert found.strangers[0].pair != pytest.approx(found.correlation.overall, abs=1e-6)


def test_a_flat_stranger_is_shown_and_not_counted() -> None:
    """A stranger that can't correlate gives no value and no place in the rank."""
    rng, unrelated = _population(9, 9)
    found = weight_evidence(_model(rng), _model(rng), {**unrelated, "flat": np.ones((8, 4))})
    flat = next(each for each in found.strangers if each.name == "flat")

    assert (flat.a, flat.counted, flat.as_high) == (None, False, False)
    assert found.rank_pvalue is not None
    assert found.rank_pvalue * 10 == pytest.approx(round(found.rank_pvalue * 10))


@pytest.mark.parametrize(("layers", "words"), [(2, "2 layers"), (8, "the same in every layer")])
def test_a_pair_that_cannot_correlate_is_refused(layers: int, words: str) -> None:
    """Too few layers, or flat ones."""
    rng, unrelated = _population(10, 3)
    b = _model(rng, 2) if layers == 2 else np.ones((8, 4))

    with pytest.raises(InsufficientData, match=words):
        weight_evidence(_model(rng), b, unrelated)


def test_the_number_is_never_given_alone() -> None:
    """Without any unrelated model there is no answer."""
    rng = np.random.default_rng(11)
    with pytest.raises(InsufficientData, match="no unrelated model"):
        weight_evidence(_model(rng), _model(rng), {})
