"""Missing answers: unequal loss never makes a difference by itself."""

from __future__ import annotations

import numpy as np
import pytest
from support.runs import drawn_answers, make_run, make_sample, make_suite, peaked

from blackbox import registry
from blackbox.core import PooledProbe
from blackbox.evidence.loss import compare_loss, imputed
from blackbox.evidence.same import Design, compare_pair
from blackbox.stats.distances import counts_by_label, exact_mmd2

DESIGN = Design(signals={n: registry.signal(n) for n in ("exact_mmd", "chi2")}, seed=0, n_permutations=999)


def mmd2(probe: PooledProbe) -> float:
    """The probe's statistic."""
    labels = np.array([[1] * probe.n_x + [0] * probe.n_y], dtype=np.int8)
    return float(exact_mmd2(counts_by_label(probe.values, labels), probe.total_counts)[0])


def test_equal_loss_is_not_unequal() -> None:
    """Both sides lose two of ten."""
    suite = make_suite(3)
    answers = {p.id: ["x"] * 8 + [None] * 2 for p in suite.probes}
    a, b = (make_sample(make_run(suite, answers, endpoint=e)) for e in "ab")
    loss = compare_loss(a, b, [p.id for p in suite.probes])
    assert (loss.unequal, loss.a, loss.b) == (False, {"error": 6, "malformed": 0}, {"error": 6, "malformed": 0})


def test_one_sided_loss_is_found() -> None:
    """One side loses six of thirty, the other none."""
    suite = make_suite(3)
    a = make_sample(make_run(suite, {p.id: ["x"] * 8 + [None] * 2 for p in suite.probes}))
    b = make_sample(make_run(suite, {p.id: ["x"] * 10 for p in suite.probes}, endpoint="b"))
    assert compare_loss(a, b, [p.id for p in suite.probes]).unequal


def test_imputation_brings_the_sides_together() -> None:
    """Side x lost its two 'b': filled in, the statistic is that of equal counts, the lowest reachable."""
    probe = PooledProbe(probe_id="p", values=np.array([0, 0, 0, 0, 1, 1]), n_x=2, n_y=4)
    filled = imputed(probe, 2, 0)
    assert filled.values.tolist() == [0, 0, 1, 1, 0, 0, 1, 1]
    assert mmd2(filled) < mmd2(probe)


@pytest.mark.parametrize("lost", [(3, 0), (0, 2), (2, 2)])
def test_no_other_filling_is_closer(lost: tuple[int, int]) -> None:
    """Against every possible filling by answers of the other side, the greedy one is as close as any."""
    probe = PooledProbe(probe_id="p", values=np.array([0, 0, 2, 0, 1, 1, 1, 2]), n_x=3, n_y=5)
    x, y = probe.values[:3], probe.values[3:]
    best = min(
        mmd2(PooledProbe(probe_id="p", values=np.concatenate([x, fx, y, fy]), n_x=3 + lost[0], n_y=5 + lost[1]))
        for fx in fillings(lost[0])
        for fy in fillings(lost[1])
    )
    assert mmd2(imputed(probe, *lost)) == pytest.approx(best, abs=0.05)


def fillings(n: int) -> list[np.ndarray]:
    """All ways to fill n answers from three."""
    grids = np.meshgrid(*[np.arange(3)] * n) if n else []
    return [np.array(c, dtype=int) for c in zip(*(g.ravel() for g in grids), strict=True)] if n else [np.zeros(0, int)]


def test_embeddings_are_imputed_from_the_other_side() -> None:
    """Float rows too: the filled rows are rows of the other side."""
    rows = np.random.default_rng(0).normal(size=(6, 3))
    filled = imputed(PooledProbe(probe_id="p", values=rows, n_x=2, n_y=4), 2, 0)
    assert (filled.n_x, filled.n_y) == (4, 4)
    assert all(any(np.array_equal(row, other) for other in rows[2:]) for row in filled.values[2:4])


def test_a_filter_that_drops_one_answer_is_not_a_difference() -> None:
    """The same model with its commonest answer filtered: small p, but not after imputation (METHODS §1.7)."""
    rng = np.random.default_rng(4)
    suite = make_suite(10)
    shares = peaked(rng, 10, 5)
    a_answers, b_answers = (drawn_answers(rng, suite, shares, 40) for _ in range(2))
    filtered = {p: [None if text == "w0" else text for text in texts] for p, texts in b_answers.items()}
    a, b = make_sample(make_run(suite, a_answers)), make_sample(make_run(suite, filtered, endpoint="b"))
    test = compare_pair(a, b, {p.id: "closed" for p in suite.probes}, DESIGN)
    assert test.pvalue <= 0.01
    assert test.pvalue_imputed is not None
    assert test.pvalue_imputed > 0.01
