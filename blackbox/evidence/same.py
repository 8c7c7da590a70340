"""Same: do two runs answer from one distribution? Tests, effect and loss of one pair, before adjustment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from blackbox.core import Effect, TwoSampleResult
from blackbox.evidence.engine import Drawn, Omnibus, Part, draw, omnibus
from blackbox.evidence.loss import Loss, compare_loss, imputed
from blackbox.evidence.samples import MAX_ROWS, Sample, pool, pool_single
from blackbox.stats.bootstrap import studentised_interval
from blackbox.stats.randomness import generator

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from blackbox.core import PooledProbe, TwoSampleSignal
    from blackbox.evidence.engine import OnProbe

INTERVAL_LEVEL = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """What all pairs of one suite share.

    Args:
        signals: Two-sample signals by registered name.
        seed: The plan's seed.
        n_permutations: B.
        on_probe: Told how far a test is; changes no number.
    """

    signals: Mapping[str, TwoSampleSignal]
    seed: int
    n_permutations: int
    on_probe: OnProbe | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PairTest:
    """The two-sample test of one pair of samples, not adjusted over pairs.

    Args:
        pvalue: Omnibus p, or None where no probe has two usable answers a side.
        pvalue_imputed: Omnibus p after least favourable imputation, where loss is unequal.
        effect: Mean MMD² over probes of the primary signal, with its interval.
        signals: One result a signal.
        loss: Missing answers.
        n_permutations: B.
        primary: Name of the signal the effect is read from.
    """

    pvalue: float | None
    pvalue_imputed: float | None
    effect: Effect
    signals: tuple[TwoSampleResult, ...]
    loss: Loss
    n_permutations: int
    primary: str | None


def compare_pair(
    a: Sample, b: Sample, forms: Mapping[str, str], design: Design, before: Sequence[Drawn] = ()
) -> PairTest:
    """Return the within-probe permutation test of two samples.

    Null hypothesis: at each probe both sides answer from one distribution. Swapping a and b changes no
    number, because the sides are ordered by digest first.

    Args:
        a: One side.
        b: The other.
        forms: Form (closed or open) of each probe to compare.
        design: Signals, seed and B.
        before: Draws of signals that were made with those of other pairs, at this B.
    """
    x, y = (a, b) if a.digest <= b.digest else (b, a)
    loss = compare_loss(a, b, forms)
    parts = _parts(x, y, forms, design)
    known = {d.name: d for d in before}
    left = [part for part in parts if part.name not in known]
    made = {d.name: d for d in _drawn(left, design)}
    drawn = tuple(d for part in parts if (d := (known | made).get(part.name)) is not None)
    tested = omnibus(drawn)
    usable = any(d.info.omnibus for d in drawn)
    primary = next((d for d in drawn if d.name == _primary(drawn)), None)
    return PairTest(
        pvalue=tested.pvalue if usable else None,
        pvalue_imputed=_imputed_pvalue(parts, (x, y), design) if usable and loss.unequal else None,
        effect=_effect(primary, (x, y), design),
        signals=tuple(_result(part, drawn, tested) for part in parts),
        loss=loss,
        n_permutations=tested.n_permutations,
        primary=primary.name if primary else None,
    )


def _parts(x: Sample, y: Sample, forms: Mapping[str, str], design: Design) -> list[Part]:
    """Return the signals' parts; signals of one feature and form share the pooled probes."""
    pools: dict[tuple[str, tuple[str, ...], bool], tuple[PooledProbe, ...]] = {}
    parts = []
    for name, signal in sorted(design.signals.items()):
        use = (signal.info.feature, signal.info.forms, signal.info.single)
        if use not in pools:
            of_x, of_y = x.features.get(use[0]), y.features.get(use[0])
            probes = [p for p, form in forms.items() if form in use[1]]
            pooling = pool_single if signal.info.single else pool
            pools[use] = pooling(of_x, of_y, probes) if of_x is not None and of_y is not None else ()
        parts.append(Part(name=name, signal=signal, probes=pools[use]))
    return parts


def _primary(drawn: Collection[Drawn]) -> str | None:
    """The effect is read from exact-match MMD² where closed probes exist, else from embeddings."""
    names = {d.name for d in drawn}
    return next((name for name in ("exact_mmd", "embedding_mmd") if name in names), None)


def _imputed_pvalue(parts: list[Part], sides: tuple[Sample, Sample], design: Design) -> float:
    lost_x, lost_y = (side.n_missing() for side in sides)
    combined = [part for part in parts if part.signal.info.omnibus]
    filled = {id(p): imputed(p, lost_x[p.probe_id], lost_y[p.probe_id]) for part in combined for p in part.probes}
    imputed_parts = [replace(part, probes=tuple(filled[id(p)] for p in part.probes)) for part in combined]
    return omnibus(_drawn(imputed_parts, design)).pvalue


def _drawn(parts: list[Part], design: Design) -> tuple[Drawn, ...]:
    return draw(parts, seed=design.seed, n_permutations=design.n_permutations, on_probe=design.on_probe)


def _effect(primary: Drawn | None, sides: tuple[Sample, Sample], design: Design) -> Effect:
    if primary is None:
        return Effect(value=None, ci_low=None, ci_high=None, unit="mmd2")
    values = np.array(list(primary.per_probe.values()))
    rng = generator("effect", design.seed, [side.digest for side in sides], primary.name)
    interval = studentised_interval(values, level=INTERVAL_LEVEL, rng=rng)
    return Effect(
        value=float(values.mean()),
        ci_low=interval.low if interval else None,
        ci_high=interval.high if interval else None,
        unit="mmd2",
    )


def _result(part: Part, drawn: Collection[Drawn], tested: Omnibus) -> TwoSampleResult:
    own = next((d for d in drawn if d.name == part.name), None)
    reason = _left_out(part) if own else _not_applicable(part)
    return TwoSampleResult(
        signal=part.name,
        version=part.signal.info.version,
        status="computed" if own else "not_applicable",
        reason=reason,
        statistic=float(own.mean[0]) if own else None,
        effect=None,
        pvalue=tested.signal_pvalues.get(part.name) if own else None,
        pvalue_adjusted=tested.signal_adjusted.get(part.name) if own else None,
        n_permutations=tested.n_permutations if own else None,
        n_x=sum(p.n_x for p in part.probes),
        n_y=sum(p.n_y for p in part.probes),
        per_probe=dict(own.per_probe) if own else {},
    )


def _left_out(part: Part) -> str | None:
    """Return which answers were not read, and why; None where all were."""
    many = [p for p in part.probes if p.n_left_out]
    if not many:
        return None
    return (
        f"it compares each two answers: at {len(many)} of {len(part.probes)} probes {MAX_ROWS} a side were drawn, "
        f"{sum(p.n_left_out for p in many)} left out"
    )


def _not_applicable(part: Part) -> str:
    info = part.signal.info
    if part.probes or info.needs:
        return f"it needs {info.needs}"
    return "no probe of its form has two usable answers a side"
