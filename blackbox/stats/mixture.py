"""Two explanations of one side's answers, fitted to counts: a mixture with a known alternative, and a sampling tilt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize_scalar

if TYPE_CHECKING:
    from blackbox.core import FloatArray

MAX_STEPS = 500
TOLERANCE = 1e-5
"""Change of the share, per step, at which a fit has come to rest."""
CHECK_EVERY = 20
TILTS = (0.2, 5.0)
"""Exponents searched: temperatures from five times to a fifth of the reference's."""
SILENT = -1e9
"""Log-weight of a category that neither side ever gave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Answer counts of reference, suspect and alternative, `(…, P, K)` each, over the same categories."""

    reference: FloatArray
    suspect: FloatArray
    alternative: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class MixtureFit:
    """The joint maximum likelihood fit of every data set of a batch.

    Args:
        share: `(R, 1)`, or `(R, P)` where each probe has a share of its own.
        reference: `(R, P, K)` answer probabilities of the reference.
        alternative: `(R, P, K)` those of the alternative.
        log_likelihood: `(R,)` without the multinomial constants.
    """

    share: FloatArray
    reference: FloatArray
    alternative: FloatArray
    log_likelihood: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class TiltFit:
    """The best exponent τ of suspect ∝ reference^τ, one for all probes, and the log-likelihood of both sides."""

    exponent: float
    log_likelihood: float


def fit_mixture(counts: Counts, *, by_probe: bool = False) -> MixtureFit:
    """Return the fit of suspect = (1 − ε)·reference + ε·alternative, all three estimated jointly by EM.

    Sparse tables bias the joint fit towards ε = 0, for rare answers then belong to one component each: pool them
    first.

    Args:
        counts: `(R, P, K)` each: R data sets.
        by_probe: Give each probe its own ε instead of one for all.

    References:
        Dempster, Laird & Rubin (1977), "Maximum likelihood from incomplete data via the EM algorithm", JRSS B 39,
        1–38, §4.3 (finite mixtures).
    """
    n, m, c = (np.asarray(x, dtype=np.float64) for x in (counts.reference, counts.suspect, counts.alternative))
    seen = (n + m + c) > 0
    reference, alternative = _shares(n + m + 0.5 * seen), _shares(c + 0.5 * seen)
    share = np.full((len(n), n.shape[1] if by_probe else 1), 0.2)
    active = np.arange(len(n))
    for _ in range(MAX_STEPS // CHECK_EVERY):
        before = share[active]
        now = (share[active], reference[active], alternative[active])
        for _ in range(CHECK_EVERY):
            now = _step(n[active], m[active], c[active], now)
        share[active], reference[active], alternative[active] = now
        active = active[np.abs(now[0] - before).max(axis=1) > CHECK_EVERY * TOLERANCE]
        if not len(active):
            break
    mixed = (1 - share[..., None]) * reference + share[..., None] * alternative
    likelihood = log_likelihood(n, reference) + log_likelihood(m, mixed) + log_likelihood(c, alternative)
    return MixtureFit(share=share, reference=reference, alternative=alternative, log_likelihood=likelihood)


def fit_tilt(reference: FloatArray, suspect: FloatArray, answers: FloatArray) -> TiltFit:
    """Return the joint maximum likelihood fit of suspect ∝ reference^τ: another temperature and nothing else.

    Args:
        reference: `(P, K)` counts.
        suspect: `(P, K)` counts.
        answers: `(P, 1)` how many different answers the last category pools; they are taken as equally likely.
    """
    tilt = _Tilt(reference, suspect, answers)
    found = minimize_scalar(
        lambda log_exponent: -tilt.profile(float(np.exp(log_exponent))),
        bounds=tuple(np.log(TILTS)),
        method="bounded",
        options={"xatol": 1e-3},
    )
    return TiltFit(exponent=float(np.exp(found.x)), log_likelihood=-float(found.fun))


def log_likelihood(counts: FloatArray, probabilities: FloatArray) -> FloatArray:
    """Return Σ counts·ln probability over the last two axes; 0·ln 0 counts as 0."""
    logs = np.log(np.where(counts > 0, probabilities, 1.0))
    return np.asarray((counts * logs).sum(axis=(-2, -1)))


def saturated(counts: FloatArray) -> FloatArray:
    """Return the highest log-likelihood any distribution reaches on `(…, P, K)` counts."""
    return log_likelihood(counts, _shares(counts))


def pooled_rare(counts: Counts, *, fewer_than: int) -> Counts:
    """Return `(P, K')` counts with answers given fewer times than that, over all three, as one last category a probe.

    The other answers stand first, the most frequent first, so that no column is empty at every probe.
    """
    total = counts.reference + counts.suspect + counts.alternative
    keep = total >= fewer_than
    order = np.argsort(-total * keep, axis=-1, kind="stable")[:, : int(keep.sum(-1).max())]
    pooled = [
        np.concatenate([np.take_along_axis(side * keep, order, -1), (side * ~keep).sum(-1, keepdims=True)], axis=-1)
        for side in (counts.reference, counts.suspect, counts.alternative)
    ]
    return Counts(reference=pooled[0], suspect=pooled[1], alternative=pooled[2])


def n_pooled(counts: Counts, *, fewer_than: int) -> FloatArray:
    """Return `(P, 1)`: how many answers of reference and suspect the last category of `pooled_rare` stands for."""
    rare = counts.reference + counts.suspect + counts.alternative < fewer_than
    given = counts.reference + counts.suspect > 0
    return np.asarray(np.maximum((rare & given).sum(-1, keepdims=True), 1), dtype=np.float64)


def _step(
    n: FloatArray, m: FloatArray, c: FloatArray, now: tuple[FloatArray, FloatArray, FloatArray]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    share, reference, alternative = now
    of_alternative = share[..., None] * alternative
    total = (1 - share[..., None]) * reference + of_alternative
    moved = m * of_alternative / np.where(total > 0, total, 1.0)
    n_moved, n_calls = moved.sum(-1), m.sum(-1)
    if share.shape[1] == 1:
        n_moved, n_calls = n_moved.sum(-1, keepdims=True), n_calls.sum(-1, keepdims=True)
    return n_moved / np.maximum(n_calls, 1.0), _shares(n + np.maximum(m - moved, 0.0)), _shares(c + moved)


def _shares(counts: FloatArray) -> FloatArray:
    total = counts.sum(-1, keepdims=True)
    return np.asarray(counts / np.where(total > 0, total, 1.0))


class _Tilt:
    """The likelihood of a tilt as a function of its exponent, the reference profiled out by Newton's method."""

    def __init__(self, reference: FloatArray, suspect: FloatArray, answers: FloatArray) -> None:
        self._n, self._m = reference.astype(np.float64), suspect.astype(np.float64)
        self._on = (reference + suspect) > 0
        self._pooled = np.zeros(reference.shape)
        self._pooled[:, -1:] = np.log(answers)
        self._theta = np.where(self._on, np.log(np.where(self._on, reference + suspect, 1.0)), SILENT)

    def profile(self, exponent: float) -> float:
        """Return the highest log-likelihood at this exponent."""
        for _ in range(50):
            p, q = self._distributions(exponent)
            n_calls, m_calls = self._n.sum(-1, keepdims=True), self._m.sum(-1, keepdims=True)
            slope = np.where(self._on, self._n - n_calls * p + exponent * (self._m - m_calls * q), 0.0)
            if np.abs(slope).max() < 1e-7:  # noqa: PLR2004 - answers; far below one
                break
            bend = n_calls[..., None] * _covariance(p) + exponent**2 * m_calls[..., None] * _covariance(q)
            step = np.linalg.solve(bend + self._anchor(), slope[..., None])[..., 0]
            self._theta = self._theta + np.where(self._on, np.clip(step, -2.0, 2.0), 0.0)
        p, q = self._distributions(exponent)
        return float(log_likelihood(self._n, p) + log_likelihood(self._m, q))

    def _distributions(self, exponent: float) -> tuple[FloatArray, FloatArray]:
        tilted = exponent * (self._theta - self._pooled) + self._pooled
        return _softmax(self._theta), _softmax(np.where(self._on, tilted, SILENT))

    def _anchor(self) -> FloatArray:
        """Return what makes the matrix regular: log-weights are free up to a constant, silent categories fixed."""
        both = self._on[:, :, None] & self._on[:, None, :]
        return both + np.eye(self._on.shape[1]) * np.where(self._on, 1e-9, 1.0)[:, None, :]


def _softmax(weights: FloatArray) -> FloatArray:
    raised = np.exp(weights - weights.max(-1, keepdims=True))
    return np.asarray(raised / raised.sum(-1, keepdims=True))


def _covariance(p: FloatArray) -> FloatArray:
    return np.asarray(p[:, :, None] * np.eye(p.shape[1]) - p[:, :, None] * p[:, None, :])
