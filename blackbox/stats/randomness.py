"""Random generators derived from what they are for, so that no number depends on what else was computed."""

from __future__ import annotations

import hashlib

import numpy as np

from blackbox.core import canonical


def generator(*parts: object) -> np.random.Generator:
    """Return a generator seeded by the sha256 of `parts` (METHODS §1.4).

    Args:
        parts: JSON-able values that name the use: seed, probe id, counts, run digests, signal.
    """
    seed = hashlib.sha256(canonical(parts).encode("ascii")).digest()
    return np.random.default_rng(np.frombuffer(seed, dtype=np.uint32))
