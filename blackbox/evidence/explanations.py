"""Benign explanations of a difference: sampling settings, a filter, a length cap (METHODS §2).

Each asks what remains of the difference once the explanation is granted. Nothing remaining is not proof of it:
another model can look like this one sampled hotter.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from blackbox.core import TEXT_OUTCOMES, Outcome
from blackbox.evidence.same import Design, PairTest, compare_pair
from blackbox.evidence.samples import Sample, pool, rows_at
from blackbox.stats.randomness import generator
from blackbox.stats.sampling import Fit, power_family, residual_fit, top_k_family, top_p_family

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from blackbox.core import Observation

FORMATTING = "formatting"
RESIDUAL_LEVEL = 0.05
"""What remains is called no larger than chance above this p."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One harmless reason why two runs may differ, and what it leaves over.

    Args:
        name: What was granted.
        status: Whether what remains is no larger than chance; or that it was not tested.
        pvalue: Of what remains.
        estimate: The setting that fits best, in words.
        reason: Why it was not tested.
    """

    name: str
    status: Literal["explains", "does_not_explain", "not_tested"]
    pvalue: float | None = None
    estimate: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Granted:
    """Observations an explanation treats as lost."""

    name: str
    affected: Callable[[Observation], bool]
    none_found: str


_LOSSES = (
    _Granted(
        name="filter or refusal",
        affected=lambda o: not o.missing and o.outcome not in TEXT_OUTCOMES,
        none_found="every answer is a text: nothing was held back or refused",
    ),
    _Granted(
        name="length cap",
        affected=lambda o: o.outcome is Outcome.TRUNCATED,
        none_found="no answer was cut off",
    ),
)


def explanations(
    a: Sample, b: Sample, forms: Mapping[str, str], design: Design, *, alpha: float
) -> tuple[Explanation, ...]:
    """Return what each benign explanation leaves of the difference.

    Args:
        a: One side.
        b: The other.
        forms: Form of each probe.
        design: Signals, seed and B.
        alpha: Level the difference was found at.
    """
    return (*_sampling(a, b, forms, design), *(_loss(a, b, forms, design, g, alpha) for g in _LOSSES))


def formatting(test: PairTest, *, alpha: float) -> Explanation:
    """Return whether the two differ in raw form only: white space and Unicode form, not content (METHODS §1.11)."""
    found = {s.signal: s.pvalue for s in test.signals if s.status == "computed" and s.pvalue is not None}
    if not {"exact_mmd", "exact_mmd_raw"} <= found.keys():
        reason = "tested on closed probes of small comparisons only"
        return Explanation(name=FORMATTING, status="not_tested", reason=reason)
    only_raw = found["exact_mmd_raw"] <= alpha < found["exact_mmd"]
    status: Literal["explains", "does_not_explain"] = "explains" if only_raw else "does_not_explain"
    return Explanation(name=FORMATTING, status=status, pvalue=found["exact_mmd"])


def _sampling(a: Sample, b: Sample, forms: Mapping[str, str], design: Design) -> tuple[Explanation, ...]:
    closed = [p for p, form in forms.items() if form == "closed"]
    x, y = (a, b) if a.digest <= b.digest else (b, a)
    names = ("sampling temperature", "top_p", "top_k")
    of_x, of_y = x.features.get("answer"), y.features.get("answer")
    probes = pool(of_x, of_y, closed) if of_x is not None and of_y is not None else ()
    if not probes:
        reason = "tested on closed probes only, and none could be compared"
        return tuple(Explanation(name=name, status="not_tested", reason=reason) for name in names)
    width = max(int(p.values.max()) + 1 for p in probes)
    table = np.array(
        [[np.bincount(s, minlength=width) for s in (p.values[: p.n_x], p.values[p.n_x :])] for p in probes]
    )
    counts = {x.run.id: table[:, 0].astype(float), y.run.id: table[:, 1].astype(float)}
    rng = generator("explanations", design.seed, [x.digest, y.digest])
    both = ((a, b), (b, a))
    return (
        _best(
            names[0],
            [(_named(s), residual_fit(counts[r.run.id], counts[s.run.id], power_family(), rng)) for r, s in both],
        ),
        _best(
            names[1],
            [(_named(s), residual_fit(counts[r.run.id], counts[s.run.id], top_p_family(), rng)) for r, s in both],
        ),
        _best(
            names[2],
            [(_named(s), residual_fit(counts[r.run.id], counts[s.run.id], top_k_family(), rng)) for r, s in both],
        ),
    )


def _named(sample: Sample) -> str:
    return sample.run.manifest.endpoint_name


def _best(name: str, fits: list[tuple[str, Fit]]) -> Explanation:
    """Return the better of the two directions: either side may be the one with changed settings."""
    suspect, fit = max(fits, key=lambda row: (row[1].improves, row[1].pvalue))
    explains = fit.improves and fit.pvalue > RESIDUAL_LEVEL
    return Explanation(
        name=name,
        status="explains" if explains else "does_not_explain",
        pvalue=fit.pvalue,
        estimate=f"{suspect}: {fit.setting}",
    )


def _loss(
    a: Sample, b: Sample, forms: Mapping[str, str], design: Design, granted: _Granted, alpha: float
) -> Explanation:
    if not any(granted.affected(o) for side in (a, b) for o in side.run.observations if o.probe_id in forms):
        return Explanation(name=granted.name, status="not_tested", reason=granted.none_found)
    design = replace(design, signals={n: s for n, s in design.signals.items() if s.info.omnibus})
    test = compare_pair(_as_lost(a, granted), _as_lost(b, granted), forms, design)
    remaining = test.pvalue_imputed if test.pvalue_imputed is not None else test.pvalue
    if remaining is None:
        reason = "too few other answers are left to test"
        return Explanation(name=granted.name, status="not_tested", reason=reason)
    explains = remaining > max(alpha, RESIDUAL_LEVEL)
    return Explanation(name=granted.name, status="explains" if explains else "does_not_explain", pvalue=remaining)


def _as_lost(sample: Sample, granted: _Granted) -> Sample:
    """Return the sample with the affected answers counted as lost."""
    gone = {o.key for o in sample.run.observations if granted.affected(o)}
    observations = tuple(
        replace(o, outcome=Outcome.ERROR, text=None) if o.key in gone else o for o in sample.run.observations
    )
    features = {
        name: rows_at(matrix, {key for key in matrix.keys if key not in gone})
        for name, matrix in sample.features.items()
        if matrix.offsets is None
    }
    return replace(sample, run=replace(sample.run, observations=observations), features=features)
