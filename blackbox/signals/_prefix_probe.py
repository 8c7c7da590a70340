"""How rare the longest common opening of two answers is among references: the formula behind the signal prefix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from blackbox.core import AnyArray, FloatArray


class PrefixProbe:
    """The openings of runs at one probe; of several answers of a run the first is read.

    Args:
        rows: For each run its answers' first tokens in order; empty where the run is silent.
    """

    def __init__(self, rows: Sequence[Sequence[AnyArray]]) -> None:
        first = [answers[0] if answers else None for answers in rows]
        width = max((len(tokens) for tokens in first if tokens is not None), default=0)
        # Ends of answers differ from each other and from every token: two ends in one place are no common word.
        table = np.repeat(-np.arange(1, len(rows) + 1, dtype=np.int64)[:, None], max(width, 1), axis=1)
        for row, tokens in zip(table, first, strict=True):
            if tokens is not None:
                row[: len(tokens)] = tokens >> np.uint32(1) if tokens.dtype == np.uint32 else tokens >> np.uint64(1)
        self._common = np.stack([_common_length(table, row) for row in table])
        self._answered = np.array([tokens is not None for tokens in first], dtype=bool)

    def among(self, members: npt.NDArray[np.intp], references: npt.NDArray[np.bool_]) -> FloatArray:
        """Return `(n, n)` ln((R + 1)/(n_sharing + .5)), n_sharing the references that begin with what both share.

        Args:
            members: Positions of the runs that take part.
            references: `(n,)` which of the members are references; neither side counts itself.
        """
        common, answered = self._common[np.ix_(members, members)], self._answered[members]
        counted = references & answered
        cohort = common[:, counted]
        sharing = np.stack([(cohort >= common[:, [j]]).sum(1) for j in range(len(members))], axis=1)
        own = counted.astype(float)
        n_sharing = np.maximum(sharing - own[:, None] - own[None, :], 0.0)
        n_references = np.maximum(counted.sum() - own[:, None] - own[None, :], 0.0)
        rarity = np.log((n_references + 1) / (n_sharing + 0.5))
        return np.asarray(np.where(answered[:, None] & answered[None, :], rarity, np.nan))


def _common_length(table: npt.NDArray[np.int64], row: npt.NDArray[np.int64]) -> npt.NDArray[np.intp]:
    """Return how many tokens each row of the table and `row` share from the beginning on."""
    differs = table != row[None, :]
    return np.asarray(np.where(differs.any(1), differs.argmax(1), table.shape[1]), dtype=np.intp)
