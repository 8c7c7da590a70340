"""Equivalence: can the true difference be as large as the margin? Only a bound below it says no (METHODS §2).

The margin δ is fixed in the plan as a mixture-equivalent share. With Δ the mean MMD² of the pair and Δ_AC that
to a control, the two are called equivalent iff U < δ² · Δ_AC(lower): U bounds Δ from above for new probes of the
family, whatever the missing answers would have been.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from blackbox.evidence.distances import codes_by_probe
from blackbox.stats.bootstrap import studentised_bound
from blackbox.stats.loss import worst_missing_mmd2
from blackbox.stats.randomness import generator

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.core import AnyArray, FloatArray
    from blackbox.evidence.distances import Distances
    from blackbox.evidence.samples import Sample

MIN_PROBES = 16
"""Probes below which a bound over probes is not trusted (METHODS §2)."""
LARGEST_MMD2 = 2.0
"""MMD² of two distributions with nothing in common, for a kernel between 0 and 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """What missing answers could hide.

    Args:
        radius: c: had the missing answers been there, √Δ could be larger by at most this, whatever they are.
        n_silent: Probes at which the pair or its control has fewer than two usable answers.
        added: Of closed probes: by how much Δ could be larger, had the missing answers been the worst possible.
        rest: c of the probes that `added` does not speak for; None: `added` is not known.
    """

    radius: float
    n_silent: int
    added: float = 0.0
    rest: float | None = None

    def shift(self, answered: float) -> float:
        """Return by how much missing answers could raise Δ above the bound from those that came."""
        whole = _raised(answered, self.radius)
        return whole if self.rest is None else min(whole, self.added + _raised(answered, self.rest))


@dataclass(frozen=True, slots=True, kw_only=True)
class Equivalence:
    """Whether a difference as large as the margin is excluded, and every number that says so.

    Args:
        status: `shown`, `not_shown`, or `not_available` where the data can't bear such a claim.
        reason: Why not.
        margin: δ, a mixture-equivalent share.
        level: One-sided level of both bounds.
        n_probes: Probes all three sides answered.
        upper: U, with the shift of missing answers; None where there is no bound.
        missing_shift: The part of U that missing answers add.
        floor: 1 − α^(1/Σn): U is never below it, however alike the answers are.
        control_lower: Lower bound of Δ_AC.
        threshold: δ² · Δ_AC(lower).
        further_probes: 1 − α^(1/P): share of further probes that could still differ.
    """

    status: Literal["shown", "not_shown", "not_available"]
    reason: str | None
    margin: float
    level: float
    n_probes: int
    upper: float | None = None
    missing_shift: float | None = None
    floor: float | None = None
    control_lower: float | None = None
    threshold: float | None = None
    further_probes: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """What equivalence is judged by.

    Args:
        share: δ, fixed in the plan.
        level: α, over the number of pairs judged.
        seed: The plan's seed.
    """

    share: float
    level: float
    seed: int


def missing(a: Sample, b: Sample, forms: Mapping[str, str], found: Distances) -> Missing:
    """Return how much missing answers could add to Δ, at worst.

    At closed probes the worst answers are put in their place. Whatever the form: with shares λ_a, λ_b missing at a
    probe and P what side a answered, the unseen part of the difference is (λ_b − λ_a)P + λ_a L_a − λ_b L_b for some
    unseen L: its squared norm is at most λ_a² + λ_b² + (λ_a − λ_b)² s + 2 |λ_a − λ_b| min(λ_a, λ_b) √s, s how often
    two of its answers agree. Where a probe could not be compared at all it may differ in everything. Over probes
    Minkowski's inequality adds the root mean square to √Δ. The smaller of the two counts.
    """
    asked = [(side.n_missing(), side.n_asked()) for side in (a, b)]
    agreement = dict(zip(found.probe_ids, found.agreement, strict=True))
    between = dict(zip(found.probe_ids, found.between, strict=True))
    codes = [codes_by_probe(side) for side in (a, b)]
    squares, rest, added = [], [], 0.0
    for probe, form in forms.items():
        if probe not in agreement:
            squares.append(LARGEST_MMD2)
            rest.append(LARGEST_MMD2)
            continue
        lost_a, lost_b = (lost[probe] / n[probe] for lost, n in asked)
        squares.append(missing_radius2(lost_a, lost_b, float(np.clip(agreement[probe], 0.0, 1.0))))
        exact = form == "closed"
        rest.append(0.0 if exact else squares[-1])
        if exact:
            worst = _worst([side[probe] for side in codes], (asked[0][0][probe], asked[1][0][probe]))
            added += worst - float(between[probe])
    return Missing(
        radius=_root_mean(squares),
        n_silent=sum(probe not in agreement for probe in forms),
        added=added / max(1, len(forms)),
        rest=_root_mean(rest),
    )


def _worst(codes: Sequence[AnyArray], lost: tuple[int, int]) -> float:
    answers = np.unique(np.concatenate(codes))
    x, y = (np.bincount(np.searchsorted(answers, side), minlength=len(answers)).astype(float) for side in codes)
    return worst_missing_mmd2((x, y), lost)


def _root_mean(squares: Sequence[float]) -> float:
    return float(np.sqrt(np.mean(squares))) if squares else 0.0


def _raised(answered: float, radius: float) -> float:
    """Return by how much Δ grows if √Δ grows by the radius."""
    return radius * (2 * float(np.sqrt(answered)) + radius)


def equivalence(found: Distances, lost: Missing, margin: Margin, *, digests: Sequence[str]) -> Equivalence:
    """Return whether a difference of the margin is excluded for new probes of the family.

    Null hypothesis: Δ ≥ δ² Δ_AC. Both bounds are one-sided at the level of `margin`.

    Args:
        found: Distances of the pair and its control.
        lost: What missing answers could hide.
        margin: Margin, level and seed.
        digests: Digests of side a and side b.

    References:
        Wellek (2010), "Testing Statistical Hypotheses of Equivalence and Noninferiority", §3.1 (inclusion of
        a confidence bound in the equivalence region).
    """
    n_probes = len(found.probe_ids)
    if n_probes < MIN_PROBES:
        reason = f"only {n_probes} probes with two usable answers on every side; a bound over probes needs {MIN_PROBES}"
        return unavailable(reason, margin, n_probes=n_probes)
    floor = 1 - margin.level ** (1 / float(found.n_draws.sum()))
    answered = upper_bound(found.between, floor=floor, margin=margin, digests=digests)
    shift = lost.shift(answered)
    upper = answered + shift
    lower = found.control_lower(level=1 - margin.level, seed=margin.seed, digests=digests)
    threshold = margin.share**2 * max(lower, 0.0) if lower is not None else 0.0
    return Equivalence(
        status="shown" if upper < threshold else "not_shown",
        reason=None if upper < threshold else _why_not(answered, threshold, lower, lost),
        margin=margin.share,
        level=margin.level,
        n_probes=n_probes,
        upper=upper,
        missing_shift=shift,
        floor=floor,
        control_lower=lower,
        threshold=threshold,
        further_probes=1 - margin.level ** (1 / n_probes),
    )


def upper_bound(between: FloatArray, *, floor: float, margin: Margin, digests: Sequence[str]) -> float:
    """Return the studentised upper bound of Δ over probes, never below `floor`."""
    rng = generator("upper bound", margin.seed, sorted(digests))
    bound = studentised_bound(between, side="upper", level=1 - margin.level, rng=rng)
    return max(floor, bound if bound is not None else float(between.mean()))


def unavailable(reason: str, margin: Margin, *, n_probes: int = 0) -> Equivalence:
    """Return that equivalence can't be judged, with the reason."""
    return Equivalence(
        status="not_available", reason=reason, margin=margin.share, level=margin.level, n_probes=n_probes
    )


def _why_not(answered: float, threshold: float, lower: float | None, lost: Missing) -> str:
    if lower is None or lower <= 0:
        return "the control's own difference is not bounded away from zero"
    if answered >= threshold:
        return "a difference as large as the margin is not excluded by these answers"
    if lost.n_silent:
        return f"{lost.n_silent} probes could not be compared, and these alone could hide the margin"
    return "the missing answers could hide a difference as large as the margin"


def missing_radius2(lost_a: float, lost_b: float, agreement: float) -> float:
    """Return the largest squared norm of the unseen part of the difference at one probe."""
    apart = abs(lost_a - lost_b)
    cross = 2 * apart * min(lost_a, lost_b) * np.sqrt(agreement)
    return float(lost_a**2 + lost_b**2 + apart**2 * agreement + cross)
