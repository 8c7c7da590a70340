"""One 64-bit code an observation: the first eight bytes of a text's sha256."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from blackbox.core import FeatureMatrix
from blackbox.features._texts import sha256

if TYPE_CHECKING:
    from collections.abc import Callable

    from blackbox.core import Observation, Run


def code_matrix(
    feature: str, version: int, *, run: Run, probe_ids: frozenset[str], text: Callable[[Observation], str]
) -> FeatureMatrix:
    """Return the `(n,)` uint64 codes of `text` of every observation that is not missing."""
    rows = [o for o in run.observations if o.probe_id in probe_ids and not o.missing]
    codes = [int.from_bytes(sha256(text(o))[:8], "big") for o in rows]
    return FeatureMatrix(
        feature=feature,
        version=version,
        values=np.array(codes, dtype=np.uint64),
        probe_ids=tuple(o.probe_id for o in rows),
        keys=tuple(o.key for o in rows),
    )
