"""What a pair's effect amounts to: its unit, the margin, what would have been seen, and the same-weights band."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from blackbox.evidence.benign import (
    BenignBand,
    Disagreement,
    benign_band,
    benign_pairs,
    deterministic_disagreement,
)
from blackbox.evidence.distances import Distances, control_distances, mixture_equivalent_share
from blackbox.evidence.equivalence import Equivalence, Margin, equivalence, missing, unavailable
from blackbox.evidence.positive import PositiveControl, positive_control
from blackbox.evidence.power import Detectable, detectable, reference
from blackbox.evidence.same import Design, compare_pair
from blackbox.workflow._compare_groups import identity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blackbox.core import Effect, Run
    from blackbox.evidence.samples import Sample
    from blackbox.workflow._compare_companions import Companions

SCREEN = 999
CAP = 99_999
FEW_PAIRS = 10
"""Pairs up to which the positive control and the detectable effects are computed whatever the bounds say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Levels of one suite's pairs.

    Args:
        margin: δ, a mixture-equivalent share.
        alpha: α.
        n_pairs: Pairs judged: equivalence and power are at α over their number.
    """

    margin: float
    alpha: float
    n_pairs: int

    @property
    def level(self) -> float:
        """α over the number of pairs."""
        return self.alpha / max(1, self.n_pairs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How large a pair's effect is, in every way that is asked for."""

    share: Effect | None = None
    equivalence: Equivalence | None = None
    positive: PositiveControl | None = None
    detectable: tuple[Detectable, ...] = ()
    benign: BenignBand | None = None
    disagreement: Disagreement | None = None


def extent(
    sides: tuple[Sample, Sample], forms: Mapping[str, str], design: Design, companions: Companions, scale: Scale
) -> Extent:
    """Return the extent of one pair's effect.

    Args:
        sides: Side a, the reference, and side b.
        forms: Form of each probe the two share.
        design: Signals, seed and B.
        companions: Control and same-weights hosts.
        scale: Margin and level.
    """
    a, b = sides
    pairs = benign_pairs(a, b, companions.hosts, _same_host)
    if a.independence.broken or b.independence.broken:
        return Extent(disagreement=deterministic_disagreement(a, b, forms, pairs))
    signals = {name: signal for name, signal in design.signals.items() if signal.info.omnibus}
    observed = replace(design, signals=signals, n_permutations=0)
    band = benign_band(pairs, forms, lambda x, y: compare_pair(x, y, forms, observed).effect)
    found = _beside_control(sides, forms, design, companions.control, scale)
    return replace(found, benign=band, detectable=_detectable(sides, forms, design, companions.control, scale))


def _beside_control(
    sides: tuple[Sample, Sample], forms: Mapping[str, str], design: Design, control: Sample | None, scale: Scale
) -> Extent:
    if control is None:
        return Extent()
    a, b = sides
    margin = Margin(share=scale.margin, level=scale.level, seed=design.seed)
    reason = _unusable(a, b, control)
    if reason is not None:
        return Extent(equivalence=unavailable(reason, margin))
    found = control_distances(a, b, control, forms)
    if not found.probe_ids:
        return Extent(equivalence=unavailable("no probe has two usable answers on every side", margin))
    share = mixture_equivalent_share(found, seed=design.seed, digests=[a.digest, b.digest, control.digest])
    shown = _equivalence(sides, forms, margin, found)
    positive = None
    if shown.status == "shown" or scale.n_pairs <= FEW_PAIRS:
        n = min(CAP, max(SCREEN, math.ceil(2 / scale.level) - 1))
        design = replace(design, n_permutations=n)
        positive = positive_control((a, b, control), forms, design, share=scale.margin, alpha=scale.level)
    return Extent(share=share, equivalence=shown, positive=positive)


def _equivalence(
    sides: tuple[Sample, Sample], forms: Mapping[str, str], margin: Margin, found: Distances
) -> Equivalence:
    a, b = sides
    if any(side.run.manifest.sent_decoding is None for side in sides):
        return unavailable(
            "sampling settings of a side are unknown, an untested condition", margin, n_probes=len(found.probe_ids)
        )
    return equivalence(found, missing(a, b, forms, found), margin, digests=[a.digest, b.digest])


def _unusable(a: Sample, b: Sample, control: Sample) -> str | None:
    """Return why a run can't serve as the control of a pair."""
    if control.run.id in {a.run.id, b.run.id}:
        return "the control is one of the two runs compared"
    if control.independence.broken:
        return f"the control's replies are not independent draws: {control.independence.reason}"
    if control.n_shared_replies(a) or control.n_shared_replies(b):
        return "the control shares replies with a run it is compared with: copies, not draws"
    return None


def _detectable(
    sides: tuple[Sample, Sample], forms: Mapping[str, str], design: Design, control: Sample | None, scale: Scale
) -> tuple[Detectable, ...]:
    """Return the smallest shares these calls would have shown; closed probes only."""
    closed = [p for p, form in forms.items() if form == "closed"]
    usable = control if control is not None and _unusable(*sides, control) is None else None
    found = reference(sides, usable, closed) if closed and scale.n_pairs <= FEW_PAIRS else None
    if found is None:
        return ()
    name = usable.run.manifest.endpoint_name if usable is not None else None
    return detectable(found, alpha=scale.level, other_name=name, seed=design.seed)


def _same_host(x: Run, y: Run) -> bool:
    return identity(x) == identity(y)
