"""The verdict of the question *same*, by the table of METHODS §2."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.evidence.benign import BenignBand, Disagreement
    from blackbox.evidence.blocks import Blocks, Homogeneity
    from blackbox.evidence.control import Control
    from blackbox.evidence.equivalence import Equivalence
    from blackbox.evidence.explanations import Explanation
    from blackbox.evidence.independence import Independence
    from blackbox.evidence.positive import PositiveControl
    from blackbox.evidence.same import PairTest

Verdict = Literal["different", "equivalent", "inconclusive", "not_applicable"]
BandName = Literal["repeat", "benign", "unrelated", "unknown"]

NO_CONTROL = "no difference was detected, and equivalence is not claimed: no positive control was named (--control RUN)"
SMALLER = "difference detected, smaller than the margin"
EQUIVALENT = "a difference as large as the margin is excluded, and would have been seen"
DIFFERENT = "the difference is larger than chance allows"
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
        equivalence: Whether a difference as large as the margin is excluded; None without a control run.
        positive: Whether the margin would have been seen; None without a control run.
        benign: The same-weights band, where one was named.
        disagreement: Of repeats that are not draws, against the same-weights band.
        blocks: What the blocks of both runs say; None where it was not asked.
    """

    independence_a: Independence
    independence_b: Independence
    n_shared_replies: int
    control_a: Control | None
    control_b: Control | None
    failed: frozenset[Literal["a", "b"]]
    equivalence: Equivalence | None = None
    positive: PositiveControl | None = None
    benign: BenignBand | None = None
    disagreement: Disagreement | None = None
    blocks: Blocks | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A verdict with its reason, the band the effect lies in, and the harmless explanation that suffices, if any."""

    verdict: Verdict
    reason: str
    band: BandName
    explanation: str | None = None


def judge(test: PairTest | None, *, pvalue_adjusted: float | None, alpha: float, around: Circumstances) -> Judged:
    """Return the verdict of one pair, by the table of METHODS §2.

    'Different' needs p ≤ α after adjustment, independent draws, passed repeat controls, and, where loss is
    unequal, p ≤ α after least favourable imputation. 'Equivalent' needs U below the margin, a passed positive
    control at the margin and passed repeat controls, whatever p is.

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
    detected = pvalue_adjusted <= alpha
    if _within_margin(around):
        return Judged(verdict="equivalent", reason=SMALLER if detected else EQUIVALENT, band=band)
    if not detected:
        return Judged(verdict="inconclusive", reason=_undecided(around), band=band)
    hindrance = _hindrance(test, pvalue_adjusted, alpha, around)
    if hindrance is not None:
        return Judged(verdict="inconclusive", reason=hindrance, band=band)
    return Judged(verdict="different", reason=DIFFERENT, band=band)


def _within_margin(around: Circumstances) -> bool:
    shown = around.equivalence is not None and around.equivalence.status == "shown"
    throughout = around.blocks is None or not around.blocks.split
    return shown and around.positive is not None and around.positive.passed and not around.failed and throughout


def _undecided(around: Circumstances) -> str:
    """Return why a pair in which no difference was detected is not called equivalent."""
    if around.blocks is not None and around.blocks.split:
        return f"no difference was detected, and equivalence is not claimed: {_changed(around.blocks)}"
    if around.failed:
        return _failed(around)
    if around.equivalence is None or around.positive is None:
        return NO_CONTROL
    reason = around.equivalence.reason or around.positive.reason
    return f"no difference was detected, and equivalence is not shown: {reason}"


SAMPLING = frozenset({"sampling temperature", "top_p", "top_k"})


def explained(judged: Judged, found: Sequence[Explanation]) -> Judged:
    """Return the verdict with the first harmless explanation that leaves no more than chance in its reason.

    One that can't be told from another model is said to be that: it is no explanation.
    """
    first = next((e for e in found if e.status == "explains"), None)
    if first is not None:
        explanation = f"explained by {_setting(first)}: what remains (p = {first.pvalue:.2g}) is no more than chance"
        return replace(judged, reason=f"{judged.reason}, {explanation}", explanation=explanation)
    doubtful = next((e for e in found if e.status == "cannot_tell"), None)
    if doubtful is None:
        return judged
    doubt = f"which these answers can't tell from another {_setting(doubtful, doubt=True)}"
    return replace(judged, reason=f"{judged.reason}, {doubt}")


def _setting(found: Explanation, *, doubt: bool = False) -> str:
    if doubt:
        return found.name
    what = "sampling settings" if found.name in SAMPLING else found.name
    return f"{what} ({found.estimate})" if found.estimate else what


def effect_band(test: PairTest, around: Circumstances) -> BandName:
    """Return the narrowest band that holds the effect: two sessions of one endpoint, hosts of the same weights."""
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
    benign = around.benign.effect if around.benign is not None else None
    if benign is not None and test.effect.value is not None and test.effect.value <= benign.high:
        return "benign"
    return "unknown"


def _broken(around: Circumstances) -> Judged | None:
    """Return the verdict where draws are not independent: never 'different' (METHODS §1.13)."""
    sides = (("A", around.independence_a), ("B", around.independence_b))
    for side, found in sides:
        if found.state == "over_budget":
            return Judged(verdict="not_applicable", reason=f"{side}: {found.reason}", band="unknown")
    for side, found in sides:
        if found.broken:
            return _repeats(f"{side}: {found.reason}", deterministic=found.state == "deterministic", around=around)
    if around.n_shared_replies:
        n = around.n_shared_replies
        reason = f"{n} replies of one side carry the identifier of a reply of the other: copies, not draws"
        return Judged(verdict="inconclusive", reason=reason, band="unknown")
    return None


def _repeats(reason: str, *, deterministic: bool, around: Circumstances) -> Judged:
    """Return the verdict on repeats: read against hosts of the same weights alone, and never 'different'."""
    found = around.disagreement
    if found is None or found.pvalue is None or found.band is None or found.value is None:
        return Judged(verdict="not_applicable" if deterministic else "inconclusive", reason=reason, band="unknown")
    inside = found.value <= found.band.high
    hosts = f"{found.band.n_pairs} pairs of hosts of the same weights"
    against = (
        f"{reason}. The two differ at {found.value:.0%} of {found.n_probes} probes; {hosts} differ at "
        f"{found.band.low:.0%} to {found.band.high:.0%} (p = {found.pvalue:.2g})"
    )
    return Judged(verdict="inconclusive", reason=against, band="benign" if inside else "unknown")


def _failed(around: Circumstances) -> str:
    sides = " and ".join(sorted(around.failed)).upper()
    return f"repeat control failed: {sides} does not answer like itself, so a difference says nothing about the model"


def _hindrance(test: PairTest, pvalue_adjusted: float, alpha: float, around: Circumstances) -> str | None:
    """Return what keeps a detected difference from being called one; every p is adjusted over pairs as p was."""
    assert test.pvalue is not None
    factor = pvalue_adjusted / test.pvalue
    blocks = around.blocks
    if blocks is not None and blocks.split and _exceeds(blocks.parts_pvalue, factor, alpha):
        return f"{_changed(blocks)}, and not every part of it differs from the other side"
    if around.failed - _excused(around):
        return _failed(around)
    if test.loss.unequal and _exceeds(test.pvalue_imputed, factor, alpha):
        return "unequal loss: the difference may come from the answers that are missing on one side"
    if blocks is not None and blocks.pvalue is not None and blocks.pvalue * factor > alpha:
        return (
            f"answers of one pass hang together: with whole passes dealt to the sides the difference is within chance "
            f"(p = {blocks.pvalue:.2g})"
        )
    return None


def _exceeds(pvalue: float | None, factor: float, alpha: float) -> bool:
    return pvalue is None or pvalue * factor > alpha


def _excused(around: Circumstances) -> frozenset[str]:
    """Return sides whose failed control only says again that they changed during the run: early against late halves."""
    split = around.blocks.split if around.blocks is not None else frozenset()
    controls = {"a": around.control_a, "b": around.control_b}
    return frozenset(s for s in split if (c := controls[s]) is not None and c.kind == "halves")


def _changed(blocks: Blocks) -> str:
    """Return which side changed while it was collected, and where."""
    sides: dict[str, Homogeneity] = {"a": blocks.a, "b": blocks.b}
    return " and ".join(
        f"{side.upper()} did not answer alike throughout (from pass {sides[side].split} of {sides[side].n_blocks} on "
        f"it differs from before, p = {sides[side].pvalue:.2g})"
        for side in sorted(blocks.split)
    )
