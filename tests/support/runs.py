"""Simulated runs: known distributions in, real records out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from blackbox.core import (
    Decision,
    Decoding,
    FeatureMatrix,
    Manifest,
    Message,
    Observation,
    Outcome,
    Probe,
    Run,
    Suite,
    digest,
    plain,
)
from blackbox.evidence.samples import Sample
from blackbox.evidence.screening import CodedPair
from blackbox.store import RUN_SCHEMA, create_run, write_observations

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from blackbox.core import PooledProbe

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SAMPLED = Decoding(temperature=1.0, top_p=1.0)


def make_suite(n_probes: int, *, form: str = "closed", repeats: int = 20, name: str = "simulated") -> Suite:
    """Return a suite of `n_probes` one-word questions."""
    probes = tuple(
        Probe(
            id=f"p{i:03d}",
            family="simulated",
            language="en",
            form=form,
            messages=(Message(role="user", content=f"Question {i}?"),),
            repeats=repeats,
            max_output_tokens=8,
        )
        for i in range(n_probes)
    )
    return Suite(
        name=name,
        version=1,
        digest=digest([plain(p) for p in probes]),
        origin="shipped",
        questions=("same",),
        decoding=SAMPLED,
        decision=Decision(),
        probes=probes,
    )


def observe(probe_id: str, repeat: int, text: str | None, **more: object) -> Observation:
    """Return one observation; a text of None is an error."""
    fields = {
        "key": f"{probe_id}#{repeat}",
        "probe_id": probe_id,
        "repeat": repeat,
        "block_id": repeat,
        "outcome": Outcome.ERROR if text is None else Outcome.OK,
        "text": text,
        "requested_at": START + timedelta(seconds=repeat),
        "response_id": f"id-{probe_id}-{repeat}-{abs(hash((text, repeat)))}",
        "sent_decoding": SAMPLED,
    }
    return Observation(**(fields | more))


def make_run(
    suite: Suite, answers: Mapping[str, Sequence[str | None]], *, endpoint: str = "a", session: int = 0, **more: object
) -> Run:
    """Return the run of an endpoint that gave these answers; response ids differ between sessions."""
    observations = tuple(
        observe(probe.id, k, text, response_id=f"{endpoint}-{session}-{probe.id}-{k}", **more)
        for probe in suite.probes
        for k, text in enumerate(answers.get(probe.id, ()))
    )
    head = digest([endpoint, session, [plain(o) for o in observations]])
    manifest = Manifest(
        schema="blackbox.run/1",
        run_id=f"20260102t030405z-{endpoint}-{suite.name}-{session:08d}",
        run_key=digest([endpoint, session]),
        label=str(session),
        origin="collected",
        status="finished",
        suite_name=suite.name,
        suite_version=suite.version,
        suite_digest=suite.digest,
        endpoint={"name": endpoint, "kind": "openai-chat", "base_url": "http://127.0.0.1:1/v1", "model": endpoint},
        sent_decoding=plain(SAMPLED),
        honoured_decoding=None,
        plan={},
        packages={},
        created_at=START,
        finished_at=START,
        totals={},
        cost=None,
        journal_count=len(observations),
        journal_head=head,
    )
    return Run(id=manifest.run_id, manifest=manifest, suite=suite, observations=observations)


def stored(results: Path, run: Run) -> str:
    """Write a run to a results folder and return its id."""
    plan: dict[str, object] = {"n_calls": len(run.observations)}
    manifest = replace(
        run.manifest,
        schema=RUN_SCHEMA,
        status="running",
        finished_at=None,
        plan={**plan, "digest": digest(plan)},
        journal_count=0,
        journal_head="",
    )
    path = create_run(results, manifest=manifest, suite=run.suite)
    write_observations(path, run.observations)
    return manifest.run_id


def code_feature(run: Run) -> FeatureMatrix:
    """Return each usable answer as a code derived from its text: the `answer` feature in miniature."""
    rows = [o for o in run.observations if not o.missing]
    codes = [int(digest(o.text)[:12], 16) for o in rows]
    return FeatureMatrix(
        feature="answer",
        version=1,
        values=np.array(codes, dtype=np.uint64),
        probe_ids=tuple(o.probe_id for o in rows),
        keys=tuple(o.key for o in rows),
    )


def make_sample(run: Run) -> Sample:
    """Return the run's sample with its `answer` feature."""
    return Sample.of(run, {"answer": code_feature(run)})


def coded(probes: Sequence[PooledProbe]) -> CodedPair:
    """Return a pair of runs by their codes, as many pairs are drawn together from."""
    return CodedPair(
        x={p.probe_id: p.values[: p.n_x] for p in probes},
        y={p.probe_id: p.values[p.n_x :] for p in probes},
        probe_ids=tuple(p.probe_id for p in probes),
    )


def peaked(rng: np.random.Generator, n_probes: int, n_answers: int, concentration: float = 0.5) -> np.ndarray:
    """Return `(P, K)` answer distributions drawn from a symmetric Dirichlet."""
    return rng.dirichlet(np.full(n_answers, concentration), size=n_probes)


def drawn_answers(rng: np.random.Generator, suite: Suite, shares: np.ndarray, n: int) -> dict[str, list[str]]:
    """Return `n` answers a probe drawn from `(P, K)` distributions."""
    return {
        probe.id: [f"w{k}" for k in rng.choice(shares.shape[1], size=n, p=shares[i])]
        for i, probe in enumerate(suite.probes)
    }
