"""What is said around a number: similarity with bands, conditions, exhibits, words."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
from support.runs import START, drawn_answers, make_run, make_sample, make_suite, observe, peaked

from blackbox.core import Effect, FeatureMatrix, Outcome, plain
from blackbox.evidence import wording
from blackbox.evidence.conditions import HONOURED_SETTINGS, conditions, decoding_conflict, facts
from blackbox.evidence.document import RelatedEvidence, finite, related_entry, run_entry
from blackbox.evidence.exhibits import MAX_CHARACTERS, OTHER, exhibits, probe_rows
from blackbox.evidence.samples import Sample
from blackbox.evidence.similarity import band, similarity
from blackbox.evidence.verdict import Judged

if TYPE_CHECKING:
    from blackbox.core import Observation, Probe, Run

CLOSED = {f"p{i:03d}": "closed" for i in range(16)}


def session(seed: int, shares: np.ndarray, n: int = 60) -> Sample:
    """A sample that answers by the given distributions."""
    suite = make_suite(16)
    return make_sample(make_run(suite, drawn_answers(np.random.default_rng(seed), suite, shares, n), session=seed))


def test_similarity_of_one_distribution_is_one_on_average() -> None:
    """Unbiased whatever the sample size: the mean of forty is within .03 of 1, small samples included."""
    shares = peaked(np.random.default_rng(0), 16, 5)
    values = [similarity(session(2 * i, shares, 6), session(2 * i + 1, shares, 6), CLOSED) for i in range(40)]
    assert np.mean([v for v in values if v is not None]) == pytest.approx(1.0, abs=0.03)


def test_similarity_of_disjoint_answers_is_zero() -> None:
    """Nothing in common."""
    suite = make_suite(2)
    a, b = (make_sample(make_run(suite, {p.id: [w] * 3 for p in suite.probes}, endpoint=w)) for w in "ab")
    assert similarity(a, b, {p.id: "closed" for p in suite.probes}) == 0.0


def test_similarity_of_answers_that_never_repeat_can_not_be_had() -> None:
    """With no repeated answer on a side its own kernel mean is zero: no number."""
    suite = make_suite(1)
    a, b = (make_sample(make_run(suite, {"p000": [f"{e}{i}" for i in range(3)]}, endpoint=e)) for e in "ab")
    assert similarity(a, b, {"p000": "closed"}) is None


def test_similarity_without_a_common_probe_can_not_be_had() -> None:
    """Other questions on each side, or open ones without embeddings: no number rather than 0."""
    suite = make_suite(2)
    a, b = (make_sample(make_run(suite, {p: ["x"] * 3}, endpoint=p)) for p in ("p000", "p001"))
    assert similarity(a, b, CLOSED) is None
    assert similarity(a, a, {"p000": "open"}) is None
    assert similarity(a, a, CLOSED) == 1.0


def test_similarity_of_open_answers_reads_embeddings() -> None:
    """Rows from one cloud are alike, rows five deviations apart are not."""
    rng = np.random.default_rng(0)
    run = make_run(make_suite(8, form="open"), {f"p{i:03d}": ["text"] * 6 for i in range(8)})

    def embedded(shift: float) -> Sample:
        rows = FeatureMatrix(
            feature="embedding",
            version=1,
            values=rng.normal(loc=shift, size=(48, 5)),
            probe_ids=tuple(o.probe_id for o in run.observations),
            keys=tuple(o.key for o in run.observations),
        )
        return replace(Sample.of(run, {}), features={"embedding": rows})

    forms = dict.fromkeys(CLOSED, "open")
    near, far = similarity(embedded(0), embedded(0), forms), similarity(embedded(0), embedded(5), forms)
    assert near == pytest.approx(1.0, abs=0.1)
    assert far is not None
    assert far < 0.6


def test_a_band_is_the_range_and_counts_its_pairs() -> None:
    """None without a pair."""
    found = band([0.9, 0.97, 0.93])
    assert found is not None
    assert (found.low, found.high, found.n_pairs) == (0.9, 0.97, 3)
    assert band([]) is None


@pytest.fixture
def run() -> Run:
    """A collected run."""
    return make_run(make_suite(2), {"p000": ["x", "y", "x", None], "p001": ["z"] * 4})


def state(a: Run, b: Run, name: str) -> str:
    """State of one condition."""
    return next(c.state for c in conditions(facts(a), facts(b)) if c.name == name)


def test_sent_decoding_is_equal_different_or_unknown(run: Run) -> None:
    """Unknown on one side is unknown, never equal."""
    hot = replace(run, manifest=replace(run.manifest, sent_decoding={"temperature": 1.3, "top_p": 1.0}))
    unknown = replace(run, manifest=replace(run.manifest, sent_decoding=None))
    assert [state(run, other, "sent decoding") for other in (run, hot, unknown)] == ["equal", "different", "unknown"]
    assert "temperature 1.0 against 1.3" in str(
        decoding_conflict(run.manifest.sent_decoding, hot.manifest.sent_decoding)
    )
    assert decoding_conflict({"temperature": 0, "top_logprobs": 5}, {"temperature": 0}) is None


def test_more_than_a_day_apart_is_then_and_now(run: Run) -> None:
    """25 hours later: a different window, said in hours."""
    later = replace(
        run, observations=tuple(replace(o, requested_at=START + timedelta(hours=25)) for o in run.observations)
    )
    [found] = [c for c in conditions(facts(run), facts(later)) if c.name == "time of collection"]
    assert (found.state, "25 h apart" in found.meaning) == ("different", True)
    assert state(run, run, "time of collection") == "equal"


def test_served_models_are_compared_where_reported(run: Run) -> None:
    """Not reported on a side is unknown."""

    def served(name: str | None) -> Run:
        return replace(run, observations=tuple(replace(o, served_model=name) for o in run.observations))

    assert state(served("m"), served("m"), "served model") == "equal"
    assert state(served("m"), served("n"), "served model") == "different"
    assert state(served("m"), served(None), "served model") == "unknown"


def category(observation: Observation, probe: Probe) -> str | None:  # noqa: ARG001 - the protocol has two arguments
    """The text itself."""
    return None if observation.missing else observation.text


def test_probes_are_ranked_by_effect_and_answers_counted(run: Run) -> None:
    """Largest first; missing answers are in no count."""
    other = make_run(run.suite, {"p000": ["x"] * 4, "p001": ["w"] * 4}, endpoint="b")
    rows = probe_rows(run, other, {"p000": "closed", "p001": "closed"}, {"p000": 0.1, "p001": 0.9})
    assert [(r["probe_id"], r["n_a"], r["n_b"]) for r in rows] == [("p001", 4, 4), ("p000", 3, 4)]
    shown = exhibits(run, other, rows, category=category, limit=1)
    assert shown[0]["counts"] == [{"answer": "w", "a": 0, "b": 4}, {"answer": "z", "a": 4, "b": 0}]


def test_many_answers_are_cut_with_the_rest_counted() -> None:
    """Twenty different answers: twelve rows and the others together."""
    suite = make_suite(1)
    a, b = (make_run(suite, {"p000": [f"{e}{i}" for i in range(10)]}, endpoint=e) for e in "ab")
    [shown] = exhibits(a, b, probe_rows(a, b, {"p000": "closed"}, {}), category=category, limit=1)
    assert shown["counts"][-1]["answer"] == OTHER
    assert sum(row["a"] + row["b"] for row in shown["counts"]) == 20


def test_open_answers_are_quoted_and_cut() -> None:
    """A long text is cut and says so; a refusal is named, not quoted as an answer."""
    suite = make_suite(1, form="open")
    a = make_run(suite, {"p000": ["long " * 400]})
    b = replace(a, observations=(observe("p000", 0, None, outcome=Outcome.REFUSAL),))
    [shown] = exhibits(a, b, probe_rows(a, b, {"p000": "open"}, {}), category=category, limit=1)
    assert (len(shown["texts"]["a"][0]["text"]), shown["texts"]["a"][0]["cut"]) == (MAX_CHARACTERS, True)
    assert shown["texts"]["b"][0]["text"] == "[no answer: refusal]"


def test_a_run_entry_is_strict_json_and_counts_outcomes(run: Run) -> None:
    """Errors are counted as errors."""
    entry = run_entry(run)
    assert entry["outcomes"] == {"error": 1, "ok": 7}
    assert json.loads(json.dumps(entry, allow_nan=False)) == entry


def test_without_a_population_there_is_no_ratio() -> None:
    """Score and rank only, and the reason why."""
    entry = related_entry(RelatedEvidence(score=3.0, rank_pvalue=0.1, n_references=9, reason=None))
    assert (entry["log10_lr"], entry["score"], "no ratio" in entry["reason"]) == (None, 3.0, True)


def test_numbers_that_are_none_stay_out_of_json() -> None:
    """NaN and infinity become null."""
    assert [finite(v) for v in (1.5, float("nan"), float("inf"), None)] == [1.5, None, None, None]
    assert plain(Effect(value=None, ci_low=None, ci_high=None, unit="mmd2"))["value"] is None


FORBIDDEN = re.compile(r"\b(proves?|proven|copied|match(es)?|fingerprint|DNA|identical models?)\b", re.IGNORECASE)


def test_no_sentence_claims_more_than_the_evidence() -> None:
    """Every fixed text and every verdict keeps to the vocabulary; none calls two endpoints the same."""
    judged = [
        Judged(verdict=v, reason="some reason", band="unknown")
        for v in ("different", "inconclusive", "not_applicable", "equivalent")
    ]
    sentences = [
        wording.same_sentence(j, pvalue_adjusted=p, alpha=0.01, claims_differ=c)
        for j in judged
        for p in (0.5, None)
        for c in (True, False)
    ]
    sentences += [
        *wording.LIMITS,
        *wording.BANDS.values(),
        wording.tokenizer_sentence(6, 0),
        wording.tokenizer_sentence(6, 2),
    ]
    sentences += [wording.related_sentence(rank_pvalue=p, n_references=9, reason="why") for p in (0.1, None)]
    assert [s for s in sentences if FORBIDDEN.search(s)] == []
    assert [s for s in sentences if "the same model" in s and "excludes" not in s] == []
    assert sum(wording.DIRECTION in s for s in sentences) >= 3


def test_what_is_known_of_one_side_only_makes_nothing_equal(run: Run) -> None:
    """Settings measured alike on both sides are equal; measured on one, or untold on one, they are unknown."""

    def measured(**settings: str) -> Run:
        told = dict.fromkeys(HONOURED_SETTINGS, "honoured") | settings
        return replace(run, manifest=replace(run.manifest, honoured_decoding=told))

    sides = {"alike": measured(), "untold": measured(sampling="can't tell"), "ignored": measured(temperature="ignored")}
    states = {name: state(measured(), other, "honoured decoding") for name, other in sides.items()}
    assert {"alike": "equal", "untold": "unknown", "ignored": "different"} == states
    assert "unknown" == state(measured(), run, "honoured decoding")
