"""Changed: is this endpoint what it was? A history of runs, read so that a whole horizon has few false alarms.

Guarantee: P(any alarm in the declared horizon of H runs) ≤ α, half of it spent by each of two rules (METHODS §5).
Rule 1 takes answers as exchangeable between runs, which a permutation test of the reference runs must not contradict;
rule 2 takes whole runs as exchangeable, so that what differs from day to day anyway is part of its null hypothesis.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy.special import gammaln

from blackbox.evidence.drift_loss import loss_of, pvalue_with_losses
from blackbox.evidence.drift_onset import Onset, estimate_onset
from blackbox.evidence.drift_ranks import Ranks
from blackbox.evidence.drift_reference import Dispersion, dispersion, statistic, test_run, upper_limit
from blackbox.stats.exact_match import common_shift, finite_mean, leave_one_out, over_probes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.core import FloatArray
    from blackbox.evidence.drift_counts import AnswerCounts

SUSPECTED = 0.01
"""Level at which a run is suspected and the next one becomes its confirmation (METHODS §5)."""
DISPERSED = 0.01
"""Level of the reference's own test below which its runs are taken to differ, and rule 1 to rest on whole runs."""
MIN_REFERENCE = 3
"""Runs an endpoint must be known by before another is tested."""
MIN_RUNS = MIN_REFERENCE + 2
"""Runs below which nothing can be concluded: three to know the endpoint, one to suspect, one to confirm."""
ONE_PLACE = 0.5
"""Part of the shift that runs must have in common: scatter has none, a new distribution all of it."""
SCREEN = 2_000
"""Relabellings of a run that can't alarm."""

Basis = Literal["answers", "runs"]
"""What is exchangeable under the null hypothesis: answers within a probe, or only whole runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What was fixed before the history was read.

    Args:
        alpha: P(any alarm in the horizon) at most.
        horizon: H, runs that may be looked at.
        baseline: Runs that form the reference, when there are that many.
        seed: The plan's seed.
        basis: `runs` where answers are repeats or copies rather than draws (METHODS §1.13).
    """

    alpha: float
    horizon: int
    baseline: int
    seed: int
    basis: Basis = "answers"

    @property
    def spending(self) -> float:
        """Level of one confirmation: α/(2H)."""
        return self.alpha / (2 * self.horizon)

    def confirming_level(self, own: Dispersion) -> float:
        """Return the level of the band that a confirmation must lie above: the whole proof where runs vary anyway."""
        return self.spending if self.basis == "runs" or own.pvalue <= DISPERSED else SUSPECTED / 10

    @property
    def most_draws(self) -> int:
        """Relabellings of a confirmation: B + 1 ≥ 20·H/α."""
        return int(np.ceil(20 * self.horizon / self.alpha))

    @property
    def wealth_needed(self) -> float:
        """Wealth at which rule 2 alarms: 2/α."""
        return 2 / self.alpha


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One run of the history.

    Args:
        statistic: Mean over probes of the exact-match MMD² to the reference; of a run of the first reference, to the
            other runs of it. None where no probe can be compared.
        pvalue: Of the run against the reference; None in the first reference.
        pvalue_imputed: With lost answers filled in so that the two look alike, where loss was unequal.
        loss_pvalue: Of equal loss, where the run was suspicious.
        limit: Upper end of the null band of the statistic: a run of this endpoint lies above it once in a hundred.
        score: The statistic in standard deviations of independent answers; itself where only runs are exchangeable.
        reference: How many runs it was tested against.
        dispersion: The reference's own test.
        suspected: Whether the next run is its confirmation.
        alarm: Whether this run confirms a change.
        rule: Which rule alarmed.
        wealth: Of rule 2 after this run.
    """

    statistic: float | None
    pvalue: float | None = None
    pvalue_imputed: float | None = None
    loss_pvalue: float | None = None
    limit: float | None = None
    score: float | None = None
    reference: int = 0
    dispersion: float | None = None
    suspected: bool = False
    alarm: bool = False
    rule: int | None = None
    wealth: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A history as read.

    Args:
        points: One a run.
        detected: Place of the first alarm.
        onset: Since when, estimated apart from detection; None without an alarm.
        blocked_by_loss: Places of runs that would have been suspected or confirmed but for unequal loss.
        scattered: Whether rule 2 saw runs move, and not to one place.
        reference: Runs that the last one was tested against.
        usual: Scores of the runs that were not suspected, by which a band is drawn.
        floor: Spread of scores that chance alone has.
    """

    points: tuple[Point, ...]
    detected: int | None
    onset: Onset | None
    blocked_by_loss: tuple[int, ...]
    scattered: bool
    reference: tuple[int, ...] = ()
    usual: tuple[float, ...] = ()
    floor: float = 1.0


def read_history(history: AnswerCounts, rules: Rules) -> Reading:
    """Return the reading of a history whose runs are in order.

    Args:
        history: Two runs or more, each with some usable answer.
        rules: What was fixed beforehand.

    References:
        METHODS §5; Besag & Clifford (1991) for the p-values; Vovk et al. (2003) and Ville (1939) for rule 2.
    """
    reader = _Reader(history, rules)
    for run in range(history.n_runs):
        reader.read(run)
    detected = next((k for k, point in enumerate(reader.points) if point.alarm), None)
    return Reading(
        points=tuple(reader.points),
        detected=detected,
        onset=None if detected is None else estimate_onset(history, latest=detected, seed=rules.seed),
        blocked_by_loss=tuple(reader.blocked),
        scattered=reader.scattered,
        **reader.band(),
    )


def can_alarm(history: AnswerCounts, rules: Rules) -> bool:
    """Return whether rule 1 could alarm at a usual run if every one of its answers were new.

    With too few answers a run even that is not rare enough among relabellings: Π_p 1/C(n_p + m_p, m_p).
    """
    reference = reference_of(history.n_runs - 1, rules, after_suspected=True)
    n, m = history.sizes[list(reference)].sum(0), np.median(history.sizes[MIN_REFERENCE:], axis=0)
    both = (n > 1) & (m > 0)
    if rules.basis == "runs":
        return bool(both.any())
    log_rarest = -(gammaln(n + m + 1) - gammaln(n + 1) - gammaln(m + 1))[both].sum()
    return bool(log_rarest <= np.log(rules.spending))


def reference_of(run: int, rules: Rules, *, after_suspected: bool) -> tuple[int, ...]:
    """Return the runs that a run is tested against: the first ones, the suspected predecessor never among them.

    Which runs they are depends on the run's place alone, for an alarm is only possible after a suspicion: so each
    place has one test that can alarm, and the levels of all places add up.
    """
    return tuple(range(min(rules.baseline, run - 1 if after_suspected else run)))


@dataclass(slots=True)
class _Reader:
    """Reads run after run; nothing it says of a run depends on later ones."""

    history: AnswerCounts
    rules: Rules
    points: list[Point] = field(default_factory=list)
    blocked: list[int] = field(default_factory=list)
    spreads: list[float] = field(default_factory=list)
    scattered: bool = False
    _references: dict[int, Dispersion] = field(default_factory=dict)
    _ranks: Ranks = field(init=False)
    _alarmed: bool = False

    def __post_init__(self) -> None:
        self._ranks = Ranks(history=self.history, horizon=self.rules.horizon, seed=self.rules.seed)

    def read(self, run: int) -> None:
        """Read one more run."""
        wealth = self._ranks.after(run)
        before = self.points[-1] if self.points else None
        after_suspected = before is not None and before.suspected
        reference = reference_of(run, self.rules, after_suspected=after_suspected)
        if len(reference) < MIN_REFERENCE:
            self.points.append(Point(statistic=self._of_the_first(run), wealth=wealth))
            return
        # After a suspected confirmation at its own budget only another such run can alarm: each place has one test.
        own_budget = self.history.is_larger(run) or not self.history.is_larger(run - 1)
        self.points.append(self._tested(run, reference, confirms=after_suspected and own_budget, wealth=wealth))

    def _of_the_first(self, run: int) -> float | None:
        first = list(range(min(self.history.n_runs, MIN_REFERENCE)))
        gram, sizes = self.history.gram[np.ix_(first, first)], self.history.sizes[first]
        return _finite(float(over_probes(leave_one_out(gram, sizes))[run])) if len(first) > 1 else None

    def _tested(self, run: int, reference: tuple[int, ...], *, confirms: bool, wealth: float) -> Point:
        found = _finite(statistic(self.history, run, reference))
        own = self._dispersion(reference)
        if found is None:
            return Point(statistic=None, reference=len(reference), dispersion=own.pvalue, wealth=wealth)
        test = _Test(reader=self, run=run, reference=reference, own=own, statistic=found)
        point = test.point(confirms=confirms and not self._alarmed, wealth=wealth)
        if test.blocked:
            self.blocked.append(run)
        self._alarmed |= point.alarm
        return point

    def _dispersion(self, reference: tuple[int, ...]) -> Dispersion:
        n = len(reference)
        if n not in self._references:
            self._references[n] = dispersion(self.history, reference, seed=self.rules.seed)
        return self._references[n]

    def earlier(self, reference: tuple[int, ...], own: Dispersion) -> FloatArray:
        """Return scores of earlier runs that were not suspected: of the reference among themselves, then as tested."""
        of_reference = own.scores if self.rules.basis == "answers" else own.distances
        later = [p.score for p in self.points[len(reference) :] if p.score is not None and not p.suspected]
        scores = np.array([*of_reference, *later], dtype=np.float64)
        return scores[np.isfinite(scores)]

    def band(self) -> dict[str, Any]:
        """Return what the band of a further run would be drawn from."""
        reference = reference_of(self.history.n_runs, self.rules, after_suspected=True)
        if len(reference) < MIN_REFERENCE:
            return {}
        own = self._dispersion(reference)
        usual = tuple(map(float, self.earlier(reference, own)))
        return {"reference": reference, "usual": usual, "floor": floor_of(self.history, reference, own, self.rules)}

    def moved_together(self, runs: Sequence[int], reference: Sequence[int]) -> bool:
        """Return whether the runs moved to one new place rather than to one each."""
        common, own = common_shift(self.history.gram, self.history.sizes, runs, reference)
        return own > 0 and common >= ONE_PLACE * own

    def shifted_since(self, run: int) -> bool:
        """Return whether rule 2's alarm at a run is of runs that moved to one new place."""
        onset = estimate_onset(self.history.chosen(range(run + 1)), latest=run, seed=self.rules.seed, n_resamples=0)
        together = run > onset.run and self.moved_together(range(onset.run, run + 1), range(onset.run))
        self.scattered |= not together
        return together


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unit:
    """What a score is measured in."""

    mean: float
    sd: float

    def at(self, score: float) -> float:
        """Return the statistic of a score."""
        return self.mean + self.sd * score


@dataclass(slots=True, kw_only=True)
class _Test:
    """One run against its reference."""

    reader: _Reader
    run: int
    reference: tuple[int, ...]
    own: Dispersion
    statistic: float
    blocked: bool = False

    def point(self, *, confirms: bool, wealth: float) -> Point:
        """Return the run's point; `confirms`: the run before was suspected, so this one may alarm."""
        rules = self.reader.rules
        score, pvalue, unit = self._tested(most=rules.most_draws if confirms else SCREEN)
        earlier = self.reader.earlier(self.reference, self.own)
        loss, imputed = self._losses(pvalue, most=rules.most_draws if confirms else SCREEN)
        decides = pvalue if imputed is None else max(pvalue, imputed)
        limit = upper_limit(
            earlier, floor=floor_of(self.reader.history, self.reference, self.own, self.reader.rules), level=SUSPECTED
        )
        beyond = score > limit
        suspected = beyond and (decides <= SUSPECTED or rules.basis == "runs")
        self.blocked = beyond and pvalue <= SUSPECTED < decides
        rule = self._rule(decides, score, earlier, confirms=confirms and suspected, wealth=wealth)
        return Point(
            statistic=self.statistic,
            pvalue=pvalue,
            pvalue_imputed=imputed,
            loss_pvalue=loss,
            limit=unit.at(limit),
            score=score,
            reference=len(self.reference),
            dispersion=self.own.pvalue,
            suspected=suspected,
            alarm=rule is not None,
            rule=rule,
            wealth=wealth,
        )

    def _tested(self, *, most: int) -> tuple[float, float, _Unit]:
        """Return score, p and the score's unit: of relabelled answers, or, where only whole runs are drawn, by rank."""
        reader = self.reader
        if reader.rules.basis == "answers":
            found = test_run(reader.history, self.run, self.reference, seed=reader.rules.seed, most=most)
            unit = _Unit(mean=found.mean, sd=self._spread(found.sd))
            return (self.statistic - found.mean) / unit.sd if unit.sd > 0 else 0.0, found.pvalue, unit
        earlier = [*self.own.distances, *(p.score for p in reader.points[len(self.reference) :] if p.score is not None)]
        n_at_least = sum(each >= self.statistic for each in earlier)
        return self.statistic, (1 + n_at_least) / (1 + len(earlier)), _Unit(mean=0.0, sd=1.0)

    def _spread(self, own: float) -> float:
        """Return what scores are measured in: the spread of chance in a run of this size, or of the usual size.

        What varies from run to run anyway does not shrink with the answers of a run: a larger one is held to the band
        of usual ones, or a steadier look at harmless variation would lie above it.
        """
        reader = self.reader
        if reader.history.is_larger(self.run) and reader.spreads:
            return max(own, float(np.median(reader.spreads)))
        reader.spreads.append(own)
        return own

    def _losses(self, pvalue: float, *, most: int) -> tuple[float | None, float | None]:
        """Return the test of equal loss and the p with lost answers filled in (METHODS §1.7), where they matter."""
        if pvalue > SUSPECTED or self.reader.rules.basis == "runs":
            return None, None
        history, seed = self.reader.history, self.reader.rules.seed
        loss = loss_of(history, self.run, self.reference)
        if not loss.unequal:
            return loss.pvalue, None
        return loss.pvalue, pvalue_with_losses(history, self.run, self.reference, seed=seed, most=most)

    def _rule(
        self, pvalue: float, score: float, earlier: FloatArray, *, confirms: bool, wealth: float
    ) -> Literal[1, 2] | None:
        """Return the rule by which this run alarms."""
        reader, rules = self.reader, self.reader.rules
        if reader._alarmed:  # noqa: SLF001 - the reader's own record of what it said
            return None
        level = rules.confirming_level(self.own)
        far = score > upper_limit(
            earlier, floor=floor_of(self.reader.history, self.reference, self.own, self.reader.rules), level=level
        )
        unlikely = pvalue <= rules.spending or rules.basis == "runs"
        if confirms and far and unlikely and reader.moved_together((self.run - 1, self.run), self.reference):
            return 1
        if wealth >= rules.wealth_needed and reader.shifted_since(self.run):
            return 2
        return None


def floor_of(history: AnswerCounts, reference: Sequence[int], own: Dispersion, rules: Rules) -> float:
    """Return the spread of scores of runs whose answers are independent draws of one distribution."""
    if rules.basis == "answers":
        return 1.0
    runs = list(reference)
    n = len(runs) * int((history.sizes[runs].sum(0) > 0).sum())
    odd = (1 + n * max(0.0, finite_mean(np.nan_to_num(own.distances))) / 2) / (2 + n)
    return float(2 * np.sqrt(odd * (1 - odd) * len(runs) / n))


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
