"""Does one side answer like the other under other sampling settings? Tilted and truncated answer shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from blackbox.stats.distances import exact_mmd2

if TYPE_CHECKING:
    from collections.abc import Callable

    from blackbox.core import AnyArray, FloatArray

N_BOOTSTRAP = 199
LEAK = 0.02
"""Share of the untruncated answers left in a truncated distribution: ranks are themselves estimated."""
GAIN = 3.0
"""Log-likelihood a setting must gain over 'unchanged' to count as fitting better."""
LEVEL = 0.05
"""Level at which a misfit is seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Sampling settings with the shares each makes of `(…, P, K)` reference shares; the first changes nothing.

    Args:
        settings: In words.
        shares: What each makes of the reference's shares.
        edges: Numbers of the settings beyond which more could have been tried.
    """

    settings: tuple[str, ...]
    shares: tuple[Callable[[FloatArray], FloatArray], ...]
    edges: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """The best setting of a family and what it leaves.

    Args:
        setting: In words.
        pvalue: Parametric-bootstrap p of the misfit that remains.
        improves: Whether it fits better than unchanged settings.
        power: How often the misfit of a mixture with a stranger, as far from the reference as the suspect is, would
            have been seen at `LEVEL`; None where the setting does not fit anyway.
        advantage: Log-likelihood by which it fits better than the best mixture with a named rival; None without one.
        at_edge: Whether it is the last one tried: anything flatter than the reference ends there, another model too.
    """

    setting: str
    pvalue: float
    improves: bool
    power: float | None = None
    advantage: float | None = None
    at_edge: bool = False


def power_family() -> Family:
    """Return p^τ for temperatures between a third and three times the reference's."""
    temperatures = np.exp(np.linspace(-np.log(3), np.log(3), 41))
    settings = ("temperature as the other's", *(f"temperature {t:.2f} times the other's" for t in temperatures))
    shares = (_unchanged, *(_power(1 / float(t)) for t in temperatures))
    return Family(settings=settings, shares=shares, edges=frozenset({1, len(temperatures)}))


def top_p_family() -> Family:
    """Return truncations to the likeliest answers that hold a share of the whole."""
    values = (0.99, 0.975, 0.95, 0.925, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3)
    return Family(
        settings=("top_p 1", *(f"top_p about {v:g}" for v in values)),
        shares=(_unchanged, *map(_top_p, values)),
        edges=frozenset({len(values)}),
    )


def top_k_family() -> Family:
    """Return truncations to the k likeliest answers."""
    values = (20, 15, 10, 8, 6, 5, 4, 3, 2, 1)
    return Family(
        settings=("top_k unlimited", *(f"top_k about {v}" for v in values)), shares=(_unchanged, *map(_top_k, values))
    )


def mixture_family(rival: FloatArray) -> Family:
    """Return mixtures of the reference with `(P, K)` shares of a rival."""
    values = (0.02, 0.05, *(k / 20 for k in range(2, 21)))
    return Family(
        settings=("no share of the rival", *(f"share {v:g}" for v in values)),
        shares=(_unchanged, *(_blend(rival, v) for v in values)),
    )


def residual_fit(
    reference: FloatArray,
    suspect: FloatArray,
    family: Family,
    rng: np.random.Generator,
    rival: FloatArray | None = None,
) -> Fit:
    """Return the family's best setting for the suspect and the p-value of what it leaves.

    Null hypothesis: the suspect's answers come from the reference's shares under some setting of the family.
    The null is simulated: both sides are drawn anew from the fitted shares and fitted again. A large p alone says
    little, because a family may fit a few answers of anything: the power of the misfit is simulated as well.

    Args:
        reference: `(P, K)` counts.
        suspect: `(P, K)` counts.
        family: Settings to fit.
        rng: Source of the simulated counts.
        rival: `(P, K)` counts of what else may be served, or None.

    References:
        Efron & Tibshirani (1993), "An Introduction to the Bootstrap", §16.4 (parametric bootstrap tests).
    """
    answers = (reference + suspect) > 0
    found = _fitted(reference[None], suspect[None], answers, family)
    shares, best = _smoothed(reference, answers), int(found.best[0])
    sizes = [counts.sum(1).astype(int) for counts in (reference, suspect)]
    drawn_x, drawn_y = (_drawn(p, n, rng) for p, n in zip((shares, family.shares[best](shares)), sizes, strict=True))
    null = _fitted(drawn_x, drawn_y, answers, family).misfit
    pvalue = (1 + int(np.count_nonzero(null >= found.misfit[0]))) / (1 + N_BOOTSTRAP)
    fits = bool(found.gain[0] >= GAIN) and pvalue > LEVEL
    return Fit(
        setting=family.settings[best],
        pvalue=pvalue,
        improves=bool(found.gain[0] >= GAIN),
        at_edge=best in family.edges,
        power=_power_of_misfit(reference, suspect, answers, (family, np.quantile(null, 1 - LEVEL)), rng)
        if fits
        else None,
        advantage=_advantage(reference, suspect, rival, family) if rival is not None else None,
    )


def _advantage(reference: FloatArray, suspect: FloatArray, rival: FloatArray, family: Family) -> float:
    """Return by how much the best setting fits better than the best mixture with the rival."""
    answers = (reference + suspect + rival) > 0
    gains = [
        _fitted(reference[None], suspect[None], answers, each).gain[0]
        for each in (family, mixture_family(_smoothed(rival, answers)))
    ]
    return float(gains[0] - gains[1])


def _power_of_misfit(
    reference: FloatArray,
    suspect: FloatArray,
    answers: AnyArray,
    fitted: tuple[Family, float],
    rng: np.random.Generator,
) -> float:
    """Return how often a mixture with a stranger, as far away as the suspect is, leaves a misfit above the critical.

    Strangers give the reference's answers as often, but which answer gets which share is drawn anew for each.
    """
    family, critical = fitted
    shares = _smoothed(reference, answers)
    strangers = _dealt_anew(shares, answers, rng)
    apart = ((shares - strangers) ** 2).sum(2).mean(1)[:, None, None]
    seen = max(float(exact_mmd2(reference, reference + suspect).mean()), 0.0)
    share = np.minimum(1.0, np.sqrt(seen / np.maximum(apart, np.finfo(float).tiny)))
    sizes = [counts.sum(1).astype(int) for counts in (reference, suspect)]
    mixed = (1 - share) * shares + share * strangers
    drawn_x, drawn_y = (_drawn(p, n, rng) for p, n in zip((shares, mixed), sizes, strict=True))
    return float((_fitted(drawn_x, drawn_y, answers, family).misfit > critical).mean())


def _dealt_anew(shares: FloatArray, answers: AnyArray, rng: np.random.Generator) -> FloatArray:
    """Return `(S, P, K)`: in each set every probe's shares, dealt to its answers in another order."""
    dealt = np.repeat(shares[None], N_BOOTSTRAP, axis=0)
    for p, present in enumerate(answers):
        dealt[:, p, present] = rng.permuted(dealt[:, p, present], axis=1)
    return dealt


def _blend(rival: FloatArray, share: float) -> Callable[[FloatArray], FloatArray]:
    return lambda shares: (1 - share) * shares + share * rival


@dataclass(frozen=True, slots=True, kw_only=True)
class _Best:
    """Of each table: the best setting, the deviance it leaves, and what it gains over the first; `(S,)` each."""

    best: AnyArray
    misfit: FloatArray
    gain: FloatArray


def _fitted(reference: FloatArray, suspect: FloatArray, answers: AnyArray, family: Family) -> _Best:
    """Return the best setting for each of `(S, P, K)` tables."""
    shares = _smoothed(reference, answers)
    logs = np.stack([_log_likelihood(suspect, make(shares)) for make in family.shares])
    n = suspect.sum(2, keepdims=True)
    saturated = _log_likelihood(suspect, suspect / np.maximum(n, 1))
    return _Best(best=logs.argmax(0), misfit=2 * (saturated - logs.max(0)), gain=logs.max(0) - logs[0])


def _log_likelihood(counts: FloatArray, shares: FloatArray) -> FloatArray:
    logs = np.log(np.where(counts > 0, np.maximum(shares, np.finfo(float).tiny), 1.0))
    return np.asarray((counts * logs).sum((1, 2)))


def _smoothed(counts: FloatArray, answers: AnyArray) -> FloatArray:
    raised = counts + 0.5 * answers
    return np.asarray(raised / raised.sum(-1, keepdims=True))


def _drawn(shares: FloatArray, n: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Return `(S, P, K)` simulated counts from `(P, K)` shares, or from `(S, P, K)` of which each set has its own."""
    each = np.broadcast_to(shares, (N_BOOTSTRAP, *shares.shape[-2:]))
    probes = [rng.multinomial(size, each[:, p]) for p, size in enumerate(n)]
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
