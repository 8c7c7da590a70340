"""Betting: wealth that may be looked at after every pair, and the ways it could be cheated."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blackbox.stats.betting import STAKES, Betting

if TYPE_CHECKING:
    from collections.abc import Hashable

ALPHA = 0.05
N_STREAMS, N_PAIRS, N_PROBES = 400, 120, 4
MOST_ALARMS = 36
"""Upper 99.9 % limit of a binomial of 400 at .05: 34, and two of slack for the discrete wealth."""
PAIRS = st.lists(st.tuples(st.sampled_from("pq"), st.sampled_from("xyz"), st.sampled_from("xyz")), max_size=40)


def alarms(rng: np.random.Generator, kind: type[Betting], *, shift: float = 0.0) -> int:
    """Return how many streams ever reach 1/α; a shift moves that share of b's answers to one answer."""
    found = 0
    for _ in range(N_STREAMS):
        betting = kind()
        a, b = rng.integers(0, 5, (2, N_PAIRS))
        b = np.where(rng.random(N_PAIRS) < shift, 0, b)
        for t in range(N_PAIRS):
            betting.play(str(t % N_PROBES), int(a[t]), int(b[t]))
        found += betting.highest >= math.log(1 / ALPHA)
    return found


def test_alarms_are_rare_however_often_one_looks(rng: np.random.Generator) -> None:
    """Looked at after every pair, streams of one distribution reach 1/α in at most α of cases."""
    assert alarms(rng, Betting) <= MOST_ALARMS


@dataclass(slots=True)
class Peeking(Betting):
    """Learns from the pair before it bets on it."""

    def payoff(self, probe_id: str, a: Hashable, b: Hashable) -> float:
        """Return a payoff that knows the pair."""
        of_a, of_b = self._seen[probe_id]
        of_a[a] += 1
        of_b[b] += 1
        gain = Betting.payoff(self, probe_id, a, b)
        of_a[a] -= 1
        of_b[b] -= 1
        return gain


@dataclass(slots=True)
class Lopsided(Betting):
    """Pays by how rare b's answer is, whichever side it is on: not antisymmetric."""

    def payoff(self, probe_id: str, a: Hashable, b: Hashable) -> float:
        """Return a payoff that does not change its sign with the sides."""
        return abs(Betting.payoff(self, probe_id, a, b))


@pytest.mark.parametrize("broken", [Peeking, Lopsided])
def test_a_broken_bet_would_be_seen(rng: np.random.Generator, broken: type[Betting]) -> None:
    """A bet that peeks at its pair, or does not change its sign with the sides, fails the test above by far."""
    assert alarms(rng, broken) > 3 * MOST_ALARMS


def test_a_difference_is_found(rng: np.random.Generator) -> None:
    """With 60 % of one side's answers moved, nearly every stream is decided."""
    assert alarms(rng, Betting, shift=0.6) >= 0.95 * N_STREAMS


@given(PAIRS)
def test_the_payoff_is_antisymmetric_and_bounded(pairs: list[tuple[str, str, str]]) -> None:
    """Whatever came before: g(a, b) = −g(b, a), |g| ≤ 1, and a bet can never lose everything."""
    betting = Betting()
    for probe, a, b in pairs:
        assert betting.payoff(probe, b, a) == -betting.payoff(probe, a, b)
        assert abs(betting.payoff(probe, a, b)) <= 1
        betting.play(probe, a, b)
    assert math.isfinite(betting.log_wealth)
    assert betting.highest >= max(0.0, betting.log_wealth)
    assert max(STAKES) < 1


@given(PAIRS)
def test_the_wealth_is_a_fair_game(pairs: list[tuple[str, str, str]]) -> None:
    """Over both orders of the last pair the mean wealth is the wealth before it: what exchangeability needs."""
    if not pairs:
        return
    *earlier, (probe, a, b) = pairs
    after = []
    for x, y in ((a, b), (b, a)):
        betting = Betting()
        for pair in earlier:
            betting.play(*pair)
        before = math.exp(betting.log_wealth)
        betting.play(probe, x, y)
        after.append(math.exp(betting.log_wealth))
    assert sum(after) / 2 == pytest.approx(before, rel=1e-9)


def test_swapping_sides_changes_nothing(rng: np.random.Generator) -> None:
    """The wealth is the same with a and b exchanged throughout."""
    one, two = Betting(), Betting()
    for a, b in pairwise(rng.integers(0, 4, 60).tolist()):
        one.play("p", a, b)
        two.play("p", b, a)
    assert one.log_wealth == pytest.approx(two.log_wealth, abs=1e-12)
