"""Samples nothing, or not much, can be said of: a typed result with its reason, and no NaN."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from blackbox.store import TableFields
from blackbox.workflow.compare import compare_runs
from blackbox.workflow.compare_options import CompareOptions
from blackbox.workflow.importing import import_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOW = datetime(2026, 11, 28, tzinfo=UTC)
FIELDS = TableFields(prompt="p", response="r", model="m")
WORDS = [f"w{i}" for i in range(8)]
RNG = np.random.default_rng(1)


def rows(answer: Callable[[str, int], str | None], *, n: int = 5, probe: Callable[[str, int], str]) -> list[Any]:
    """Answers of two models to twenty probes."""
    return [
        {"p": probe(model, i), "r": answer(model, i), "m": model} for model in "ab" for i in range(20) for _ in range(n)
    ]


def any_word(_: str, __: int) -> str:
    """An answer drawn by chance."""
    return str(RNG.choice(WORDS))


def shared(_: str, i: int) -> str:
    """The same twenty probes for both."""
    return f"question {i}"


CASES = {
    "one sample a probe": (rows(any_word, n=1, probe=shared), "not_applicable", "fewer than two usable answers"),
    "all answers of a side missing": (
        rows(lambda m, i: None if m == "b" else any_word(m, i), probe=shared),
        "not_applicable",
        "fewer than two usable answers",
    ),
    "all answers missing at a probe": (
        rows(lambda m, i: None if m == "b" and i == 3 else any_word(m, i), probe=shared),
        "inconclusive",
        "no difference was detected",
    ),
    "one constant answer": (rows(lambda *_: "yes", probe=shared), "not_applicable", "repeats, not draws"),
    "two constant answers": (rows(lambda m, _: m, probe=shared), "not_applicable", "repeats, not draws"),
    "no common probe": (rows(any_word, probe=lambda m, i: f"{m} {i}"), "not_applicable", "fewer than two usable"),
    "nothing but empty answers": (rows(lambda *_: "", probe=shared), "not_applicable", "repeats, not draws"),
}


@pytest.mark.parametrize("case", CASES)
def test_poor_samples_give_a_reason(case: str, tmp_path: Path) -> None:
    """Verdict and reason, every absent number null, strict JSON."""
    given, verdict, reason = CASES[case]
    (tmp_path / "rows.json").write_text(json.dumps(given))
    runs = import_table(tmp_path / "rows.json", FIELDS, suite_name="poor", results=tmp_path, now=lambda: NOW)
    report = compare_runs(tmp_path, [r.id for r in runs], CompareOptions(created_at=NOW), lambda _: None)
    document = json.loads((report.path / "comparison.json").read_text(), parse_constant=pytest.fail)
    same, missing = document["pairs"][0]["same"], document["pairs"][0]["missing"]
    assert (same["verdict"], reason in same["reason"]) == (verdict, True)
    assert (same["pvalue"] is None) == (verdict == "not_applicable")
    lost = {m: sum(row["r"] is None for row in given if row["m"] == m) for m in "ab"}
    assert {m: missing[m] for m in "ab"} == {m: {"error": n, "malformed": 0} for m, n in lost.items()}
    assert (missing["pvalue"] is None) == ("repeats" in reason)
    assert ("reason" in missing) == (missing["pvalue"] is None)


def test_losses_are_tested_where_answers_are_not(tmp_path: Path) -> None:
    """One answer a probe, six of twenty lost on one side: the exact p, by hand twice 2⁻⁶."""
    given = rows(lambda m, i: None if m == "b" and i < 6 else any_word(m, i), n=1, probe=shared)
    (tmp_path / "rows.json").write_text(json.dumps(given))
    runs = import_table(tmp_path / "rows.json", FIELDS, suite_name="poor", results=tmp_path, now=lambda: NOW)
    report = compare_runs(tmp_path, [r.id for r in runs], CompareOptions(created_at=NOW), lambda _: None)
    missing = json.loads((report.path / "comparison.json").read_text())["pairs"][0]["missing"]
    assert missing["pvalue"] == pytest.approx(2 / 2**6)
