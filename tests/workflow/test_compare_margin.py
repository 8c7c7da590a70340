"""Comparing beside a control and beside hosts of the same weights, from stored runs to the document."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from support.runs import drawn_answers, make_run, peaked, stored

from blackbox import suites
from blackbox.core import Decoding, plain
from blackbox.errors import UsageError
from blackbox.workflow.compare import compare_runs
from blackbox.workflow.compare_options import CompareOptions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from blackbox.core import Run

NOW = datetime(2026, 11, 23, tzinfo=UTC)
SUITE = suites.find("one-token@1")
N_PROBES = len(SUITE.probes)


def answering(name: str, shares: np.ndarray, seed: int) -> Run:
    """A run of fifteen answers a probe."""
    return make_run(SUITE, drawn_answers(np.random.default_rng(seed), SUITE, shares, 15), endpoint=name)


def compared(results: Path, runs: list[Run], **options: Any) -> Mapping[str, Any]:
    """Store the runs, compare them and return the only pair, read back as strict JSON."""
    names = [stored(results, run) for run in runs]
    report = compare_runs(results, names, CompareOptions(created_at=NOW, **options), lambda _: None)
    document = json.loads((report.path / "comparison.json").read_text(), parse_constant=pytest.fail)
    [pair] = document["pairs"]
    return dict(pair)


def two_models() -> tuple[np.ndarray, np.ndarray]:
    """Answer shares of a model and of another."""
    rng = np.random.default_rng(0)
    return peaked(rng, N_PROBES, 6, 0.2), peaked(rng, N_PROBES, 6, 0.2)


def test_a_control_gives_the_effect_its_unit(tmp_path: Path) -> None:
    """The effect is a share with its interval, beside the distance, and the positive control is reported."""
    own, other = two_models()
    control = stored(tmp_path, answering("c", other, 2))
    runs = [answering("a", own, 0), answering("b", 0.5 * own + 0.5 * other, 1)]
    same = compared(tmp_path, runs, controls=(control,))["same"]
    assert same["effect"]["unit"] == "mixture_equivalent_share"
    assert same["effect"]["value"] == pytest.approx(0.5, abs=0.12)
    assert same["distance"]["unit"] == "mmd2"
    assert same["positive_control"]["n_draws"] == 20
    assert same["verdict"] == "different"
    assert {e["name"] for e in same["benign_explanations"]} >= {"sampling temperature", "top_p", "formatting"}
    assert same["minimum_detectable_effect"]["alternative"] == "mixture with c"


def test_hosts_of_the_same_weights_give_their_band(tmp_path: Path) -> None:
    """With two hosts: three benign pairs, and a similarity between its bands."""
    own, _ = two_models()
    hosts = tuple(stored(tmp_path, answering(name, own, seed)) for name, seed in (("h", 3), ("i", 4)))
    pair = compared(tmp_path, [answering("a", own, 0), answering("b", own, 1)], benign=hosts)
    assert len(pair["same"]["benign_band"]["pairs"]) == 3
    assert pair["similarity"]["benign_band"]["n_pairs"] == 3
    assert pair["similarity"]["value"] is not None


def test_with_unknown_sampling_equivalence_is_not_judged(tmp_path: Path) -> None:
    """An untested condition: compared, and no claim."""
    own, other = two_models()
    control = stored(tmp_path, answering("c", other, 2))
    b = answering("b", own, 1)
    unknown = replace(b, manifest=replace(b.manifest, sent_decoding=None))
    same = compared(tmp_path, [answering("a", own, 0), unknown], controls=(control,))["same"]
    assert same["equivalence"]["status"] == "not_available"
    assert "sampling settings of a side are unknown" in same["equivalence"]["reason"]
    assert same["verdict"] == "inconclusive"


def test_repeats_at_temperature_zero_are_read_against_hosts_only(tmp_path: Path) -> None:
    """The same weights on two hosts, a near tie decided otherwise: never different, with its p among hosts."""
    zero = Decoding(temperature=0.0)

    def host(name: str, n_changed: int) -> Run:
        answers = {p.id: ["other" if i < n_changed else "same"] * 15 for i, p in enumerate(SUITE.probes)}
        run = make_run(SUITE, answers, endpoint=name, sent_decoding=zero)
        return replace(run, manifest=replace(run.manifest, sent_decoding=plain(zero)))

    hosts = tuple(stored(tmp_path, host(name, n)) for name, n in (("h", 1), ("i", 2)))
    same = compared(tmp_path, [host("a", 0), host("b", 2)], benign=hosts)["same"]
    assert (same["verdict"], same["band"]) == ("inconclusive", "benign")
    assert same["deterministic"]["pvalue"] == pytest.approx(2 / 4)


def test_a_control_of_another_suite_or_two_of_one_are_refused(tmp_path: Path) -> None:
    """One clear line each."""
    own, other = two_models()
    runs = [answering("a", own, 0), answering("b", own, 1)]
    controls = tuple(stored(tmp_path, answering(name, other, 2)) for name in "cd")
    with pytest.raises(UsageError, match="two --control runs of one suite"):
        compared(tmp_path, runs, controls=controls)
    other_suite = suites.find("open-ended@1")
    foreign = stored(tmp_path, make_run(other_suite, {other_suite.probes[0].id: ["x", "y"]}, endpoint="f"))
    names = [run.id for run in runs]
    with pytest.raises(UsageError, match="no compared run is of its suite"):
        compare_runs(tmp_path, names, CompareOptions(created_at=NOW, benign=(foreign,)), lambda _: None)
