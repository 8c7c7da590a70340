"""Does one side answer like the other under other sampling settings? Tilted and truncated answer shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from blackbox.core import AnyArray, FloatArray

N_BOOTSTRAP = 199
LEAK = 0.02
"""Share of the untruncated answers left in a truncated distribution: ranks are themselves estimated."""
GAIN = 3.0
"""Log-likelihood a setting must gain over 'unchanged' to count as fitting better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Sampling settings with the shares each makes of `(…, P, K)` reference shares; the first changes nothing."""

    settings: tuple[str, ...]
    shares: tuple[Callable[[FloatArray], FloatArray], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """The best setting of a family and what it leaves.

    Args:
        setting: In words.
        pvalue: Parametric-bootstrap p of the misfit that remains.
        improves: Whether it fits better than unchanged settings.
    """

    setting: str
    pvalue: float
    improves: bool


def power_family() -> Family:
    """Return p^τ for temperatures between a third and three times the reference's."""
    temperatures = np.exp(np.linspace(-np.log(3), np.log(3), 41))
    settings = ("temperature as the other's", *(f"temperature {t:.2f} times the other's" for t in temperatures))
    return Family(settings=settings, shares=(_unchanged, *(_power(1 / float(t)) for t in temperatures)))


def top_p_family() -> Family:
    """Return truncations to the likeliest answers that hold a share of the whole."""
    values = (0.99, 0.975, 0.95, 0.925, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3)
    return Family(
        settings=("top_p 1", *(f"top_p about {v:g}" for v in values)), shares=(_unchanged, *map(_top_p, values))
    )


def top_k_family() -> Family:
    """Return truncations to the k likeliest answers."""
    values = (20, 15, 10, 8, 6, 5, 4, 3, 2, 1)
    return Family(
        settings=("top_k unlimited", *(f"top_k about {v}" for v in values)), shares=(_unchanged, *map(_top_k, values))
    )


def residual_fit(reference: FloatArray, suspect: FloatArray, family: Family, rng: np.random.Generator) -> Fit:
    """Return the family's best setting for the suspect and the p-value of what it leaves.

    Null hypothesis: the suspect's answers come from the reference's shares under some setting of the family.
    The null is simulated: both sides are drawn anew from the fitted shares and fitted again.

    Args:
        reference: `(P, K)` counts.
        suspect: `(P, K)` counts.
        family: Settings to fit.
        rng: Source of the simulated counts.

    References:
        Efron & Tibshirani (1993), "An Introduction to the Bootstrap", §16.4 (parametric bootstrap tests).
    """
    answers = (reference + suspect) > 0
    best, misfit, gain = _fitted(reference[None], suspect[None], answers, family)
    shares = _smoothed(reference, answers)
    fitted = family.shares[int(best[0])](shares)
    drawn_x, drawn_y = (
        _drawn(p, counts.sum(1).astype(int), rng) for p, counts in ((shares, reference), (fitted, suspect))
    )
    _, null, _ = _fitted(drawn_x, drawn_y, answers, family)
    pvalue = (1 + int(np.count_nonzero(null >= misfit[0]))) / (1 + N_BOOTSTRAP)
    return Fit(setting=family.settings[int(best[0])], pvalue=pvalue, improves=bool(gain[0] >= GAIN))


def _fitted(
    reference: FloatArray, suspect: FloatArray, answers: AnyArray, family: Family
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return, for each of `(S, P, K)` tables, the best setting, its deviance, and what it gains over the first."""
    shares = _smoothed(reference, answers)
    logs = np.stack([_log_likelihood(suspect, make(shares)) for make in family.shares])
    n = suspect.sum(2, keepdims=True)
    saturated = _log_likelihood(suspect, suspect / np.maximum(n, 1))
    return logs.argmax(0), 2 * (saturated - logs.max(0)), logs.max(0) - logs[0]


def _log_likelihood(counts: FloatArray, shares: FloatArray) -> FloatArray:
    logs = np.log(np.where(counts > 0, np.maximum(shares, np.finfo(float).tiny), 1.0))
    return np.asarray((counts * logs).sum((1, 2)))


def _smoothed(counts: FloatArray, answers: AnyArray) -> FloatArray:
    raised = counts + 0.5 * answers
    return np.asarray(raised / raised.sum(-1, keepdims=True))


def _drawn(shares: FloatArray, n: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Return `(S, P, K)` simulated counts."""
    probes = [rng.multinomial(size, p, size=N_BOOTSTRAP) for size, p in zip(n, shares, strict=True)]
    return np.asarray(np.stack(probes, axis=1), dtype=np.float64)


def _unchanged(shares: FloatArray) -> FloatArray:
    return shares


def _power(tau: float) -> Callable[[FloatArray], FloatArray]:
    def tilt(shares: FloatArray) -> FloatArray:
        raised = np.where(shares > 0, np.maximum(shares, np.finfo(float).tiny) ** tau, 0.0)
        return np.asarray(raised / raised.sum(-1, keepdims=True))

    return tilt


def _top_p(limit: float) -> Callable[[FloatArray], FloatArray]:
    def cut(shares: FloatArray) -> FloatArray:
        order = np.argsort(-shares, axis=-1, kind="stable")
        ranked = np.take_along_axis(shares, order, axis=-1)
        before = np.cumsum(ranked, axis=-1) - ranked
        kept = np.zeros_like(shares)
        np.put_along_axis(kept, order, (before < limit).astype(float), axis=-1)
        return _truncated(shares, kept)

    return cut


def _top_k(limit: int) -> Callable[[FloatArray], FloatArray]:
    def cut(shares: FloatArray) -> FloatArray:
        ranks = np.argsort(np.argsort(-shares, axis=-1, kind="stable"), axis=-1)
        return _truncated(shares, (ranks < limit).astype(float))

    return cut


def _truncated(shares: FloatArray, kept: FloatArray) -> FloatArray:
    cut = shares * kept
    return np.asarray((1 - LEAK) * cut / cut.sum(-1, keepdims=True) + LEAK * shares)
