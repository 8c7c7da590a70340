"""A test of exchangeability by betting: wealth that can be looked at after every pair."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable

STAKES = (0.1, 0.25, 0.5, 0.75, 0.95)
"""Shares of the wealth that are bet; the wealth is spread evenly over them at the start."""
PRIOR = 0.5
"""Times each answer counts as seen on each side before the first pair: keeps early bets small."""


@dataclass(slots=True)
class Betting:
    """The wealth of a gambler who bets, pair by pair, on which of two answers came from which side.

    Null hypothesis: given the past, the two answers of a pair are exchangeable. Then the wealth is a non-negative
    martingale that begins at 1, and P(it ever reaches 1/α) ≤ α, whenever one looks and stops.

    The payoff of a pair is g = (r(a) − r(b)) / (r(a) + r(b)), r the ratio of how often each side gave an answer in
    *earlier* pairs of the same probe: antisymmetric, |g| ≤ 1, and known before the pair is seen. The wealth is the
    mean over fixed stakes λ of Π(1 + λg), which is one predictable stake λ_t, the wealth-weighted mean of the λ.

    References:
        Shekhar & Ramdas (2023), "Nonparametric two-sample testing by betting", IEEE Trans. Inf. Theory 70(2),
        1178–1203; Ville (1939), "Étude critique de la notion de collectif", for the inequality.
    """

    n_pairs: int = 0
    highest: float = 0.0
    """Largest ln wealth so far; 0 before the first pair."""
    _logs: list[float] = field(default_factory=lambda: [0.0] * len(STAKES))
    _seen: dict[str, tuple[Counter[Hashable], Counter[Hashable]]] = field(
        default_factory=lambda: defaultdict(lambda: (Counter(), Counter()))
    )

    @property
    def log_wealth(self) -> float:
        """Natural logarithm of the wealth now."""
        top = max(self._logs)
        return top + math.log(sum(math.exp(each - top) for each in self._logs) / len(self._logs))

    def payoff(self, probe_id: str, a: Hashable, b: Hashable) -> float:
        """Return what a pair pays for each unit staked, from earlier pairs alone."""
        of_a, of_b = self._seen[probe_id]
        ratios = [math.log((of_a[x] + PRIOR) / (of_b[x] + PRIOR)) for x in (a, b)]
        return math.tanh((ratios[0] - ratios[1]) / 2)

    def play(self, probe_id: str, a: Hashable, b: Hashable) -> None:
        """Settle the bet on one pair, then learn from it."""
        gain = self.payoff(probe_id, a, b)
        self._logs = [each + math.log1p(stake * gain) for each, stake in zip(self._logs, STAKES, strict=True)]
        of_a, of_b = self._seen[probe_id]
        of_a[a] += 1
        of_b[b] += 1
        self.n_pairs += 1
        self.highest = max(self.highest, self.log_wealth)
