"""Equivalence: what it takes, and that each guard is needed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.runs import drawn_answers, make_run, make_sample, make_suite, peaked

from blackbox.core import FeatureMatrix
from blackbox.evidence.distances import Distances, control_distances, mixture_equivalent_share
from blackbox.evidence.equivalence import Equivalence, Margin, Missing, equivalence, missing
from blackbox.evidence.samples import Sample

NONE_MISSING = Missing(radius=0.0, n_silent=0)
MARGIN = Margin(share=0.2, level=0.05, seed=0)


def distances(between: np.ndarray, to_control: np.ndarray, n: float = 100.0) -> Distances:
    """Distances as given, with `n` answers a probe."""
    ones = np.ones(len(between))
    return Distances(
        probe_ids=tuple(f"p{i:03d}" for i in range(len(between))),
        between=between,
        to_a=to_control,
        to_b=to_control,
        n_draws=n * ones,
        agreement=0.5 * ones,
    )


def judged(found: Distances, lost: Missing = NONE_MISSING, margin: Margin = MARGIN) -> Equivalence:
    """Judge with fixed digests."""
    return equivalence(found, lost, margin, digests=["a", "b"])


@pytest.fixture
def close() -> Distances:
    """Twenty probes with a true distance near zero and a control near 1."""
    rng = np.random.default_rng(0)
    return distances(rng.normal(0, 0.01, 20), rng.normal(1, 0.1, 20))


def test_a_distance_well_below_the_margin_is_equivalent(close: Distances) -> None:
    """U < δ² Δ_AC(lower), and every number is given."""
    found = judged(close)
    assert found.status == "shown"
    assert found.upper < found.threshold == pytest.approx(0.04 * found.control_lower)
    assert found.further_probes == pytest.approx(1 - 0.05 ** (1 / 20))


def test_fifteen_probes_are_too_few(close: Distances) -> None:
    """P ≥ 16, however close; sixteen suffice."""
    few, enough = (distances(close.between[:n], close.to_a[:n]) for n in (15, 16))
    assert (judged(few).status, judged(enough).status) == ("not_available", "shown")


def test_no_draw_seen_differing_is_not_no_difference() -> None:
    """All answers alike: U is the floor 1 − α^(1/Σn); without it four answers a probe would be proof."""
    alike = np.zeros(16)
    found = judged(distances(alike, np.linspace(0.9, 1.1, 16), n=4.0))
    assert found.floor == pytest.approx(1 - 0.05 ** (1 / 64))
    assert (found.status, found.upper) == ("not_shown", found.floor)
    assert float(alike.mean()) < found.threshold
    assert judged(distances(alike, np.linspace(0.9, 1.1, 16), n=40.0)).status == "shown"


def test_the_controls_lower_bound_decides_not_its_mean(close: Distances) -> None:
    """A control that is far at one probe only: its mean would do, its lower bound does not."""
    lone = np.zeros(20)
    lone[0] = 20.0
    found = judged(distances(np.full(20, 0.01) + close.between / 10, lone))
    assert found.status == "not_shown"
    assert found.upper < 0.2**2 * lone.mean()


def test_a_plug_in_distance_would_clear_the_guilty() -> None:
    """With the true effect at the margin, Δ < δ² Δ_AC in about half of the runs; U is below in at most 5 %."""
    rng = np.random.default_rng(1)
    plug_in = ours = 0
    for seed in range(200):
        scale = rng.gamma(1.0, size=20)
        found = distances(0.04 * scale + rng.normal(0, 0.02, 20), scale)
        plug_in += found.between.mean() < 0.04 * found.to_a.mean()
        ours += judged(found, margin=replace(MARGIN, seed=seed)).status == "shown"
    assert plug_in > 60
    assert ours <= 18


def test_missing_answers_shift_the_bound(close: Distances) -> None:
    """U = (√U₀ + c)²: a radius of .25 turns equivalent into not shown, and the reason names it."""
    shifted = judged(close, Missing(radius=0.25, n_silent=0))
    plain = judged(close)
    assert shifted.upper == pytest.approx((plain.upper**0.5 + 0.25) ** 2)
    assert (plain.status, shifted.status) == ("shown", "not_shown")
    assert "missing answers" in shifted.reason
    silent = judged(close, Missing(radius=0.25, n_silent=2))
    assert "2 probes could not be compared" in silent.reason


def test_the_radius_by_hand() -> None:
    """One of ten answers lost on one side, agreement s: c² = .1² + .1² s at that probe; a silent probe counts 2."""
    suite = make_suite(2)
    texts = ["x"] * 5 + ["y"] * 5
    a = make_sample(make_run(suite, {p.id: texts for p in suite.probes}))
    b = make_sample(make_run(suite, {"p000": [None, *texts[1:]], "p001": texts}, endpoint="b"))
    forms = {p.id: "closed" for p in suite.probes}
    found = control_distances(a, b, a, forms)
    agreement = max(20 / 45, (4 * 3 + 5 * 4) / (9 * 8))
    assert missing(a, b, forms, found).radius == pytest.approx(((0.01 + 0.01 * agreement) / 2) ** 0.5)
    silent = missing(a, b, {**forms, "p999": "closed"}, found)
    assert (silent.n_silent, silent.radius > (2 / 3) ** 0.5) == (1, True)


def test_the_radius_bounds_what_the_lost_answers_can_do() -> None:
    """Whatever the lost answers are, √Δ of the complete shares is at most √Δ of the seen ones plus c."""
    rng = np.random.default_rng(2)
    for _ in range(300):
        p, q, lost_p, lost_q = rng.dirichlet(np.full(5, 0.3), size=4)
        share_a, share_b = rng.uniform(0, 0.3, 2)
        whole = (1 - share_a) * p + share_a * lost_p - (1 - share_b) * q - share_b * lost_q
        apart, s = abs(share_a - share_b), float((p**2).sum())
        radius2 = share_a**2 + share_b**2 + apart**2 * s + 2 * apart * min(share_a, share_b) * s**0.5
        assert np.linalg.norm(whole) <= np.linalg.norm(p - q) + radius2**0.5 + 1e-12


def test_one_answer_a_probe_leaves_nothing_to_compare() -> None:
    """A probe without two usable answers on every side is no probe of the bound."""
    suite = make_suite(20)
    one = make_sample(make_run(suite, {p.id: ["x"] for p in suite.probes}))
    forms = {p.id: "closed" for p in suite.probes}
    assert control_distances(one, one, one, forms).probe_ids == ()


@pytest.mark.parametrize("swapped", [False, True])
def test_the_share_of_a_mixture_is_the_share(*, swapped: bool) -> None:
    """MMD(P, (1−ε)P + εQ) = ε MMD(P, Q): at ε = .3 ρ is .3, whichever side is named first."""
    rng = np.random.default_rng(8)
    suite = make_suite(20)
    own, other = peaked(rng, 20, 6), peaked(rng, 20, 6)
    a, b, c = (
        make_sample(make_run(suite, drawn_answers(rng, suite, shares, 400), endpoint=name))
        for name, shares in (("a", own), ("b", 0.7 * own + 0.3 * other), ("c", other))
    )
    sides = (b, a) if swapped else (a, b)
    found = control_distances(*sides, c, {p.id: "closed" for p in suite.probes})
    share = mixture_equivalent_share(found, seed=0, digests=[s.digest for s in (*sides, c)])
    assert share.value == pytest.approx(0.3, abs=0.02)
    assert share.ci_low < 0.3 < share.ci_high


def test_a_control_no_farther_than_chance_gives_no_unit() -> None:
    """Dividing by a distance that may be zero says nothing."""
    rng = np.random.default_rng(4)
    noise = rng.normal(0, 0.1, 20)
    assert mixture_equivalent_share(distances(noise, noise[::-1].copy()), seed=0, digests=["a", "b", "c"]) is None


def test_at_closed_probes_the_worst_answers_are_put_in() -> None:
    """One of ten answers lost on one side: the shift is the mean of what the worst answer adds, below Minkowski's."""
    suite = make_suite(2)
    texts = ["x"] * 5 + ["y"] * 5
    a = make_sample(make_run(suite, {p.id: texts for p in suite.probes}))
    b = make_sample(make_run(suite, {"p000": [None, *texts[1:]], "p001": texts}, endpoint="b"))
    forms = {p.id: "closed" for p in suite.probes}
    found = control_distances(a, b, a, forms)
    lost = missing(a, b, forms, found)
    whole = {
        answer: _mmd2((5, 5, 0), (4 + (answer == "x"), 5 + (answer == "y"), int(answer == "z"))) for answer in "xyz"
    }
    assert lost.added == pytest.approx((max(whole.values()) - _mmd2((5, 5), (4, 5))) / 2)
    assert lost.rest == 0.0
    assert lost.shift(0.01) == pytest.approx(lost.added)
    assert lost.added < lost.radius * (0.2 + lost.radius)
    at_open = missing(a, b, dict.fromkeys(forms, "open"), found)
    assert at_open.shift(0.01) == pytest.approx(lost.radius * (0.2 + lost.radius))


def _mmd2(x: tuple[int, ...], y: tuple[int, ...]) -> float:
    """The unbiased statistic by its definition."""
    n, m = sum(x), sum(y)
    within = sum(k * (k - 1) for k in x) / (n * (n - 1)) + sum(k * (k - 1) for k in y) / (m * (m - 1))
    return within - 2 * sum(i * j for i, j in zip(x, y, strict=True)) / (n * m)


def test_distances_of_open_answers_are_mean_kernels_in_plain_loops() -> None:
    """One bandwidth for all three sides; pairs of one row with itself are left out."""
    suite = make_suite(1, form="open")
    rng = np.random.default_rng(2)
    sides = [rng.normal(size=(n, 2)) + shift for n, shift in ((4, 0.0), (5, 0.5), (6, 3.0))]

    def embedded(values: np.ndarray, name: str) -> Sample:
        run = make_run(suite, {"p000": ["text"] * len(values)}, endpoint=name)
        keys = tuple(o.key for o in run.observations)
        rows = FeatureMatrix(feature="embedding", version=1, values=values, probe_ids=("p000",) * len(keys), keys=keys)
        return replace(Sample.of(run, {}), features={"embedding": rows})

    a, b, c = (embedded(values, name) for values, name in zip(sides, "abc", strict=True))
    found = control_distances(a, b, c, {"p000": "open"})
    pooled = np.concatenate(sides)
    squared = [[float(((x - y) ** 2).sum()) for y in pooled] for x in pooled]
    width = np.median([squared[i][j] for i in range(15) for j in range(i)])
    side = [0] * 4 + [1] * 5 + [2] * 6

    def mean(s: int, t: int) -> float:
        pairs = [(i, j) for i in range(15) for j in range(15) if i != j and (side[i], side[j]) == (s, t)]
        return float(np.mean([np.exp(-squared[i][j] / (2 * width)) for i, j in pairs]))

    def mmd2(s: int, t: int) -> float:
        return mean(s, s) + mean(t, t) - 2 * mean(s, t)

    distances_found = [float(v[0]) for v in (found.between, found.to_a, found.to_b)]
    assert distances_found == pytest.approx([mmd2(0, 1), mmd2(0, 2), mmd2(1, 2)])
    assert (found.n_draws[0], found.agreement[0]) == (4.0, pytest.approx(max(mean(0, 0), mean(1, 1))))
