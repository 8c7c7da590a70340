"""Choosing probes: those that separate are found, groups that judge did not choose, and luck is not called gain."""

from __future__ import annotations

import numpy as np
import pytest

from blackbox.evidence.lineage import LabelledPair
from blackbox.evidence.selection import Sides, chosen_probes, halves, measured, separation, sides_of

N_GROUPS = 16
MODELS = [f"m{g}-{k}" for g in range(N_GROUPS) for k in range(2)]
GROUP = {name: name.partition("-")[0] for name in MODELS}
PLACE = {name: i for i, name in enumerate(MODELS)}
PAIRS = [
    LabelledPair(a=a, b=b, relation="r", side="same" if GROUP[a] == GROUP[b] else "different")
    for i, a in enumerate(MODELS)
    for b in MODELS[i + 1 :]
]


def scores(rng: np.random.Generator, n_probes: int, good: int) -> np.ndarray:
    """Return symmetric scores; the first `good` probes separate kin."""
    x = rng.normal(size=(n_probes, len(MODELS), len(MODELS)))
    x = (x + x.transpose(0, 2, 1)) / np.sqrt(2)
    same = np.array([[GROUP[a] == GROUP[b] for b in MODELS] for a in MODELS])
    x[:good] += 2.5 * same
    return x


def test_halves_share_no_group_and_no_pair() -> None:
    """Every group is in one half; a pair across halves is in neither."""
    dealt = halves(PAIRS, GROUP, seed=1)
    assert frozenset() == dealt.choosing & dealt.judging
    assert set(GROUP.values()) == dealt.choosing | dealt.judging
    for half in (dealt.choosing, dealt.judging):
        own = sides_of(PAIRS, GROUP, PLACE, half)
        seen = {GROUP[MODELS[i]] for i in np.concatenate([own.same, own.different]).ravel()}
        assert seen <= half
        assert 1.0 == pytest.approx(own.weight.sum())


def test_probes_that_separate_are_chosen_and_gain_is_seen(rng: np.random.Generator) -> None:
    """Ten good probes of sixty: most of the ten chosen are good, and judging groups see the gain."""
    s = scores(rng, 60, 10)
    dealt = halves(PAIRS, GROUP, seed=1)
    choosing, judging = (sides_of(PAIRS, GROUP, PLACE, h) for h in (dealt.choosing, dealt.judging))
    chosen = chosen_probes(s, choosing, 10)
    assert len(set(chosen) & set(range(10))) >= 8
    gain = measured(s, judging, chosen, seed=1)
    assert gain.chosen > gain.random_high


def test_nothing_to_choose_gives_no_gain_on_other_groups() -> None:
    """Probes all alike: the judging half is rarely fooled; the choosing half, a broken judge, nearly always is."""
    rng = np.random.default_rng(5)
    dealt = halves(PAIRS, GROUP, seed=1)
    choosing, judging = (sides_of(PAIRS, GROUP, PLACE, h) for h in (dealt.choosing, dealt.judging))
    honest = broken = 0
    for k in range(10):
        s = scores(rng, 40, 0)
        chosen = chosen_probes(s, choosing, 8)
        found, own = (measured(s, half, chosen, seed=k) for half in (judging, choosing))
        honest += found.chosen > found.random_high
        broken += own.chosen > own.random_high
    assert honest <= 2
    assert broken >= 9


def test_separation_agrees_with_a_double_loop(rng: np.random.Generator) -> None:
    """(Mean of kin − mean of strangers)/sd of strangers, groups of kin weighing equally."""
    s = scores(rng, 3, 1)
    sides = Sides(
        same=np.array([[0, 1], [2, 3], [2, 4]]),
        different=np.array([[0, 2], [0, 3], [1, 5]]),
        weight=np.array([0.5, 0.25, 0.25]),
    )
    for p, found in enumerate(separation(s, sides)):
        kin = 0.5 * s[p, 0, 1] + 0.25 * s[p, 2, 3] + 0.25 * s[p, 2, 4]
        strangers = [s[p, 0, 2], s[p, 0, 3], s[p, 1, 5]]
        assert (kin - np.mean(strangers)) / np.std(strangers, ddof=1) == pytest.approx(found)


def test_silent_probes_are_never_chosen(rng: np.random.Generator) -> None:
    """A probe that nobody answered has no separation."""
    s = scores(rng, 5, 1)
    s[3] = np.nan
    dealt = halves(PAIRS, GROUP, seed=1)
    own = sides_of(PAIRS, GROUP, PLACE, dealt.choosing)
    assert 3 not in chosen_probes(s, own, 5)
    assert 4 == len(chosen_probes(s, own, 5))
