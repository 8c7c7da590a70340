"""How a sequence of two symbols departs from coin tossing: measures of the NIST test suite, used as features."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from blackbox.core import FloatArray

    Bits = npt.NDArray[np.int8]

MIN_BITS = 32
_BLOCK = 8
_LAGS = (1, 2, 3, 4)
_PATTERNS = (2, 3)
MEASURES = (
    "frequency", "block_frequency", "runs", "longest_run_ones", "longest_run_zeros", "cumulative_sum",
    *(f"autocorrelation_{lag}" for lag in _LAGS), *(f"serial_{m}" for m in _PATTERNS), "approximate_entropy",
    "spectral_peak",
)  # fmt: skip


def measures(bits: Bits) -> FloatArray:
    """Return `(14,)` measures of a sequence, each centred and scaled so that coin tossing of any length is near 0.

    They are features, not tests: no p-value is taken from them.

    Args:
        bits: `(n,)` of 0 and 1, n ≥ 32.

    References:
        Rukhin et al. (2010), NIST SP 800-22 rev. 1a: frequency (2.1), block frequency (2.2), runs (2.3), longest run
        (2.4), spectral (2.6), serial (2.11), approximate entropy (2.12), cumulative sums (2.13).
    """
    n, signs = len(bits), 2.0 * bits - 1.0
    values = [
        signs.sum() / np.sqrt(n),
        _block_frequency(bits),
        (np.count_nonzero(np.diff(bits)) - (n - 1) / 2) / np.sqrt((n - 1) / 4),
        np.log2(max(longest_run(bits), 1)) - np.log2(np.log2(n)),
        np.log2(max(longest_run(1 - bits), 1)) - np.log2(np.log2(n)),
        np.abs(np.cumsum(signs)).max() / np.sqrt(n) - np.sqrt(np.pi / 2),
        *(float(signs[lag:] @ signs[:-lag]) / np.sqrt(n - lag) for lag in _LAGS),
        *(_serial(bits, m) for m in _PATTERNS),
        np.sqrt(n) * (np.log(2) - (_block_entropy(bits, 3) - _block_entropy(bits, 2))),
        np.abs(np.fft.rfft(signs)[1:]).max() / np.sqrt(n * np.log(n)) - 1,
    ]
    return np.asarray(values, dtype=np.float64)


def longest_run(bits: Bits) -> int:
    """Return the length of the longest run of ones."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], bits, [0]])))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def _block_frequency(bits: Bits) -> float:
    blocks = bits[: len(bits) // _BLOCK * _BLOCK].reshape(-1, _BLOCK)
    chi2 = 4 * _BLOCK * float(((blocks.mean(axis=1) - 0.5) ** 2).sum())
    return float((chi2 - len(blocks)) / np.sqrt(2 * len(blocks)))


def _pattern_counts(bits: Bits, m: int) -> FloatArray:
    """Return `(2^m,)` counts of the patterns of m bits, the sequence closed to a ring."""
    ring = np.concatenate([bits, bits[: m - 1]]).astype(np.int64)
    codes = sum(ring[i : i + len(bits)] << (m - 1 - i) for i in range(m))
    return np.bincount(codes, minlength=2**m).astype(np.float64)


def _serial(bits: Bits, m: int) -> float:
    """Return how uneven patterns of m bits are beyond patterns of m − 1 bits (∇ψ² of 2.11, standardised)."""
    psi = [2**k / len(bits) * float((_pattern_counts(bits, k) ** 2).sum()) - len(bits) for k in (m - 1, m)]
    free = 2 ** (m - 1)
    return float((psi[1] - psi[0] - free) / np.sqrt(2 * free))


def _block_entropy(bits: Bits, m: int) -> float:
    shares = _pattern_counts(bits, m) / len(bits)
    known = shares[shares > 0]
    return -float((known * np.log(known)).sum())
