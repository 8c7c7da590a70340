"""The verdict of the question *same*, by the table of METHODS §2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from blackbox.evidence.control import Control
    from blackbox.evidence.independence import Independence
    from blackbox.evidence.same import PairTest

Verdict = Literal["different", "equivalent", "inconclusive", "not_applicable"]
BandName = Literal["repeat", "benign", "unrelated", "unknown"]

NO_EQUIVALENCE = (
    "no difference was detected, and equivalence can't be concluded: that needs a positive control at the margin, "
    "which this version does not evaluate"
)
TOO_FEW = "fewer than two usable answers a side at every probe: nothing varies within a probe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What can keep a small p from meaning 'different'.

    Args:
        independence_a: Whether replies of side a are draws.
        independence_b: Whether replies of side b are draws.
        n_shared_replies: Replies of one side that carry the identifier of a reply of the other.
        control_a: Repeat control of side a.
        control_b: Repeat control of side b.
        failed: Which sides' repeat controls fail, corrected over all controls.
    """

    independence_a: Independence
    independence_b: Independence
    n_shared_replies: int
    control_a: Control | None
    control_b: Control | None
    failed: frozenset[Literal["a", "b"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A verdict with its reason, and the band the effect lies in."""

    verdict: Verdict
    reason: str
    band: BandName


def judge(test: PairTest | None, *, pvalue_adjusted: float | None, alpha: float, around: Circumstances) -> Judged:
    """Return the verdict of one pair.

    'Different' needs p ≤ α after adjustment, independent draws, passed repeat controls, and, where loss is
    unequal, p ≤ α after least favourable imputation. Equivalence is not reachable in this version.

    Args:
        test: The pair's test; None where draws are not independent and none was made.
        pvalue_adjusted: Its p adjusted over pairs.
        alpha: Level fixed in the plan.
        around: What else is known.
    """
    broken = _broken(around)
    if broken is not None:
        return broken
    if test is None or test.pvalue is None or pvalue_adjusted is None:
        return Judged(verdict="not_applicable", reason=TOO_FEW, band="unknown")
    band = effect_band(test, around)
    if pvalue_adjusted > alpha:
        return Judged(verdict="inconclusive", reason=NO_EQUIVALENCE, band=band)
    hindrance = _hindrance(test, pvalue_adjusted, alpha, around)
    if hindrance is not None:
        return Judged(verdict="inconclusive", reason=hindrance, band=band)
    return Judged(verdict="different", reason="the difference is larger than chance allows", band=band)


def effect_band(test: PairTest, around: Circumstances) -> BandName:
    """Return the band the effect lies in: repeat when a second session differs from the first as much."""
    sessions = [
        t.effect
        for control in (around.control_a, around.control_b)
        if control is not None and control.kind == "second_session"
        for t in control.tests
    ]
    highs = [e.ci_high if e.ci_high is not None else e.value for e in sessions]
    known = [high for high in highs if high is not None]
    if known and test.effect.value is not None and test.effect.value <= max(known):
        return "repeat"
    return "unknown"


def _broken(around: Circumstances) -> Judged | None:
    """Return the verdict where draws are not independent: never 'different' (METHODS §1.13)."""
    for side, found in (("A", around.independence_a), ("B", around.independence_b)):
        if found.broken:
            verdict: Verdict = "not_applicable" if found.state == "deterministic" else "inconclusive"
            return Judged(verdict=verdict, reason=f"{side}: {found.reason}", band="unknown")
    if around.n_shared_replies:
        n = around.n_shared_replies
        reason = f"{n} replies of one side carry the identifier of a reply of the other: copies, not draws"
        return Judged(verdict="inconclusive", reason=reason, band="unknown")
    return None


def _hindrance(test: PairTest, pvalue_adjusted: float, alpha: float, around: Circumstances) -> str | None:
    if around.failed:
        sides = " and ".join(sorted(around.failed)).upper()
        return (
            f"repeat control failed: {sides} does not answer like itself, so a difference says nothing about the model"
        )
    assert test.pvalue is not None
    if test.loss.unequal:
        factor = pvalue_adjusted / test.pvalue
        if test.pvalue_imputed is None or test.pvalue_imputed * factor > alpha:
            return "unequal loss: the difference may come from the answers that are missing on one side"
    return None
