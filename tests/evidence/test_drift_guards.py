"""What a history can't be read from, and the second rule: alarms, and silence, each with its reason."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from evidence.histories import RULES, history, names

from blackbox.core import FeatureMatrix
from blackbox.evidence import drift
from blackbox.evidence.drift import read_history
from blackbox.evidence.drift_counts import AnswerCounts, tabulate
from blackbox.evidence.drift_document import _point_reason
from blackbox.evidence.drift_loss import pvalue_with_losses
from blackbox.evidence.drift_power import detectable
from blackbox.evidence.drift_verdict import judge

if TYPE_CHECKING:
    import pytest


def repeats(n_before: int, n_after: int) -> np.ndarray:
    """Return counts of runs that always answer alike, three times each of thirty questions."""
    counts = np.zeros((n_before + n_after, 30, 3))
    counts[:, :, 0] = 3
    return counts


def test_a_change_too_small_for_two_runs_is_found_from_the_ranks_of_whole_runs() -> None:
    """One answer of thirty that stays changed: no run is far enough alone, and the reason names rule 2."""
    counts = repeats(12, 10)
    counts[12:, 0] = [0, 3, 0]
    rules, moved = replace(RULES, basis="runs"), AnswerCounts.of(counts)
    reading = read_history(moved, rules)
    said = judge(moved, reading, rules, names=names(moved))
    assert [2] == [point.rule for point in reading.points if point.alarm]
    assert ("changed", 12) == (said.verdict, said.onset)
    assert f"found at run-{reading.detected} from the ranks of whole runs" in said.reason
    assert reading.points[reading.detected].wealth >= RULES.wealth_needed


def test_runs_that_move_to_one_place_each_are_unstable_and_never_accused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every run from the twelfth flips another answer: the wealth is there and the one new place is not."""
    counts = repeats(12, 12)
    for run in range(12, len(counts)):
        counts[run, run % 30] = [0, 3, 0]
    rules, scattered = replace(RULES, basis="runs"), AnswerCounts.of(counts)
    reading = read_history(scattered, rules)
    said = judge(scattered, reading, rules, names=names(scattered))
    assert reading.points[-1].wealth >= RULES.wealth_needed
    assert (None, "unstable") == (reading.detected, said.verdict)
    assert "no one new distribution" in said.reason
    monkeypatch.setattr(drift._Reader, "shifted_since", lambda *_: True)
    assert read_history(scattered, rules).detected is not None


def test_runs_of_other_probes_say_nothing_and_say_why() -> None:
    """A run that shares no probe with the first ones has no statistic; a history of such runs has no verdict."""
    apart = np.zeros((6, 6, 2))
    for run in range(6):
        apart[run, run, 0] = 2
    counts = AnswerCounts.of(apart)
    reading = read_history(counts, RULES)
    assert [(None, None, False)] * 3 == [(p.statistic, p.pvalue, p.suspected) for p in reading.points[3:]]
    said = judge(counts, reading, RULES, names=names(counts))
    assert ("inconclusive", "no run shares a probe") == (said.verdict, said.reason[:21])
    assert [_point_reason(point) for point in (None, reading.points[0], reading.points[5])] == [
        "no usable answer at the probes of this history",
        "one of the first 3 runs, by which the endpoint is known: not tested itself",
        "shares no probe with two usable answers with the first runs",
    ]


def test_an_answer_lost_where_the_other_side_never_answered_is_not_made_up() -> None:
    """There is nothing to fill it in from: the p is the one without that loss."""
    counts = history(np.random.default_rng(18), n_runs=6).counts.copy()
    counts[:5, 0] = 0
    lost = np.zeros(counts.shape[:2])
    lost[5, 0] = 2
    found, without = (
        pvalue_with_losses(h, 5, range(5), seed=0, most=500)
        for h in (AnswerCounts.of(counts, lost=lost), AnswerCounts.of(counts))
    )
    assert found == without


def test_more_answers_than_categories_share_them_by_code() -> None:
    """Codes 0 … 199 in 128 categories: 72 of these hold two answers, each run's where the other's are."""
    codes = np.arange(200, dtype=np.uint64)
    matrices = [
        FeatureMatrix(feature="answer", version=1, values=v, probe_ids=("p",) * len(v), keys=tuple(map(str, v)))
        for v in (codes, codes[[3, 131, 199]])
    ]
    counts = tabulate(matrices, ["p"], [{}, {}]).counts[:, 0]
    assert [2.0] * 72 + [1.0] * 56 == counts[0].tolist()
    assert {3: 2.0, 71: 1.0} == {k: n for k, n in enumerate(counts[1].tolist()) if n}


def test_what_could_have_been_seen_needs_a_reference_and_answers() -> None:
    """Three runs test none; a question nobody answered adds no power."""
    rng = np.random.default_rng(25)
    few = history(rng, n_runs=3)
    assert detectable(few, read_history(few, RULES), RULES) is None
    counts = history(rng, n_runs=10, n_probes=1, n=1).counts
    silent = AnswerCounts.of(np.concatenate([counts, np.zeros((10, 20, 6))], axis=1))
    found = detectable(silent, read_history(silent, RULES), RULES)
    assert found is not None
    assert found.share is None
