"""Runs built in memory: answers by probe, where an `Outcome` stands for a reply without a text."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

import pytest

from blackbox.core import (
    CallError,
    Decision,
    Decoding,
    Manifest,
    Message,
    Observation,
    Outcome,
    Probe,
    Run,
    Suite,
    TokenLogprob,
    Usage,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class MakeRun(Protocol):
    """How tests ask for a run."""

    def __call__(
        self,
        answers: Mapping[str, Sequence[str | Outcome]],
        *,
        parsers: Mapping[str, str] | None = None,
        prompt_tokens: int | None = 7,
    ) -> Run:
        """Return a run with these answers; probes are parsed as `text` unless `parsers` says otherwise."""
        ...


@pytest.fixture
def make_run() -> MakeRun:
    """Return a builder of runs whose probes are the keys of `answers`."""

    def build(
        answers: Mapping[str, Sequence[str | Outcome]],
        *,
        parsers: Mapping[str, str] | None = None,
        prompt_tokens: int | None = 7,
    ) -> Run:
        observations = [
            _observation(probe_id, repeat, answer, prompt_tokens)
            for probe_id, said in answers.items()
            for repeat, answer in enumerate(said)
        ]
        suite = _suite({probe_id: (parsers or {}).get(probe_id, "text") for probe_id in answers})
        return Run(id="run", manifest=_manifest(), suite=suite, observations=tuple(observations))

    return build


def _observation(probe_id: str, repeat: int, answer: str | Outcome, prompt_tokens: int | None) -> Observation:
    missing = answer in (Outcome.ERROR, Outcome.MALFORMED)
    outcome = answer if isinstance(answer, Outcome) else Outcome.OK
    return Observation(
        key=f"{probe_id}#{repeat}",
        probe_id=probe_id,
        repeat=repeat,
        block_id=repeat,
        outcome=outcome,
        text=None if isinstance(answer, Outcome) else answer,
        usage=Usage(prompt_tokens=prompt_tokens),
        logprobs=(TokenLogprob(token="a", logprob=-0.5, top=(("a", -0.5), ("b", -1.5))),),
        error=CallError(kind="timeout", message="no reply") if missing else None,
    )


def _suite(parsers: Mapping[str, str]) -> Suite:
    probes = [
        Probe(
            id=probe_id,
            family="made-up",
            language="en",
            form="closed",
            messages=(Message(role="user", content=f"Question {probe_id}?"),),
            repeats=3,
            max_output_tokens=16,
            parser=parser,
        )
        for probe_id, parser in parsers.items()
    ]
    return Suite(
        name="made-up",
        version=1,
        digest="0" * 64,
        origin="file",
        questions=("same",),
        decoding=Decoding(temperature=1.0),
        decision=Decision(),
        probes=tuple(probes),
    )


def _manifest() -> Manifest:
    return Manifest(
        schema="blackbox.run/1",
        run_id="run",
        run_key="0" * 64,
        label="",
        origin="collected",
        status="finished",
        suite_name="made-up",
        suite_version=1,
        suite_digest="0" * 64,
        endpoint={"name": "somewhere"},
        sent_decoding=None,
        honoured_decoding=None,
        plan={},
        packages={},
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        finished_at=None,
        totals={},
        cost=None,
        journal_count=0,
        journal_head="0" * 64,
    )
