"""Power of a planned suite for named effects, before anyone pays: from an earlier run, else from stated base laws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from blackbox.evidence.conclusive import LOSS, REPEATS, WANTED, Conclusive, Laws, conclusive
from blackbox.evidence.equivalence import MIN_PROBES
from blackbox.evidence.power import HOTTER, Reference, power, reference, tilted
from blackbox.evidence.samples import MIN_DRAWS
from blackbox.stats.randomness import generator

if TYPE_CHECKING:
    from blackbox.core import FloatArray, Suite
    from blackbox.evidence.samples import Sample

N_OPTIONS, LOGIT_SD = 12, 2.0
"""Base laws of a suite nobody has answered yet: softmax of normal logits."""
MIXTURES = (0.1, 0.2, 0.3, 1.0)
BASE_LAWS = f"stated base laws: {N_OPTIONS} answers a probe, shares the softmax of normal logits with sd {LOGIT_SD:g}"

_OPEN = "it has no closed probe; open answers can't be simulated before there are any"
_ONCE = "its closed probes are asked once each, and one answer says nothing of how often answers repeat"
_REPEATS = (
    "its answers are repeats at temperature 0 or with a seed, not draws: no permutation test applies, and a difference "
    "is judged only against honest hosts of one model (compare --benign RUN…)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedPower:
    """What a suite asked as planned would find.

    Args:
        basis: What the answer shares are taken from.
        alpha: Level of one pair.
        n_probes: Closed probes with at least two draws.
        n_calls: Calls a side at these.
        effects: Power for each named effect.
        reason: Why there is none.
        same: How often a pair that is the same would come out equivalent; None where equivalence can't be judged.
    """

    basis: str | None
    alpha: float
    n_probes: int
    n_calls: int
    effects: tuple[tuple[str, float], ...]
    reason: str | None = None
    same: Conclusive | None = None


def planned_power(suite: Suite, earlier: Sample | None, other: Sample | None) -> PlannedPower:
    """Return the power of a suite's planned repeats for a hotter and a colder suspect and for mixtures.

    Args:
        suite: The suite as planned.
        earlier: An earlier run of it, whose answers are the reference; None: base laws.
        other: A run of another endpoint, as what is mixed in; None: a stranger with the same shares on other answers.
    """
    decision = suite.decision
    draws = [p for p in suite.probes if not suite.sent_decoding(p).deterministic]
    planned = {p.id: p.repeats for p in draws if p.form == "closed" and p.repeats >= MIN_DRAWS}
    if not planned:
        reason = _REPEATS if not draws else _ONCE if any(p.form == "closed" for p in draws) else _OPEN
        return PlannedPower(basis=None, alpha=decision.alpha, n_probes=0, n_calls=0, effects=(), reason=reason)
    found = reference([earlier], other, sorted(planned), planned) if earlier is not None else None
    name = _named(earlier, other) if found is not None else BASE_LAWS
    found = found or _base(suite, planned)
    mixed_in = found.other or _strangers(found, decision.seed)
    return PlannedPower(
        basis=name,
        alpha=decision.alpha,
        n_probes=len(found.shares),
        n_calls=sum(found.n_x),
        effects=_effects(found, mixed_in, alpha=decision.alpha, seed=decision.seed),
        same=conclusive(
            Laws(
                own=found.shares,
                control=mixed_in,
                alpha=decision.alpha,
                margin=decision.margin,
                seed=decision.seed,
            ),
            found.n_x,
        ),
    )


def _effects(
    found: Reference, other: tuple[FloatArray, ...], *, alpha: float, seed: int
) -> tuple[tuple[str, float], ...]:
    sampled = [
        (f"{word} suspect (temperature {t:.2g})", tuple(tilted(p, 1 / t) for p in found.shares))
        for word, t in (("hotter", HOTTER), ("colder", 1 / HOTTER))
    ]
    tilts = [(name, power(found, laws, [1.0], alpha=alpha, seed=seed)[0]) for name, laws in sampled]
    mixtures = power(found, other, MIXTURES, alpha=alpha, seed=seed)
    names = [f"{share:.0%} of calls answered by another model" for share in MIXTURES]
    return (*tilts, *zip(names, mixtures, strict=True))


def _named(earlier: Sample | None, other: Sample | None) -> str:
    assert earlier is not None
    mixed = "the same shares on other answers mixed in"
    if other is not None:
        mixed = f"answers of run {other.run.id} mixed in"
    return f"answers of run {earlier.run.id}, with {mixed}"


def _base(suite: Suite, planned: dict[str, int]) -> Reference:
    rng = generator("base laws", suite.digest)
    logits = rng.normal(0, LOGIT_SD, (len(planned), N_OPTIONS))
    shares = np.exp(logits - logits.max(1, keepdims=True))
    sizes = tuple(planned[p] for p in sorted(planned))
    return Reference(shares=tuple(shares / shares.sum(1, keepdims=True)), other=None, n_x=sizes, n_y=sizes)


def _strangers(found: Reference, seed: int) -> tuple[FloatArray, ...]:
    rng = generator("strangers", seed, len(found.shares))
    return tuple(rng.permutation(p) for p in found.shares)


def power_line(found: PlannedPower, suite: str) -> str:
    """Return what a person is told."""
    if found.reason is not None:
        return f"power of {suite}: not stated, because {found.reason}"
    effects = "; ".join(f"{name} {value:.0%}" for name, value in found.effects)
    said = f"power of {suite} at α = {found.alpha:g} with {found.n_calls} calls a side: {effects} (from {found.basis})"
    return f"{said}; {_same_line(found.same)}"


def _same_line(same: Conclusive | None) -> str:
    if same is None:
        return f"equivalence can't be judged: it needs {MIN_PROBES} such probes"
    wanted = f"{same.repeats} calls a probe would do" if same.repeats else f"{REPEATS[-1]} calls a probe would not do"
    return (
        f"a pair that is the same comes out equivalent (margin {same.margin:.0%}, {LOSS:.0%} of answers missing) in "
        f"{same.share:.0%}; for {WANTED:.0%} {wanted}"
    )
