"""Do sampled tokens follow the probabilities stated beside them? Bets against it, valid whatever the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from blackbox.core import AnyArray, FloatArray

NUCLEI = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
TEMPERATURES = (0.3, 0.5, 0.7, 0.8, 0.9, 1.1, 1.2, 1.5)
WEIGHTS = (0.2, 0.5, 0.8)
"""By how much the odds of a token that stood before are cut."""
PENALTIES = (1.05, 1.1, 1.2, 1.3, 1.5)
LEVELS = (2.0, 5.0, 8.0, 12.0)
"""Where a sure token's logit may lie: stated probabilities leave a constant of the logits open."""
LEAK = 0.02
"""Share of every bet that follows the stated probabilities: one rounding at an edge must not lose it all."""
_NOTHING = 1e-200
_EXPECTED_OTHERS = 5.0
FITTED = tuple(np.round(np.arange(0.1, 2.01, 0.05), 2).tolist())
"""Temperatures among which the likeliest is looked for; 0 is judged apart, by how often the first token is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """Tokens drawn, each with the distribution stated for it.

    Args:
        stated: `(n, k + 1)` probabilities, descending in the first k columns; the last is what no listed token has.
        drawn: `(n,)` column of the token drawn.
        seen: `(n, k + 1)`, whether a token stood in prompt or answer before.
    """

    stated: FloatArray
    drawn: AnyArray
    seen: AnyArray

    def __len__(self) -> int:
        """Return how many tokens were drawn."""
        return len(self.drawn)


def log_evidence(draws: Draws) -> dict[str, float]:
    """Return ln of the e-value of each way to sample otherwise than stated.

    Null hypothesis: given all before it, each token is drawn from its stated distribution. Each bet is
    Π q(token)/p(token), q fixed by what was stated and seen before the token; its expectation under the null is 1,
    however answers follow on each other. A family's e-value is the mean over its grid, so P(e ≥ 1/α) ≤ α.

    References:
        Grünwald, de Heide & Koolen (2024), "Safe testing", JRSS-B 86(5), §2: likelihood ratios and their mixtures
        as e-values; Ville (1939) for the inequality.
    """
    families: Mapping[str, list[Callable[[Draws], FloatArray]]] = {
        "top_p": [lambda d, c=c: nucleus(d, c) for c in NUCLEI],  # type: ignore[misc]
        "greedy": [lambda d: nucleus(d, 0.0)],
        "temperature": [lambda d, t=t: tempered(d, t) for t in TEMPERATURES],  # type: ignore[misc]
        "repetition_penalty": [
            *(lambda d, w=w: penalised(d, w) for w in WEIGHTS),
            *(lambda d, f=f, c=c: divided(d, f, c) for f in PENALTIES for c in LEVELS),
        ],
    }
    return {name: _mean_of([_log_ratio(draws, law) for law in laws]) for name, laws in families.items()}


def nucleus(draws: Draws, share: float) -> FloatArray:
    """Return `(n, k + 1)`: each stated law cut to the fewest likeliest tokens that reach `share`, where k suffice."""
    p = draws.stated
    before = np.cumsum(p, axis=1) - p
    kept = before <= share if share <= 0 else before < share
    kept[:, 0] = True
    closes = ~kept[:, -1] | (p[:, -1] <= 0)
    cut = np.where(kept, p, 0.0)
    law: FloatArray = np.where(closes[:, None], cut / cut.sum(axis=1, keepdims=True), p)
    return law


def tempered(draws: Draws, temperature: float) -> FloatArray:
    """Return `(n, k + 1)`: each stated law at another temperature.

    The unlisted tokens are taken to be as likely as the least likely listed one, as many as their mass allows: a
    choice that costs power at most.
    """
    p = np.maximum(draws.stated, _NOTHING)
    law = p ** (1.0 / temperature)
    least = np.where(p[:, :-1] > _NOTHING, p[:, :-1], 1.0).min(axis=1)
    law[:, -1] = draws.stated[:, -1] * least ** (1.0 / temperature - 1.0)
    scaled: FloatArray = law / law.sum(axis=1, keepdims=True)
    return scaled


def penalised(draws: Draws, weight: float) -> FloatArray:
    """Return `(n, k + 1)`: each stated law with the odds of tokens that stood before cut to `weight`."""
    law = draws.stated * np.where(draws.seen, weight, 1.0)
    scaled: FloatArray = law / law.sum(axis=1, keepdims=True)
    return scaled


def divided(draws: Draws, factor: float, level: float) -> FloatArray:
    """Return `(n, k + 1)`: each stated law with the logits of tokens that stood before divided by `factor`.

    Negative logits are multiplied. A logit is taken to be the stated log-probability plus `level`.

    References:
        Keskar et al. (2019), "CTRL: a conditional transformer language model for controllable generation",
        arXiv 1909.05858, §4.1, with the sign rule of its implementations.
    """
    logits = np.log(np.maximum(draws.stated, _NOTHING)) + level
    changed = np.where(logits > 0, logits / factor, logits * factor)
    law = draws.stated * np.where(draws.seen, np.exp(changed - logits), 1.0)
    scaled: FloatArray = law / law.sum(axis=1, keepdims=True)
    return scaled


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedTemperature:
    """The temperature at which tokens were most likely drawn, with its likelihood interval (drop of 3.3: 99 %)."""

    value: float
    low: float
    high: float
    first_share: float
    n: int


def fitted_temperature(draws: Draws) -> FittedTemperature:
    """Return the maximum-likelihood temperature of tokens whose stated probabilities are those at temperature 1.

    0 where the likeliest token was taken each time although five times another was to be expected.

    References:
        Wilks (1938), "The large-sample distribution of the likelihood ratio", for the interval.
    """
    first = draws.drawn == 0
    log_likelihoods = np.array([_log_likelihood(tempered(draws, t), draws.drawn) for t in FITTED])
    inside = np.flatnonzero(log_likelihoods >= log_likelihoods.max() - 3.3)
    always_first = bool(first.all()) and float((1 - draws.stated[:, 0]).sum()) >= _EXPECTED_OTHERS
    best = 0.0 if always_first else FITTED[int(log_likelihoods.argmax())]
    low = 0.0 if always_first or inside[0] == 0 else FITTED[inside[0]]
    return FittedTemperature(
        value=best, low=low, high=FITTED[inside[-1]], first_share=float(first.mean()), n=len(draws)
    )


def _log_ratio(draws: Draws, law: Callable[[Draws], FloatArray]) -> float:
    rows = np.arange(len(draws))
    stated = np.maximum(draws.stated[rows, draws.drawn], _NOTHING)
    ratio = law(draws)[rows, draws.drawn] / stated
    return float(np.log((1 - LEAK) * ratio + LEAK).sum())


def _log_likelihood(law: FloatArray, drawn: AnyArray) -> float:
    return float(np.log(np.maximum(law[np.arange(len(drawn)), drawn], 1e-12)).sum())


def _mean_of(logs: list[float]) -> float:
    top = max(logs)
    return top + float(np.log(np.mean(np.exp(np.array(logs) - top))))
