"""From a pair's normalised scores to its log10 likelihood ratio: one weighted logistic regression.

Signals read the same texts, so their scores are fused and calibrated once. Same-source scores have a long tail
(5 to 50 standard deviations), unrelated ones do not: scores enter as sign(Z)·ln(1 + |Z|), which keeps one very
close pair from setting the slope for all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from blackbox.core import FloatArray

PRIOR_SD = 5.0
"""Standard deviation of the normal prior on each slope, in natural log units of odds a unit of score."""
MAX_STEPS = 200
TOLERANCE = 1e-10


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """log10 LR = slopes · x + intercept."""

    slopes: tuple[float, ...]
    intercept: float

    def log10_lr(self, x: FloatArray) -> FloatArray:
        """Return `(n,)` ratios of `(n, k)` inputs."""
        return np.asarray(x @ np.array(self.slopes) + self.intercept)


def tempered(z: FloatArray) -> FloatArray:
    """Return sign(Z)·ln(1 + |Z|)."""
    return np.asarray(np.sign(z) * np.log1p(np.abs(z)))


def fitted(x: FloatArray, same: npt.NDArray[np.bool_], weight: FloatArray, *, n_independent: float) -> Line:
    """Return the line of a weighted logistic regression with even prior odds and a normal prior on the slopes.

    Both sides count half, so the log odds are the log likelihood ratio. The prior is what keeps the slopes finite
    where the sides do not overlap; it weighs like 1/σ² against `n_independent` pairs.

    Args:
        x: `(n, k)` inputs.
        same: Which pairs are of one source.
        weight: `(n,)`, summing to 1 within each side.
        n_independent: How many independent pairs the smaller side is worth.

    References:
        Brümmer & du Preez (2006), doi:10.1016/j.csl.2005.08.001, section 5 (prior-weighted logistic regression);
        Morrison (2013), "Tutorial on logistic-regression calibration and fusion", Australian Journal of Forensic
        Sciences 45, 173–197, doi:10.1080/00450618.2012.733025.
    """
    design = np.column_stack([x, np.ones(len(x))])
    sign, w = np.where(same, 1.0, -1.0), weight / 2
    ridge = np.append(np.full(x.shape[1], 1 / (2 * n_independent * PRIOR_SD**2)), 1e-9)
    beta = np.zeros(design.shape[1])
    for _ in range(MAX_STEPS):
        wrong = 1 / (1 + np.exp(np.clip(sign * (design @ beta), -500, 500)))
        gradient = ridge * beta - design.T @ (w * sign * wrong)
        curvature = (design * (w * wrong * (1 - wrong))[:, None]).T @ design + np.diag(ridge)
        step = np.linalg.solve(curvature, gradient)
        beta = beta - _damped(step, beta, design, sign=sign, w=w, ridge=ridge)
        if float(np.abs(gradient).max()) < TOLERANCE:
            break
    beta = beta / np.log(10)
    return Line(slopes=tuple(float(b) for b in beta[:-1]), intercept=float(beta[-1]))


def _damped(
    step: FloatArray, beta: FloatArray, design: FloatArray, *, sign: FloatArray, w: FloatArray, ridge: FloatArray
) -> FloatArray:
    """Return the Newton step, halved until the loss does not rise."""

    def loss(at: FloatArray) -> float:
        return float((w * np.logaddexp(0.0, -sign * (design @ at))).sum() + (ridge * at * at).sum() / 2)

    before = loss(beta)
    for _ in range(40):
        if loss(beta - step) <= before:
            return step
        step = step / 2
    return np.zeros_like(step)
