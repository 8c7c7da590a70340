"""`compare` with a known alternative: the share in the document, the words and the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from blackbox import suites
from blackbox.errors import UsageError
from blackbox.report import render
from blackbox.workflow.compare import compare_runs
from blackbox.workflow.compare_options import CompareOptions
from tests.support.runs import START, drawn_answers, make_run, peaked, stored

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

SUITE = suites.find("one-token@1")
N_PROBES = len(SUITE.probes)


def written(results: Path, rng: np.random.Generator, laws: dict[str, np.ndarray]) -> dict[str, str]:
    """Write a run of each law and return their ids."""
    runs = {name: make_run(SUITE, drawn_answers(rng, SUITE, law, 30), endpoint=name) for name, law in laws.items()}
    return {name: stored(results, run) for name, run in runs.items()}


def compared(results: Path, names: list[str], **more: Any) -> dict[str, Any]:
    """Return the document of a comparison of the mixed question."""
    options = CompareOptions(created_at=START, questions=("same", "mixed"), **more)
    return dict(compare_runs(results, names, options, lambda _: None).document)


def test_the_share_stands_in_document_and_report(tmp_path: Path, rng: np.random.Generator) -> None:
    """30 % of the alternative's answers: share, interval, alternative and words; the report prints them."""
    p, q = peaked(rng, N_PROBES, 8, 0.3), peaked(rng, N_PROBES, 8, 0.3)
    ids = written(tmp_path, rng, {"a": p, "b": 0.7 * p + 0.3 * q, "c": q})
    document = compared(tmp_path, [ids["a"], ids["b"]], alternatives=(ids["c"],))
    mixed = document["pairs"][0]["mixed"]
    assert mixed["ci_low"] <= 0.3 <= mixed["ci_high"]
    assert "c" == mixed["alternative"]
    drawn = render(document, to="terminal")
    assert "of B's calls" in " ".join(drawn.split())
    assert f"--alternative {ids['c']}" in document["provenance"]["command"]


def test_without_an_alternative_a_bound_is_given(tmp_path: Path, rng: np.random.Generator) -> None:
    """No alternative: no share, a lower bound, and what it means."""
    p, q = peaked(rng, N_PROBES, 8, 0.3), peaked(rng, N_PROBES, 8, 0.3)
    ids = written(tmp_path, rng, {"a": p, "b": q})
    pair = compared(tmp_path, [ids["a"], ids["b"]])["pairs"][0]
    assert pair["mixed"]["share"] is None
    assert "no alternative was named" in pair["mixed"]["reason"]
    assert pair["mixed"]["lower_bound"]["value"] > 0.1
    assert "as sampled" in pair["sentences"]["mixed"]


def test_an_alternative_must_fit_the_suite(tmp_path: Path, rng: np.random.Generator) -> None:
    """A run of another suite is refused before anything is computed."""
    p = peaked(rng, N_PROBES, 8)
    ids = written(tmp_path, rng, {"a": p, "b": p})
    other = suites.find("open-ended@1")
    words = {probe.id: ["Some words.", "Other words."] for probe in other.probes}
    stray = stored(tmp_path, make_run(other, words, endpoint="c"))
    with pytest.raises(UsageError, match="--alternative"):
        compared(tmp_path, [ids["a"], ids["b"]], alternatives=(stray,))
