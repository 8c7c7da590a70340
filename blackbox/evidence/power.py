"""What these calls can detect: power for named alternatives, simulated from answers at hand (METHODS §2).

Answer shares are smoothed by half a count an answer. Both sides are drawn anew at the counts of the design, the
omnibus statistic is compared with its simulated null, and the suspect may be the side with more or with fewer
answers: the smaller power counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from blackbox.evidence.samples import MIN_DRAWS
from blackbox.stats.randomness import generator

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.core import AnyArray, FloatArray
    from blackbox.evidence.samples import Sample

POWER = 0.8
HOTTER = 1.3
"""Temperature of the hotter suspect, in units of the reference's; the colder one is at its inverse."""
SHARES = (0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
N_NULL, N_ALTERNATIVE = 2_000, 400
MOST_NULL = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Smoothed answer shares of a reference, and of a named other model, with the counts of the design.

    Args:
        shares: For each probe `(K,)` shares of the reference.
        other: The same of the other model, or None without one.
        n_x: Usable answers of one side at each probe.
        n_y: Of the other side.
    """

    shares: tuple[FloatArray, ...]
    other: tuple[FloatArray, ...] | None
    n_x: tuple[int, ...]
    n_y: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Detectable:
    """The smallest share of a named alternative that is found with power .8.

    Args:
        value: That share; None where not even all of it is.
        alternative: Its name.
        power: The power asked for.
        power_of_all: Power when every call is answered by the alternative.
    """

    value: float | None
    alternative: str
    power: float
    power_of_all: float


def reference(
    sides: Sequence[Sample], other: Sample | None, probe_ids: Sequence[str], n_planned: Mapping[str, int] | None = None
) -> Reference | None:
    """Return the smoothed shares at the closed probes, or None where there are none.

    Args:
        sides: The runs whose answers are pooled as the reference: both sides of a pair, or one earlier run.
        other: A run of the named other model.
        probe_ids: Closed probes.
        n_planned: Answers a side at each probe; by default what each side has.
    """
    pooled = [s for s in (*sides, *((other,) if other is not None else ())) if "answer" in s.features]
    if len(pooled) < len(sides) + (other is not None):
        return None
    codes = [_codes(s) for s in pooled]
    enough = MIN_DRAWS if n_planned is None else 1
    chosen = [p for p in sorted(probe_ids) if all(len(c.get(p, ())) >= enough for c in codes)]
    if not chosen:
        return None
    split = len(sides)
    own, others = [], []
    for probe in chosen:
        counts = _counts([c[probe] for c in codes])
        own.append(_smoothed(counts[:split].sum(0)))
        others.append(_smoothed(counts[split:].sum(0)))
    return Reference(
        shares=tuple(own),
        other=tuple(others) if other is not None else None,
        n_x=tuple(n_planned[p] if n_planned else len(codes[0][p]) for p in chosen),
        n_y=tuple(n_planned[p] if n_planned else len(codes[split - 1][p]) for p in chosen),
    )


def alternatives(found: Reference, other_name: str | None) -> dict[str, tuple[FloatArray, ...]]:
    """Return the named alternatives: the other model where there is one, a hotter and a colder suspect."""
    named = {f"mixture with {other_name}": found.other} if found.other is not None else {}
    hot = tuple(tilted(p, 1 / HOTTER) for p in found.shares)
    cold = tuple(tilted(p, HOTTER) for p in found.shares)
    return {**named, f"temperature {HOTTER:g}": hot, f"temperature {1 / HOTTER:.2f}": cold}


def tilted(shares: FloatArray, tau: float) -> FloatArray:
    """Return p^τ, normalised: the answers at temperature 1/τ of those at temperature 1."""
    raised = shares**tau
    return np.asarray(raised / raised.sum())


def detectable(found: Reference, *, alpha: float, other_name: str | None, seed: int) -> tuple[Detectable, ...]:
    """Return the minimum detectable share of each named alternative, found by bisection: power grows with the share.

    Args:
        found: The reference and the design's counts.
        alpha: Level each pair is tested at.
        other_name: Name of the other model.
        seed: The plan's seed.
    """
    result = []
    for name, other in alternatives(found, other_name).items():
        [of_all] = power(found, other, SHARES[-1:], alpha=alpha, seed=seed)
        low, high = 0, len(SHARES) - 1
        while of_all >= POWER and low < high:
            middle = (low + high) // 2
            enough = power(found, other, [SHARES[middle]], alpha=alpha, seed=seed)[0] >= POWER
            low, high = (low, middle) if enough else (middle + 1, high)
        value = SHARES[high] if of_all >= POWER else None
        result.append(Detectable(value=value, alternative=name, power=POWER, power_of_all=of_all))
    return tuple(result)


def power(
    found: Reference, other: tuple[FloatArray, ...], shares: Sequence[float], *, alpha: float, seed: int
) -> list[float]:
    """Return the power at each share of calls answered by `other`.

    Args:
        found: The reference and the design's counts.
        other: For each probe the alternative's answer shares.
        shares: Shares of the calls answered by it.
        alpha: Level.
        seed: The plan's seed.
    """
    sizes = [(found.n_x, found.n_y)]
    if found.n_x != found.n_y:
        sizes.append((found.n_y, found.n_x))
    by_suspect = [_powers(found.shares, other, shares, n, alpha=alpha, seed=seed) for n in sizes]
    return [min(values) for values in zip(*by_suspect, strict=True)]


def _powers(
    own: tuple[FloatArray, ...],
    other: tuple[FloatArray, ...],
    shares: Sequence[float],
    sizes: tuple[tuple[int, ...], tuple[int, ...]],
    *,
    alpha: float,
    seed: int,
) -> list[float]:
    """Return the power at each share; the null is that of the pooled answers, which permutation deals anew."""
    n_null = int(min(MOST_NULL, max(N_NULL, np.ceil(20 / alpha))))
    unequal = sizes[0] != sizes[1]
    found = []
    for share in shares:
        rng = generator("power", seed, sizes, share)
        mixed = tuple((1 - share) * p + share * q for p, q in zip(own, other, strict=True))
        pooled = tuple((n * p + m * q) / (n + m) for p, q, n, m in zip(own, mixed, *sizes, strict=True))
        null = _statistics(pooled, pooled, sizes, n_null, rng)
        centre, spread = null.mean(0), null.std(0)
        critical = np.sort(_largest(null, centre, spread, unequal=unequal))[n_null - int(alpha * (n_null + 1))]
        drawn = _largest(_statistics(own, mixed, sizes, N_ALTERNATIVE, rng), centre, spread, unequal=unequal)
        found.append(float((drawn > critical).mean()))
    return found


def _largest(values: FloatArray, centre: FloatArray, spread: FloatArray, *, unequal: bool) -> FloatArray:
    """Return `(S,)` omnibus statistics: the larger standardised one, χ² two-sided where counts are unequal."""
    z = (values - centre) / np.where(spread > 0, spread, np.inf)
    if unequal:
        z[:, 1] = np.abs(z[:, 1])
    return np.asarray(z.max(1))


def _statistics(
    own: tuple[FloatArray, ...],
    suspect: tuple[FloatArray, ...],
    sizes: tuple[tuple[int, ...], tuple[int, ...]],
    n_sims: int,
    rng: np.random.Generator,
) -> FloatArray:
    """Return `(S, 2)` sums over probes of exact-match MMD² and χ² of simulated pairs."""
    total = np.zeros((n_sims, 2))
    for p, q, n, m in zip(own, suspect, *sizes, strict=True):
        x, y = rng.multinomial(n, p, size=n_sims), rng.multinomial(m, q, size=n_sims)
        total[:, 0] += _mmd2(x, y, n, m)
        total[:, 1] += _chi2(x, y, n, m)
    return total


def _mmd2(x: AnyArray, y: AnyArray, n: int, m: int) -> FloatArray:
    within = (x * (x - 1)).sum(1) / (n * (n - 1)) + (y * (y - 1)).sum(1) / (m * (m - 1))
    return np.asarray(within - 2 * (x * y).sum(1) / (n * m))


def _chi2(x: AnyArray, y: AnyArray, n: int, m: int) -> FloatArray:
    pooled = x + y
    cells = np.where(pooled > 0, (m * x - n * y) ** 2 / np.maximum(pooled, 1), 0.0)
    return np.asarray(cells.sum(1) / (n * m))


def _codes(sample: Sample) -> dict[str, FloatArray]:
    matrix = sample.features["answer"]
    rows: dict[str, list[int]] = {}
    for i, probe in enumerate(matrix.probe_ids):
        rows.setdefault(probe, []).append(i)
    return {probe: matrix.values[own] for probe, own in rows.items()}


def _counts(sides: Sequence[FloatArray]) -> FloatArray:
    """Return `(S, K)` counts of each distinct answer, one side a row."""
    answers = np.unique(np.concatenate(sides))
    return np.stack([np.bincount(np.searchsorted(answers, side), minlength=len(answers)) for side in sides])


def _smoothed(counts: FloatArray) -> FloatArray:
    return np.asarray((counts + 0.5) / (counts.sum() + 0.5 * len(counts)))
