"""Missing answers: tested apart, and imputed in the way least favourable to 'different' (METHODS §1.7)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from blackbox.core import Outcome, PooledProbe
from blackbox.stats.distances import rbf_gram
from blackbox.stats.loss import stratified_exact_pvalue

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from blackbox.core import AnyArray
    from blackbox.evidence.samples import Sample

UNEQUAL_LOSS_LEVEL = 0.05
"""Level of the loss test at which 'different' must also survive imputation."""

_LOST = (str(Outcome.ERROR), str(Outcome.MALFORMED))


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Missing answers of both sides.

    Args:
        pvalue: Exact two-sided p of equal loss within probes; 1 when nothing is missing.
        a: Missing answers of side a by outcome.
        b: Missing answers of side b by outcome.
    """

    pvalue: float
    a: Mapping[str, int]
    b: Mapping[str, int]

    @property
    def unequal(self) -> bool:
        """Whether loss differs between the sides."""
        return self.pvalue <= UNEQUAL_LOSS_LEVEL


def compare_loss(a: Sample, b: Sample, probe_ids: Collection[str]) -> Loss:
    """Return the exact test of equal loss at the probes asked of both sides."""
    lost_a, lost_b = a.n_missing(), b.n_missing()
    if not lost_a and not lost_b:
        return Loss(pvalue=1.0, a=dict.fromkeys(_LOST, 0), b=dict.fromkeys(_LOST, 0))
    asked_a, asked_b = a.n_asked(), b.n_asked()
    strata = sorted(p for p in probe_ids if asked_a[p] and asked_b[p] and (lost_a[p] or lost_b[p]))
    pvalue = stratified_exact_pvalue(
        [lost_a[p] for p in strata],
        [asked_a[p] for p in strata],
        [lost_b[p] for p in strata],
        [asked_b[p] for p in strata],
    )
    return Loss(pvalue=pvalue, a=_missing_by_outcome(a, probe_ids), b=_missing_by_outcome(b, probe_ids))


def imputed(probe: PooledProbe, lost_x: int, lost_y: int) -> PooledProbe:
    """Return the probe with lost answers filled in so that the two sides look as alike as they can.

    Each lost answer becomes the answer of the other side that brings the two sides' distributions closest
    (greedy; for counts this fills the largest deficit first).

    Args:
        probe: The pooled usable answers.
        lost_x: Answers missing on side x.
        lost_y: Answers missing on side y.
    """
    x, y = probe.values[: probe.n_x], probe.values[probe.n_x :]
    filled_x = _filled(x, y, lost_x)
    filled_y = _filled(y, filled_x, lost_y)
    values = np.concatenate([filled_x, filled_y])
    return PooledProbe(probe_id=probe.probe_id, values=values, n_x=len(filled_x), n_y=len(filled_y))


def _filled(own: AnyArray, other: AnyArray, n_lost: int) -> AnyArray:
    """Return `own` with `n_lost` rows of `other` appended, each the one that lowers MMD² most."""
    if n_lost == 0:
        return own
    return np.concatenate([own, (_codes if own.ndim == 1 else _vectors)(own, other, n_lost)])


def _codes(own: AnyArray, other: AnyArray, n_lost: int) -> AnyArray:
    """Return the answers whose count falls short most, one after the other."""
    answers = other[np.sort(np.unique(other, return_index=True)[1])]
    length = int(max(own.max(), other.max())) + 1
    of_own, of_other = (np.bincount(side, minlength=length)[answers].astype(np.float64) for side in (own, other))
    toward = of_other / len(other) * (len(own) + n_lost)
    chosen = []
    for _ in range(n_lost):
        chosen.append(int(np.argmax(toward - of_own - 0.5)))
        of_own[chosen[-1]] += 1
    return np.asarray(answers[chosen])


def _vectors(own: AnyArray, other: AnyArray, n_lost: int) -> AnyArray:
    gram = rbf_gram(np.concatenate([own, other]))
    n = len(own)
    toward, placed = gram[n:, n:].mean(1) * (n + n_lost), gram[n:, :n].sum(1)
    chosen = []
    for _ in range(n_lost):
        chosen.append(int(np.argmax(toward - placed - gram.diagonal()[n:] / 2)))
        placed = placed + gram[n:, n + chosen[-1]]
    return np.asarray(other[chosen])


def _missing_by_outcome(sample: Sample, probe_ids: Collection[str]) -> dict[str, int]:
    counts = Counter(o.outcome for o in sample.run.observations if o.missing and o.probe_id in probe_ids)
    return {outcome: counts[Outcome(outcome)] for outcome in _LOST}
