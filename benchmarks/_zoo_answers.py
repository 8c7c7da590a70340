"""Answers of members of the zoo from the reference endpoint's own sampler, without the network between."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import _scripted as scripted

from blackbox import serve
from blackbox.core import Outcome, Run, TokenLogprob
from blackbox.serve import batch as serving
from blackbox.serve.batch import Batch
from blackbox.serve.generation import Job, Sampled
from blackbox.serve.language_model import LanguageModel

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np

    from blackbox.core import Observation, Probe, Suite

MOST_TOGETHER = 128
"""Answers sampled side by side where each is a draw of its own."""


MOST_AT_ONCE = 16
"""Answers side by side where batches are to differ from session to session, as they do under a server's load."""


@cache
def model_of(member: str) -> LanguageModel:
    """Return a member of the zoo, or a build of one such as `a@int8`."""
    name, _, build = member.partition("@")
    return LanguageModel(serve.folder(name), build or None)


def sampled_here(member: str, asked: list[tuple[Suite, Probe]], rng: np.random.Generator) -> list[Sampled]:
    """Return an independent answer to each of the questions asked, many sampled at a time, seeded."""
    seed = int(rng.integers(2**60))
    jobs = [replace(_job(member, suite, probe, None), seed=(seed, i)) for i, (suite, probe) in enumerate(asked)]
    return _sampled(model_of(member), jobs, MOST_TOGETHER)


def session_here(
    member: str, suite: Suite, rng: np.random.Generator, *, top: int | None = None
) -> list[tuple[Probe, Sampled]]:
    """Return one answer to every probe: asked in an order and in batches of the session's own."""
    model, most = model_of(member), int(rng.integers(4, MOST_AT_ONCE + 1))
    probes = [suite.probes[i] for i in rng.permutation(len(suite.probes))]
    return list(zip(probes, _sampled(model, [_job(member, suite, p, top) for p in probes], most), strict=True))


def run_of(member: str, suite: Suite, rows: Iterable[Observation], rng: np.random.Generator) -> Run:
    """Return a session's run, under a name of its own."""
    name = f"{member}-{rng.integers(2**60)}"
    return Run(id=name, manifest=scripted.manifest(rng), suite=suite, observations=tuple(rows))


def outcome_of(said: Sampled) -> Outcome:
    """Return what became of a call, as a client reads it from the reply."""
    if not said.text:
        return Outcome.EMPTY
    return Outcome.TRUNCATED if said.finish_reason == "length" else Outcome.OK


def texts_of(member: str, said: Sampled) -> tuple[TokenLogprob, ...] | None:
    """Return the listed tokens of an answer as a client sees them."""
    if said.tokens is None:
        return None
    word = model_of(member).token_bytes
    return tuple(
        TokenLogprob(
            token=str(word(each.id), "utf-8", "replace"), logprob=each.logprob,
            top=tuple((str(word(token), "utf-8", "replace"), logprob) for token, logprob in each.top),
        )
        for each in said.tokens
    )  # fmt: skip


def prompt_of(member: str, probe: Probe) -> tuple[int, ...]:
    """Return the tokens a member reads for a probe, as the reference endpoint counts them."""
    return model_of(member).prompt_ids([{"role": m.role, "content": m.content} for m in probe.messages])


def _job(member: str, suite: Suite, probe: Probe, top: int | None) -> Job:
    sent = suite.sent_decoding(probe)
    return Job(
        prompt=prompt_of(member, probe), max_tokens=probe.max_output_tokens or 16,
        temperature=sent.temperature or 0.0, top_p=1.0, seed=(sent.seed or 0,), top_logprobs=top,
    )  # fmt: skip


def _sampled(model: LanguageModel, jobs: list[Job], most: int) -> list[Sampled]:
    batch, futures = Batch(model), [Future[Sampled]() for _ in jobs]
    for job, future in zip(jobs, futures, strict=True):
        batch.add(job, future)
    serving.MOST_ROWS = most
    while batch.busy:
        batch.step()
    return [future.result() for future in futures]
