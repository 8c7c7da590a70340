"""Benign explanations of a difference: sampling settings, a filter, a length cap (METHODS §2).

Each asks what remains of the difference once the explanation is granted. Nothing remaining is not proof of it:
another model can look like this one sampled hotter. So a sampling setting is called an explanation only where another
model's share, as far from the reference, would have left something to see, and where a named alternative fits worse;
else the two can't be told apart, and that is what is said.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from blackbox.core import TEXT_OUTCOMES, Outcome
from blackbox.evidence.distances import codes_by_probe
from blackbox.evidence.same import Design, PairTest, compare_pair
from blackbox.evidence.samples import MIN_DRAWS, Sample, rows_at
from blackbox.stats.randomness import generator
from blackbox.stats.sampling import Fit, power_family, residual_fit, top_k_family, top_p_family

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from blackbox.core import AnyArray, FloatArray, Observation

FORMATTING = "formatting"
RESIDUAL_LEVEL = 0.05
"""What remains is called no larger than chance above this p."""
NEEDED_POWER = 0.95
"""Chance with which another model's share must have left a misfit, before none counts as an explanation."""
CLEARLY = 3.0
"""Log-likelihood by which one of two explanations fits clearly better."""
MOST_LOST = 0.5
"""Share of a side's answers that may be granted as lost before too few are left to say that nothing remains."""

Status = Literal["explains", "cannot_tell", "does_not_explain", "not_tested"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One harmless reason why two runs may differ, and what it leaves over.

    Args:
        name: What was granted.
        status: Whether what remains is no larger than chance, and would have been seen if it were another model's;
            that the two can't be told apart; or that it was not tested.
        pvalue: Of what remains.
        estimate: The setting that fits best, in words.
        reason: Why it was not tested, or why the two can't be told apart.
        power: How often another model's share, as far away, would have left more than chance.
    """

    name: str
    status: Status
    pvalue: float | None = None
    estimate: str | None = None
    reason: str | None = None
    power: float | None = None


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
    a: Sample, b: Sample, forms: Mapping[str, str], design: Design, *, alpha: float, rival: Sample | None = None
) -> tuple[Explanation, ...]:
    """Return what each benign explanation leaves of the difference.

    Args:
        a: One side.
        b: The other.
        forms: Form of each probe.
        design: Signals, seed and B.
        alpha: Level the difference was found at.
        rival: Answers of what else may be served, where that is known.
    """
    return (*_sampling(a, b, forms, design, rival), *(_loss(a, b, forms, design, g, alpha) for g in _LOSSES))


def formatting(test: PairTest, *, alpha: float) -> Explanation:
    """Return whether the two differ in raw form only: white space and Unicode form, not content (METHODS §1.11)."""
    found = {s.signal: s.pvalue for s in test.signals if s.status == "computed" and s.pvalue is not None}
    if not {"exact_mmd", "exact_mmd_raw"} <= found.keys():
        reason = "tested on closed probes of small comparisons only"
        return Explanation(name=FORMATTING, status="not_tested", reason=reason)
    only_raw = found["exact_mmd_raw"] <= alpha < found["exact_mmd"]
    status: Status = "explains" if only_raw else "does_not_explain"
    return Explanation(name=FORMATTING, status=status, pvalue=found["exact_mmd"])


def _sampling(
    a: Sample, b: Sample, forms: Mapping[str, str], design: Design, rival: Sample | None
) -> tuple[Explanation, ...]:
    names = ("sampling temperature", "top_p", "top_k")
    x, y = (a, b) if a.digest <= b.digest else (b, a)
    tables = _tables((x, y), rival, [p for p, form in forms.items() if form == "closed"])
    if tables is None:
        reason = "tested on closed probes only, and none could be compared"
        return tuple(Explanation(name=name, status="not_tested", reason=reason) for name in names)
    rng = generator("explanations", design.seed, [x.digest, y.digest])
    of = {x.run.id: tables[0], y.run.id: tables[1]}
    rivals = tables[2] if len(tables) > len(of) else None
    families = (power_family(), top_p_family(), top_k_family())
    return tuple(
        _best(
            name,
            [
                (_named(s), residual_fit(of[r.run.id], of[s.run.id], family, rng, rivals if r is a else None))
                for r, s in ((x, y), (y, x))
            ],
        )
        for name, family in zip(names, families, strict=True)
    )


def _tables(sides: tuple[Sample, Sample], rival: Sample | None, closed: Sequence[str]) -> list[FloatArray] | None:
    """Return `(P, K)` counts of both sides, and of the rival if it answered every probe; None without a probe."""
    codes = [codes_by_probe(side) for side in sides]
    probes = [p for p in sorted(closed) if all(len(side.get(p, ())) >= MIN_DRAWS for side in codes)]
    if not probes:
        return None
    if rival is not None and all(len(codes_by_probe(rival).get(p, ())) >= MIN_DRAWS for p in probes):
        codes.append(codes_by_probe(rival))
    rows = [_counted([side[p] for side in codes]) for p in probes]
    width = max(row.shape[1] for row in rows)
    table = np.stack([np.pad(row, ((0, 0), (0, width - row.shape[1]))) for row in rows], axis=1)
    return list(table)


def _counted(codes: Sequence[AnyArray]) -> FloatArray:
    """Return `(S, K)` counts of each distinct answer, one side a row."""
    answers = np.unique(np.concatenate(codes))
    return np.array([np.bincount(np.searchsorted(answers, c), minlength=len(answers)) for c in codes], dtype=float)


def _named(sample: Sample) -> str:
    return sample.run.manifest.endpoint_name


def _best(name: str, fits: list[tuple[str, Fit]]) -> Explanation:
    """Return the better of the two directions: either side may be the one with changed settings.

    A rival speaks of the second side only: as the reference has none of its answers, it must fit worse there.
    """
    suspect, fit = max(fits, key=lambda row: (row[1].improves, row[1].pvalue))
    advantages = [f.advantage for _, f in fits if f.advantage is not None]
    status, reason = weighed(fit, min(advantages, default=None))
    return Explanation(
        name=name,
        status=status,
        pvalue=fit.pvalue,
        estimate=f"{suspect}: {fit.setting}",
        reason=reason,
        power=fit.power,
    )


def weighed(fit: Fit, advantage: float | None) -> tuple[Status, str | None]:
    """Return whether a fitted setting is an explanation, and why not.

    Args:
        fit: The setting's fit.
        advantage: Log-likelihood by which it fits better than a mixture with a named other model; None without one.
    """
    if not fit.improves or fit.pvalue <= RESIDUAL_LEVEL:
        return "does_not_explain", None
    if advantage is not None and advantage <= -CLEARLY:
        return "does_not_explain", "a share of the named other model fits clearly better"
    if advantage is not None and advantage < CLEARLY:
        return "cannot_tell", "a share of the named other model fits about as well"
    if fit.at_edge:
        return "cannot_tell", "the setting that fits best is the last one tried, where another model would end as well"
    if fit.power is None or fit.power < NEEDED_POWER:
        seen = f" in {fit.power:.0%} of cases only" if fit.power is not None else ""
        return "cannot_tell", f"another model's share, as far away, would have left more than chance{seen}"
    return "explains", None


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
    if remaining <= max(alpha, RESIDUAL_LEVEL):
        return Explanation(name=granted.name, status="does_not_explain", pvalue=remaining)
    if max(_share_affected(side, forms, granted) for side in (a, b)) > MOST_LOST:
        reason = f"more than {MOST_LOST:.0%} of a side's answers are of this kind: too few are left to see a difference"
        return Explanation(name=granted.name, status="cannot_tell", pvalue=remaining, reason=reason)
    return Explanation(name=granted.name, status="explains", pvalue=remaining)


def _share_affected(sample: Sample, forms: Mapping[str, str], granted: _Granted) -> float:
    given = [o for o in sample.run.observations if o.probe_id in forms and not o.missing]
    return sum(granted.affected(o) for o in given) / max(1, len(given))


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
