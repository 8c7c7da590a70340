"""Scoring on several processes: the same document, digit for digit; clusters that are not there are refused."""

from __future__ import annotations

import json
import os
from importlib.util import find_spec
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from support.runs import peaked

from blackbox.errors import UsageError
from blackbox.store import TableFields
from blackbox.workflow import _compare_jobs, _compare_same
from blackbox.workflow._compare_jobs import SERIAL, Jobs, Some, blocks_of_size
from blackbox.workflow.compare import compare_runs
from blackbox.workflow.compare_options import CompareOptions
from blackbox.workflow.importing import import_table
from tests.support.stored import START

if TYPE_CHECKING:
    from pathlib import Path


TWO = Jobs(backend="loky", n=2)


def runs(tmp_path: Path, n: int, *, n_probes: int = 5, n_draws: int = 8) -> list[str]:
    """Import answers of `n` models, the last unlike the others, and return the runs' ids."""
    rng = np.random.default_rng(3)
    own, other = (peaked(rng, n_probes, 5) for _ in range(2))
    rows = [
        {"model": f"e{i}", "prompt": f"Question {p}?", "response": f"answer {k}"}
        for i in range(n)
        for p, share in enumerate(other if i == n - 1 else own)
        for k in rng.choice(len(share), size=n_draws, p=share)
    ]
    file = tmp_path / "answers.json"
    file.write_text(json.dumps(rows), encoding="utf-8")
    fields = TableFields(prompt="prompt", response="response", model="model")
    found = import_table(file, fields, suite_name="sim", results=tmp_path, now=lambda: START)
    return [run.id for run in found]


def compared(results: Path, names: list[str], jobs: Jobs) -> dict[str, Any]:
    """Return the document of a comparison."""
    options = CompareOptions(created_at=START, backend=jobs.backend, n_jobs=jobs.n)
    return dict(compare_runs(results, names, options, lambda _: None).document)


@pytest.mark.parametrize("n", [3, 11], ids=["followed", "screened"])
def test_the_document_is_the_same_whoever_computes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n: int) -> None:
    """Three pairs in full, or 55 of which most are screened: one process and two give equal documents."""
    monkeypatch.setattr(_compare_same, "BATCH", 16)
    monkeypatch.setattr(_compare_same, "FOLLOWED", 1 if n == 3 else 16)
    names = runs(tmp_path, n)

    alone, together = (compared(tmp_path, names, jobs) for jobs in (SERIAL, TWO))

    assert len(list(combinations(names, 2))) == len(alone["pairs"])
    assert {"different", "inconclusive"} <= {pair["same"]["verdict"] for pair in alone["pairs"]}
    assert json.dumps(alone, sort_keys=True) == json.dumps(together, sort_keys=True)


def test_a_job_is_sent_the_runs_of_its_pairs_only() -> None:
    """Positions stay what they were, and what a block does not need is not there."""
    some = Some(["a", "b", "c"], {0, 2})

    assert (3, "a", "c") == (len(some), some[0], some[2])
    with pytest.raises(KeyError):
        some[1]
    with pytest.raises(TypeError, match="empty"):
        some[0:2]


def test_blocks_keep_the_order() -> None:
    """Cut into blocks and put together again, nothing is lost, doubled or moved."""
    blocks = blocks_of_size(list(range(10)), 4)

    assert [4, 4, 2] == [len(block) for block in blocks]
    assert list(range(10)) == [item for block in blocks for item in block]


@pytest.mark.parametrize("backend", ["dask", "ray"])
def test_a_missing_package_is_one_line(monkeypatch: pytest.MonkeyPatch, backend: Any) -> None:
    """A cluster whose client is not installed is refused before anything is computed."""
    monkeypatch.setattr(_compare_jobs, "find_spec", lambda _: None)
    with pytest.raises(UsageError, match=rf"--backend {backend} needs the package .*pip install"):
        Jobs(backend=backend).check()


@pytest.mark.parametrize(("backend", "variable"), [("dask", "DASK_SCHEDULER_ADDRESS"), ("ray", "RAY_ADDRESS")])
def test_a_missing_cluster_is_one_line(monkeypatch: pytest.MonkeyPatch, backend: Any, variable: str) -> None:
    """Without an address no cluster is started in secret."""
    monkeypatch.setattr(_compare_jobs, "find_spec", lambda _: object())
    monkeypatch.delenv(variable, raising=False)
    with pytest.raises(UsageError, match=variable):
        Jobs(backend=backend).check()


@pytest.mark.parametrize("backend", ["dask", "ray"])
def test_a_cluster_computes_the_same_document(tmp_path: Path, backend: Any) -> None:
    """Skipped unless a cluster runs here and the environment names it; docs/machines.md says how."""
    package, variable = _compare_jobs.NEEDS[backend]
    if find_spec(package) is None or not os.environ.get(variable):
        pytest.skip(f"no {backend} cluster: {variable} is not set")
    names = runs(tmp_path, 4)
    alone, there = (compared(tmp_path, names, jobs) for jobs in (SERIAL, Jobs(backend=backend)))
    assert json.dumps(alone, sort_keys=True) == json.dumps(there, sort_keys=True)
