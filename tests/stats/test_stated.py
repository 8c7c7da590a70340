"""Do tokens follow what was stated for them: bets that are honest under the null and win under each alternative."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from blackbox.stats.stated import Draws, divided, fitted_temperature, log_evidence, nucleus, penalised, tempered

if TYPE_CHECKING:
    from collections.abc import Callable

ALPHA = 0.05


def drawn(rng: np.random.Generator, law: Callable[[Draws], np.ndarray] | None = None, n: int = 400) -> Draws:
    """Return tokens drawn from `law` of what is stated, or as stated."""
    p = -np.sort(-rng.dirichlet(np.full(60, 0.15), n), axis=1)
    stated = np.concatenate([p[:, :20], p[:, 20:].sum(axis=1, keepdims=True)], axis=1)
    blank = Draws(stated=stated, drawn=np.zeros(n, dtype=int), seen=rng.random(stated.shape) < 0.2)
    from_law = stated if law is None else law(blank)
    aims = rng.random(n)[:, None] * from_law.sum(axis=1, keepdims=True)
    columns = (from_law.cumsum(axis=1) < aims).sum(axis=1).clip(max=20)
    return Draws(stated=stated, drawn=columns, seen=blank.seen)


def test_tokens_drawn_as_stated_rarely_win_a_bet(rng: np.random.Generator) -> None:
    """Under the null each family's e-value reaches 1/α at most α of the time."""
    rejected = dict.fromkeys(log_evidence(drawn(rng, n=5)), 0)
    for _ in range(400):
        for name, value in log_evidence(drawn(rng, n=60)).items():
            rejected[name] += value >= math.log(1 / ALPHA)
    assert dict.fromkeys(rejected, True) == {name: n <= 31 for name, n in rejected.items()}


def test_the_expected_payoff_of_one_token_is_one(rng: np.random.Generator) -> None:
    """Σ_t p(t) q(t)/p(t) = 1 for every alternative: none can win on average."""
    draws = drawn(rng, n=50)
    laws = (nucleus(draws, 0.8), nucleus(draws, 0.0), tempered(draws, 0.7), penalised(draws, 0.5))
    for law in (*laws, divided(draws, 1.3, 5.0)):
        assert np.ones(50) == pytest.approx(law.sum(axis=1), abs=1e-12)
        assert law.min() >= 0


def test_a_law_that_is_no_law_would_be_caught(rng: np.random.Generator) -> None:
    """The broken version, a nucleus that is not scaled up to one, fails the test above."""
    draws = drawn(rng, n=50)
    unscaled = np.where(nucleus(draws, 0.8) > 0, draws.stated, 0.0)
    assert (unscaled.sum(axis=1) < 1 - 1e-6).any()


@pytest.mark.parametrize(
    ("family", "law"),
    [
        ("top_p", lambda d: nucleus(d, 0.9)),
        ("greedy", lambda d: nucleus(d, 0.0)),
        ("temperature", lambda d: tempered(d, 0.7)),
        ("repetition_penalty", lambda d: penalised(d, 0.4)),
        ("repetition_penalty", lambda d: divided(d, 1.3, 7.0)),
    ],
)
def test_each_alternative_is_found_and_named(
    rng: np.random.Generator, family: str, law: Callable[[Draws], np.ndarray]
) -> None:
    """600 tokens suffice in 19 of 20 sessions, and the family that was used has the highest e-value."""
    found = []
    for _ in range(20):
        logs = log_evidence(drawn(rng, law, n=600))
        found.append(logs[family] >= math.log(1 / 0.0025) and max(logs, key=logs.__getitem__) == family)
    assert sum(found) >= 19


def test_laws_agree_with_a_double_loop(rng: np.random.Generator) -> None:
    """Nucleus, temperature and both penalties, token by token."""
    draws = drawn(rng, n=30)
    cut, warm, fined = nucleus(draws, 0.8), tempered(draws, 0.7), penalised(draws, 0.5)
    split = divided(draws, 1.3, 5.0)
    for i, row in enumerate(draws.stated):
        kept, before = [], 0.0
        for p in row:
            kept.append(p if before < 0.8 else 0.0)
            before += p
        closes = kept[-1] == 0.0
        assert [p / sum(kept) if closes else row[j] for j, p in enumerate(kept)] == pytest.approx(cut[i].tolist())
        least = min(p for p in row[:-1] if p > 0)
        raw = [p ** (1 / 0.7) for p in row[:-1]] + [row[-1] * least ** (1 / 0.7 - 1)]
        assert [p / sum(raw) for p in raw] == pytest.approx(warm[i].tolist(), abs=1e-12)
        weighed = [p * (0.5 if seen else 1.0) for p, seen in zip(row, draws.seen[i], strict=True)]
        assert [p / sum(weighed) for p in weighed] == pytest.approx(fined[i].tolist())
        logits = [math.log(p) + 5.0 for p in row]
        moved = [(x / 1.3 if x > 0 else x * 1.3) if seen else x for x, seen in zip(logits, draws.seen[i], strict=True)]
        assert [math.exp(x) / sum(map(math.exp, moved)) for x in moved] == pytest.approx(split[i].tolist())


def test_a_nucleus_beyond_the_listed_tokens_is_not_judged() -> None:
    """Where the listed tokens do not reach the share, the bet is not placed."""
    stated = np.array([[0.3, 0.2, 0.5]])
    draws = Draws(stated=stated, drawn=np.array([0]), seen=np.zeros((1, 3), dtype=bool))
    assert stated.tolist() == nucleus(draws, 0.9).tolist()


@pytest.mark.parametrize(("asked", "law"), [(0.7, 0.7), (1.0, 1.0), (1.5, 1.5)])
def test_the_temperature_is_fitted(rng: np.random.Generator, asked: float, law: float) -> None:
    """The fit is within its interval of what was used, and of nothing a quarter away."""
    fit = fitted_temperature(drawn(rng, lambda d: tempered(d, law), n=1500))
    assert fit.low <= asked <= fit.high
    assert fit.high - fit.low < 0.5


def test_greedy_draws_are_at_zero(rng: np.random.Generator) -> None:
    """The likeliest token each time is temperature 0."""
    fit = fitted_temperature(drawn(rng, lambda d: nucleus(d, 0.0)))
    assert (0.0, 1.0) == (fit.value, fit.first_share)
