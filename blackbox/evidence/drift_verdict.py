"""The verdict of *changed*, from a history as read: no change seen, changed, unstable or inconclusive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from scipy.stats import binom

from blackbox.evidence.drift import DISPERSED, MIN_REFERENCE, MIN_RUNS, SUSPECTED, can_alarm
from blackbox.evidence.drift_power import LARGE, POWER, Detectable, detectable
from blackbox.stats.exact_match import common_shift

if TYPE_CHECKING:
    from blackbox.evidence.drift import Reading, Rules
    from blackbox.evidence.drift_counts import AnswerCounts

Verdict = Literal["changed", "no change seen", "unstable", "inconclusive"]

STAYED = 0.6
"""Part of the shift that the runs from the onset must share to be one change rather than a coming and going."""
RESTLESS = 0.001
"""Level at which more runs were suspicious than chance would have it."""
SERVING_OR_MODEL = "different serving or a different model: these data can't say which"


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftVerdict:
    """The answer with its reason; `onset` and `detected` are places, None unless changed.

    `detectable` is what would have been seen, where nothing was.
    """

    verdict: Verdict
    reason: str
    onset: int | None = None
    detected: int | None = None
    detectable: Detectable | None = None


def judge(
    history: AnswerCounts, reading: Reading, rules: Rules, *, names: tuple[str, ...], confirming: int = 1
) -> DriftVerdict:
    """Return the verdict of a history.

    Args:
        history: All runs with usable answers.
        reading: The history as read.
        rules: What was fixed beforehand.
        names: What each run is called in reasons.
        confirming: How many times the usual answers a confirmation run would have.
    """
    if reading.detected is not None:
        return _after_alarm(history, reading, rules, names)
    unable = _unable(history, reading, rules)
    if unable:
        return DriftVerdict(verdict="inconclusive", reason=unable)
    restless = _restless(reading, rules)
    if restless:
        return DriftVerdict(verdict="unstable", reason=restless)
    if reading.points[-1].suspected:
        return DriftVerdict(verdict="inconclusive", reason=_open_suspicion(reading, names))
    if reading.blocked_by_loss:
        reason = (
            f"{names[reading.blocked_by_loss[-1]]} differs, but unequal loss could explain it: the difference does not "
            "survive filling in lost answers"
        )
        return DriftVerdict(verdict="inconclusive", reason=reason)
    return _calm(reading, detectable(history, reading, rules, confirming=confirming))


def _calm(reading: Reading, seen: Detectable | None) -> DriftVerdict:
    """Return the verdict of a history without an alarm: nothing was seen, if something would have been."""
    tested = sum(point.pvalue is not None for point in reading.points)
    suspected = sum(point.suspected for point in reading.points)
    aside = f"; {suspected} suspected once and not confirmed by the next run" if suspected else ""
    calm = f"no alarm in {tested} tested runs{aside}"
    if seen is None or seen.share is None or seen.too_little:
        least = (
            "not even another model with no answer in common"
            if seen is None or seen.share is None
            else (f"only a change of {seen.share:.0%} of the answers")
        )
        reason = (
            f"{calm}, but {least} would have been confirmed with a chance of {POWER:.0%}, and swaps of one model by "
            f"another come to about {LARGE:.0%}: too few answers a run; ask more repeats, or declare a shorter horizon"
        )
        return DriftVerdict(verdict="inconclusive", reason=reason, detectable=seen)
    reason = (
        f"{calm}; a change of {seen.share:.0%} of the answers would have been confirmed within two runs with a chance "
        f"of {seen.power:.0%}, smaller ones later or not at all; this is not evidence of sameness"
    )
    return DriftVerdict(verdict="no change seen", reason=reason, detectable=seen)


def _open_suspicion(reading: Reading, names: tuple[str, ...]) -> str:
    """Return what is to be said of a history that ends with a suspected run."""
    n = next((k for k, point in enumerate(reversed(reading.points)) if not point.suspected), len(reading.points))
    if n == 1:
        return (
            f"{names[-1]} is suspected and is the last run: the next run is its confirmation, and it alone can say "
            "whether the endpoint changed"
        )
    return (
        f"the last {n} runs, from {names[-n]}, are suspected, and none differs enough to confirm a change: "
        "a small change, or other circumstances; more runs or more answers a run can tell"
    )


def _after_alarm(history: AnswerCounts, reading: Reading, rules: Rules, names: tuple[str, ...]) -> DriftVerdict:
    assert reading.onset is not None
    assert reading.detected is not None
    onset, detected = reading.onset.run, reading.detected
    since = range(onset, history.n_runs)
    before = range(min(onset, max(rules.baseline, MIN_REFERENCE)))
    common, own = common_shift(history.gram, history.sizes, since, before) if len(since) > 1 else (1.0, 1.0)
    if common < STAYED * own:
        reason = (
            f"an alarm at {names[detected]}, but the runs since {names[onset]} have only {max(0.0, common / own):.0%} "
            "of their shift in common: the endpoint comes and goes between distributions instead of having moved to one"
        )
        return DriftVerdict(verdict="unstable", reason=reason)
    rule = reading.points[detected].rule
    how = (
        f"suspected at {names[detected - 1]}, confirmed at {names[detected]}"
        if rule == 1
        else f"found at {names[detected]} from the ranks of whole runs"
    )
    reason = f"answers are not what they were since {names[onset]}: {how}; {SERVING_OR_MODEL}"
    return DriftVerdict(verdict="changed", reason=reason, onset=onset, detected=detected)


def _unable(history: AnswerCounts, reading: Reading, rules: Rules) -> str | None:
    """Return why nothing can be concluded of this history, if so."""
    if history.n_runs < MIN_RUNS:
        return (
            f"{history.n_runs} of at least {MIN_RUNS} runs with usable answers: {MIN_REFERENCE} to know the endpoint, "
            "one to suspect and one to confirm"
        )
    if not any(point.pvalue is not None for point in reading.points):
        return "no run shares a probe with two usable answers with the first runs"
    if not can_alarm(history, rules):
        return (
            "too few answers a run: even answers never seen before would not be rare enough to confirm a change at "
            f"α/(2H) = {rules.spending:.2g}; ask more probes or repeats"
        )
    return None


def _restless(reading: Reading, rules: Rules) -> str | None:
    """Return why the endpoint is unstable, if so."""
    tested = [point for point in reading.points if point.pvalue is not None]
    own = tested[-1].dispersion
    if own is not None and own <= DISPERSED and rules.basis == "answers":
        return (
            f"its first {tested[-1].reference} runs differ from one another by more than chance (p = {own:.2g}): "
            "answers vary from run to run, so that only a change beyond that could be told"
        )
    if reading.scattered:
        return "its later runs differ from the earlier ones, and from one another as much: no one new distribution"
    small = sum(point.pvalue is not None and point.pvalue <= SUSPECTED for point in tested)
    if rules.basis == "answers" and float(binom.sf(small - 1, len(tested), SUSPECTED)) <= RESTLESS and small > 1:
        return (
            f"{small} of {len(tested)} runs differ from the first ones at p ≤ {SUSPECTED:g}, and no two in a row "
            "to one new distribution: the endpoint comes and goes"
        )
    return None
