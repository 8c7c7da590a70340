"""The question *same* for all pairs of one suite: tests, controls, adjustment and verdicts."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from blackbox import registry
from blackbox.evidence.control import Control, repeat_control
from blackbox.evidence.distances import codes_by_probe
from blackbox.evidence.document import SameEvidence
from blackbox.evidence.explanations import explanations, formatting
from blackbox.evidence.same import Design, PairTest, compare_pair
from blackbox.evidence.screening import CodedPair, coded_pair, screened
from blackbox.evidence.similarity import band, similarity
from blackbox.evidence.verdict import Circumstances, explained, judge
from blackbox.stats.multiplicity import benjamini_hochberg, holm
from blackbox.workflow._compare_blocks import blocks_of, changed, homogeneities
from blackbox.workflow._compare_features import rankable, resolved_forms, testable
from blackbox.workflow._compare_jobs import SERIAL, Jobs, Some, blocks_of_size
from blackbox.workflow._compare_margin import FEW_PAIRS, Scale, extent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.core import AnyArray, TwoSampleSignal
    from blackbox.evidence.blocks import Homogeneity
    from blackbox.evidence.engine import Drawn
    from blackbox.evidence.explanations import Explanation
    from blackbox.evidence.samples import Sample
    from blackbox.workflow._compare_companions import Companions
    from blackbox.workflow._compare_features import Lengths
    from blackbox.workflow._compare_groups import Group, Pair
    from blackbox.workflow._compare_margin import Extent

HOLM_PAIRS = 50
"""Up to so many pairs Holm; above, Benjamini–Hochberg with a screen (METHODS §1.3)."""
SCREEN = 999
SCREEN_EXCEEDING = 10
CAP = 99_999
BATCH = 1_024
"""Pairs drawn together where most are only screened: bounds memory, whatever the number of runs."""
DRAWN = 1 << 23
"""Draws held at once of pairs that are followed to the end."""
FOLLOWED = 4
"""Pairs judged together elsewhere: small enough for every process to have one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The decision rules all pairs of a suite are judged by."""

    alpha: float
    margin: float
    seed: int
    n_permutations: int
    n_pairs: int
    look: int = 1

    @property
    def screened(self) -> bool:
        """Whether so many pairs are compared that most are only screened."""
        return self.n_pairs > HOLM_PAIRS

    @property
    def adjustment(self) -> str:
        """Name of the adjustment over pairs."""
        return "benjamini-hochberg" if self.screened else "holm"

    @property
    def full_permutations(self) -> int:
        """B of a pair that is followed to the end: large enough for its adjusted p to reach α."""
        if self.screened:
            return min(CAP, max(SCREEN, math.ceil(self.n_pairs / self.alpha) - 1))
        wanted = math.ceil(10 * self.n_pairs / self.alpha) - 1
        return min(CAP, max(self.n_permutations, wanted))

    @property
    def smallest_pvalue_adjusted(self) -> float:
        """The smallest adjusted p that B allows."""
        factor = 1 if self.screened else max(1, self.n_pairs)
        return min(1.0, factor / (1 + self.full_permutations))


Codes = Mapping[str, "AnyArray"]
"""One run's answer codes by probe."""
Tell = Callable[[str, str, int, int], None]
"""Told the stage, whose it is, how many probes are done and how many there are."""


def same_signals(n_pairs: int) -> dict[str, TwoSampleSignal]:
    """Return the registered two-sample signals by name; beyond a few pairs those of the omnibus only."""
    found = {name: registry.signal(name) for name in registry.names("signals")}
    own = {name: s for name, s in found.items() if s.info.question == "same"}
    return {n: s for n, s in own.items() if s.info.omnibus or n_pairs <= FEW_PAIRS}  # type: ignore[misc]


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Everything the pairs of one suite are judged from.

    Args:
        group: Runs and pairs.
        samples: One a run.
        lengths: One a run.
        companions: Positive control and same-weights hosts.
        rules: Decision rules.
        tell: Told how far the work on one pair or run is: stage, whose, probes done and all of them.
    """

    group: Group
    samples: Sequence[Sample]
    lengths: Sequence[Lengths]
    companions: Companions
    rules: Rules
    tell: Tell | None = None

    @property
    def design(self) -> Design:
        """Signals, seed and B of every pair."""
        rules = self.rules
        return Design(signals=same_signals(rules.n_pairs), seed=rules.seed, n_permutations=rules.full_permutations)

    def told(self, stage: str, *positions: int) -> Design:
        """Return the design of a test of these runs, which says how far it is."""
        if self.tell is None or self.rules.screened:
            return self.design
        names = " and ".join(self.samples[i].run.manifest.endpoint_name for i in positions)
        return replace(self.design, on_probe=partial(self.tell, stage, names))

    def forms(self, pair: Pair) -> dict[str, str]:
        """Return the form of each probe the pair shares."""
        lengths = [self.lengths[pair.a], self.lengths[pair.b]]
        return resolved_forms(self.samples[pair.a].run, pair.probe_ids, lengths)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tested:
    """One pair's test, with its p adjusted over pairs, and every run's control and blocks."""

    test: PairTest | None
    pvalue_adjusted: float | None
    controls: Mapping[int, Control]
    failed: frozenset[int]
    homogeneity: Mapping[int, Homogeneity]
    changed: frozenset[int]

    @property
    def factor(self) -> float:
        """By how much the adjustment over pairs raises a p of this pair."""
        p = None if self.test is None else self.test.pvalue
        return 1.0 if p is None or self.pvalue_adjusted is None else self.pvalue_adjusted / p


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """Some pairs of a suite with what judging them needs, and nothing else: what one job is sent."""

    pairs: Sequence[Pair]
    material: Material
    tested: Sequence[_Tested] = ()


def judged_pairs(material: Material, on_pair: Callable[[int], None], jobs: Jobs = SERIAL) -> list[SameEvidence]:
    """Return the evidence on *same* for each pair of the group, in order.

    Args:
        material: Runs, pairs and rules.
        on_pair: Told how many pairs were tested.
        jobs: Who computes; changes no number.
    """
    rules = material.rules
    material = material if jobs.serial else replace(material, tell=None)  # a job elsewhere has nobody to tell
    tests: list[PairTest | None] = []
    for found in jobs.over(_tests, _blocks(material, BATCH if rules.screened else FOLLOWED)):
        tests.extend(found)
        on_pair(len(tests))
    whole = _about_runs(material)
    tested = [
        replace(whole, test=test, pvalue_adjusted=p) for test, p in zip(tests, _adjusted(tests, rules), strict=True)
    ]
    blocks = [
        replace(block, tested=part)
        for block, part in zip(_blocks(material, FOLLOWED), blocks_of_size(tested, FOLLOWED), strict=True)
    ]
    return [evidence for found in jobs.over(_judgements, blocks) for evidence in found]


def _about_runs(material: Material) -> _Tested:
    """Return what is known of every run by itself: its repeat control and whether it changed while it was collected."""
    rules = material.rules
    controls = _controls(material)
    homogeneity = homogeneities(material)
    return _Tested(
        test=None,
        pvalue_adjusted=None,
        controls=controls,
        failed=_failed(controls, rules.alpha),
        homogeneity=homogeneity,
        changed=changed(homogeneity, rules.alpha),
    )


def _blocks(material: Material, size: int) -> list[_Block]:
    return [_narrowed(material, pairs) for pairs in blocks_of_size(material.group.pairs, size)]


def _narrowed(material: Material, pairs: Sequence[Pair]) -> _Block:
    """Return a block with the samples of its pairs and of their other sessions only."""
    ends = {i for pair in pairs for i in (pair.a, pair.b)}
    needed = ends | {j for i in ends for j in material.group.sessions_of(i)}
    samples, lengths = Some(material.samples, needed), Some(material.lengths, needed)
    group = replace(material.group, runs=(), pairs=())  # runs are in their samples
    return _Block(pairs=pairs, material=replace(material, group=group, samples=samples, lengths=lengths))


def _tests(block: _Block) -> list[PairTest | None]:
    """Return the test of each pair of a block; None where draws are not independent or nothing varies in a probe."""
    material = block.material
    testing = [i for i, pair in enumerate(block.pairs) if _applicable(pair, material)]
    pairs = [block.pairs[i] for i in testing]
    if material.rules.screened:
        found = _screened(pairs, material)
    else:
        found = [_compared(pair, material, material.told("test", pair.a, pair.b)) for pair in pairs]
    tests = dict(zip(testing, found, strict=True))
    return [tests.get(i) for i in range(len(block.pairs))]


def _judgements(block: _Block) -> list[SameEvidence]:
    return [_evidence(pair, block.material, own) for pair, own in zip(block.pairs, block.tested, strict=True)]


def _applicable(pair: Pair, material: Material) -> bool:
    broken = any(material.samples[i].independence.broken for i in (pair.a, pair.b))
    return not broken and (testable(pair, material.lengths) or rankable(pair, material.lengths))


def _compared(pair: Pair, material: Material, design: Design, before: Sequence[Drawn] = ()) -> PairTest:
    return compare_pair(material.samples[pair.a], material.samples[pair.b], material.forms(pair), design, before)


def _screened(pairs: Sequence[Pair], material: Material) -> list[PairTest]:
    """Return the test of each pair; those that may differ get all labellings, the others those of the screen."""
    runs = sorted({i for pair in pairs for i in (pair.a, pair.b)})
    codes = {i: codes_by_probe(material.samples[i]) for i in runs}
    found = _together(pairs, material, codes, SCREEN)
    followed = [i for i, test in enumerate(found) if _may_differ(test)]
    n_permutations = material.rules.full_permutations
    for some in blocks_of_size(followed, max(1, DRAWN // (2 * (1 + n_permutations)))):
        tests = _together([pairs[i] for i in some], material, codes, n_permutations)
        for i, test in zip(some, tests, strict=True):
            found[i] = test
    return found


def _may_differ(test: PairTest) -> bool:
    return test.pvalue is not None and round(test.pvalue * (1 + SCREEN)) - 1 <= SCREEN_EXCEEDING


def _together(
    pairs: Sequence[Pair], material: Material, codes: Mapping[int, Codes], n_permutations: int
) -> list[PairTest]:
    """Return the test of each pair, what can be drawn of many at once drawn so."""
    design = replace(material.design, n_permutations=n_permutations)
    coded = [_coded(pair, material, codes) for pair in pairs]
    drawn = screened(coded, design.signals, seed=design.seed, n_permutations=n_permutations)
    return [_compared(pair, material, design, before) for pair, before in zip(pairs, drawn, strict=True)]


def _coded(pair: Pair, material: Material, codes: Mapping[int, Codes]) -> CodedPair | None:
    """Return a pair's codes, the sides ordered as the test orders them."""
    if not testable(pair, material.lengths):
        return None
    x, y = sorted((pair.a, pair.b), key=lambda i: material.samples[i].digest)
    return coded_pair(codes[x], codes[y], material.forms(pair))


def _controls(material: Material) -> dict[int, Control]:
    """Return the repeat control of every run in a pair; a pair of two sessions is not its own control."""
    group, samples, controls = material.group, material.samples, {}
    own_pair = len(group.pairs) == 1 and len(group.runs) == 2  # noqa: PLR2004 - exactly two runs
    signals = {name: s for name, s in material.design.signals.items() if s.info.omnibus}
    for i in sorted({i for pair in group.pairs for i in (pair.a, pair.b)}):
        sessions = () if own_pair else group.sessions_of(i)
        forms = resolved_forms(samples[i].run, [p.id for p in samples[i].run.suite.probes], [material.lengths[i]])
        design = replace(
            material.told("repeat control of", i), signals=signals, n_permutations=material.rules.n_permutations
        )
        controls[i] = repeat_control(samples[i], [samples[j] for j in sessions], forms, design)
    return controls


def _failed(controls: Mapping[int, Control], alpha: float) -> frozenset[int]:
    """Return the runs whose control fails, Holm-corrected over all controls."""
    tested = [(i, c.pvalue) for i, c in controls.items() if c.pvalue is not None]
    adjusted = holm([p for _, p in tested]) if tested else []
    return frozenset(i for (i, _), p in zip(tested, adjusted, strict=True) if p <= alpha)


def _adjusted(tests: Sequence[PairTest | None], rules: Rules) -> list[float | None]:
    pvalues = [(i, t.pvalue) for i, t in enumerate(tests) if t is not None and t.pvalue is not None]
    adjust = benjamini_hochberg if rules.screened else holm
    values = adjust([p for _, p in pvalues]) if pvalues else []
    by_index = {i: p for (i, _), p in zip(pvalues, values, strict=True)}
    return [by_index.get(i) for i in range(len(tests))]


def _evidence(pair: Pair, material: Material, tested: _Tested) -> SameEvidence:
    a, b = material.samples[pair.a], material.samples[pair.b]
    rules, test = material.rules, tested.test
    forms = material.forms(pair)
    scale = Scale(margin=rules.margin, alpha=rules.alpha, n_pairs=rules.n_pairs)
    design = material.told("judge", pair.a, pair.b)
    found = extent((a, b), forms, design, material.companions, scale)
    detected = tested.pvalue_adjusted is not None and tested.pvalue_adjusted <= rules.alpha
    blocks = blocks_of(pair, material, tested.homogeneity, tested.changed, factor=tested.factor if detected else None)
    around = replace(_circumstances(pair, (a, b), tested, found), blocks=blocks)
    judged = judge(test, pvalue_adjusted=tested.pvalue_adjusted, alpha=rules.alpha, around=around)
    harmless: tuple[Explanation, ...] = (formatting(test, alpha=rules.alpha),) if test else ()
    if judged.verdict == "different":
        design = replace(design, n_permutations=SCREEN)
        rival = material.companions.rival
        harmless = (*explanations(a, b, forms, design, alpha=rules.alpha, rival=rival), *harmless)
    repeat = _repeat_similarities(pair, material, forms if test else {})
    return SameEvidence(
        judged=explained(judged, harmless) if judged.verdict == "different" else judged,
        test=test,
        pvalue_adjusted=tested.pvalue_adjusted,
        alpha=rules.alpha,
        margin=rules.margin,
        control_a=tested.controls[pair.a],
        control_b=tested.controls[pair.b],
        similarity=similarity(a, b, forms) if repeat or found.benign is not None else None,
        repeat_band=band(repeat),
        share=found.share,
        equivalence=found.equivalence,
        positive=found.positive,
        detectable=found.detectable,
        benign=found.benign,
        disagreement=found.disagreement,
        explanations=harmless,
        blocks=blocks,
        look=rules.look,
    )


def _circumstances(pair: Pair, sides: tuple[Sample, Sample], tested: _Tested, found: Extent) -> Circumstances:
    a, b = sides
    return Circumstances(
        independence_a=a.independence,
        independence_b=b.independence,
        n_shared_replies=a.n_shared_replies(b),
        control_a=tested.controls[pair.a],
        control_b=tested.controls[pair.b],
        failed=_failed_sides(pair, tested.failed),
        equivalence=found.equivalence,
        positive=found.positive,
        benign=found.benign,
        disagreement=found.disagreement,
    )


def _failed_sides(pair: Pair, failed: frozenset[int]) -> frozenset[Literal["a", "b"]]:
    sides: list[tuple[int, Literal["a", "b"]]] = [(pair.a, "a"), (pair.b, "b")]
    return frozenset(side for i, side in sides if i in failed)


def _repeat_similarities(pair: Pair, material: Material, forms: Mapping[str, str]) -> list[float]:
    """Return the similarity of each side to each of its other sessions."""
    samples, group = material.samples, material.group
    return [
        value
        for i in (pair.a, pair.b)
        for j in group.sessions_of(i)
        if j not in {pair.a, pair.b} and (value := similarity(samples[i], samples[j], forms)) is not None
    ]
