"""What every registered feature keeps to; a new feature file is picked up by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from blackbox import registry
from blackbox.core import MISSING_OUTCOMES, Outcome, Run, plain

if TYPE_CHECKING:
    from conftest import MakeRun

    from blackbox.core import FeatureMatrix

NAMES = registry.names("features")
SEQUENCES = {"code_points", "opening", "token_order"}
"""Ragged features whose rows keep the order of what was said."""
NEED_KEYS = {"wrong_answer"}
"""Features that read only probes whose suite states the right answer: the run below states none."""
EVERY_OUTCOME = [o for o in Outcome if o not in {Outcome.OK, Outcome.TRUNCATED}]


@pytest.fixture
def run(make_run: MakeRun) -> Run:
    """Return a run with every outcome, texts that break careless code, and probes out of alphabet."""
    answers = {
        "zeta": ["Blue skies are best, always.", *EVERY_OUTCOME, "红色 is 7", "Blue skies are best, always."],
        "alpha": ["\ud800 lone", "x", "  \n", "a\x00b and then some more words"],
        "mid": [Outcome.ERROR, Outcome.MALFORMED],
    }
    return make_run(answers, parsers={"zeta": "word", "alpha": "number"})


def rows_of(matrix: FeatureMatrix) -> list[list[float]]:
    """Return the rows as lists, ragged or not."""
    if matrix.offsets is None:
        return [np.atleast_1d(row).tolist() for row in matrix.values]
    return [part.tolist() for part in np.split(matrix.values, matrix.offsets[1:-1])][: len(matrix.keys)]


def test_the_shipped_features_are_registered() -> None:
    """A file of the folder without a leading underscore is a feature of that name."""
    expected = {"answer", "answer_raw", "outcome", "length", "code_points", "token_order", "first_token"}
    expected |= {"tokens", "word3", "char5", "embedding", "usage", "opening", "refused", "wrong_answer"}
    assert expected == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
class TestEveryFeature:
    """The contract of `FeatureExtractor`."""

    def test_says_which_feature_and_version_it_is(self, name: str, run: Run) -> None:
        """A matrix carries its registered name and the version of its definition."""
        feature = registry.feature(name)
        matrix = feature.extract(run, frozenset({"zeta"}))
        assert (name, feature.version) == (matrix.feature, matrix.version)
        assert type(feature.version) is int
        assert feature.version >= 1

    def test_rows_follow_the_order_of_the_run(self, name: str, run: Run) -> None:
        """Keys are those of the run's observations, in its order, each with its probe."""
        matrix = registry.feature(name).extract(run, frozenset({"zeta", "alpha", "mid"}))
        order = {o.key: (i, o.probe_id) for i, o in enumerate(run.observations)}
        places = [order[key][0] for key in matrix.keys]
        assert sorted(set(places)) == places
        assert tuple(order[key][1] for key in matrix.keys) == matrix.probe_ids
        assert len(matrix.keys) == len(rows_of(matrix))
        assert (len(matrix.keys) > 0) is (name not in NEED_KEYS)

    def test_missing_answers_have_no_row(self, name: str, run: Run) -> None:
        """What says nothing about the model never becomes a number."""
        missing = {o.key for o in run.observations if o.outcome in MISSING_OUTCOMES}
        matrix = registry.feature(name).extract(run, frozenset({"zeta", "alpha", "mid"}))
        assert set() == missing & set(matrix.keys)

    def test_only_the_given_probes_are_read(self, name: str, run: Run) -> None:
        """Rows of a probe are the same alone and among others."""
        feature = registry.feature(name)
        both = feature.extract(run, frozenset({"zeta", "alpha"}))
        alone = feature.extract(run, frozenset({"alpha"}))
        assert set(alone.probe_ids) == (set() if name in NEED_KEYS else {"alpha"})
        expected = [row for row, probe in zip(rows_of(both), both.probe_ids, strict=True) if probe == "alpha"]
        # Batches of other sizes round a network's last digit differently; everything else is exact.
        tolerance = 1e-6 if name == "embedding" else 0
        for ours, theirs in zip(expected, rows_of(alone), strict=True):
            np.testing.assert_allclose(theirs, ours, rtol=0, atol=tolerance)

    def test_nothing_to_read_gives_no_rows(self, name: str, run: Run) -> None:
        """No probe, or a probe that lost every answer, gives an empty matrix and no error."""
        feature = registry.feature(name)
        for probes in (frozenset[str](), frozenset({"mid"})):
            matrix = feature.extract(run, probes)
            assert (matrix.keys, matrix.probe_ids) == ((), ())
            assert matrix.values.shape[0] == 0
            assert matrix.offsets is None or matrix.offsets.tolist() == [0]

    def test_values_are_read_only(self, name: str, run: Run) -> None:
        """Neither values nor row bounds can be changed in place."""
        matrix = registry.feature(name).extract(run, frozenset({"zeta"}))
        for array in (matrix.values, matrix.offsets):
            if array is not None:
                with pytest.raises(ValueError, match="read-only"):
                    array[0] = 0

    def test_the_run_is_left_alone(self, name: str, run: Run) -> None:
        """Extraction changes nothing of its input."""
        before = plain(replace(run))
        registry.feature(name).extract(run, frozenset({"zeta", "alpha"}))
        assert before == plain(run)

    def test_ragged_rows_have_bounds(self, name: str, run: Run) -> None:
        """Row bounds start at 0, end at the last item and never fall; a row of a set rises strictly."""
        matrix = registry.feature(name).extract(run, frozenset({"zeta", "alpha"}))
        if matrix.offsets is None:
            return
        assert (0, matrix.values.size, len(matrix.keys) + 1) == (
            matrix.offsets[0],
            matrix.offsets[-1],
            matrix.offsets.size,
        )
        assert (np.diff(matrix.offsets) >= 0).all()
        if name not in SEQUENCES:
            assert all(row == sorted(set(row)) for row in rows_of(matrix))


def test_answer_codes_are_the_first_bytes_of_a_sha256(make_run: MakeRun) -> None:
    """`printf blue | sha256sum` begins 16477688c0e00699."""
    matrix = registry.feature("answer").extract(make_run({"p": ["**Blue**"]}, parsers={"p": "word"}), frozenset({"p"}))
    assert matrix.values.tolist() == [0x16477688C0E00699]


def test_usage_needs_a_report(make_run: MakeRun) -> None:
    """A reply that reports no prompt tokens has no row; refusals that do have one."""
    usage = registry.feature("usage")
    assert usage.extract(make_run({"p": ["a"]}, prompt_tokens=None), frozenset({"p"})).keys == ()
    matrix = usage.extract(make_run({"p": ["a", Outcome.REFUSAL, Outcome.MALFORMED]}, prompt_tokens=11), frozenset("p"))
    assert matrix.values.tolist() == [[11], [11]]
    assert matrix.keys == ("p#0", "p#1")
    assert np.int64 == matrix.values.dtype
