"""Many independent answers of a member of the zoo: over the reference endpoint, or from its own sampler."""

from __future__ import annotations

import json
import urllib.request
from concurrent.futures import Future
from functools import cache
from typing import TYPE_CHECKING

from blackbox import serve
from blackbox.serve import batch as serving
from blackbox.serve.batch import Batch
from blackbox.serve.generation import Job, Sampled
from blackbox.serve.language_model import LanguageModel

if TYPE_CHECKING:
    import numpy as np

    from blackbox.core import Probe, Suite

WIDTH = 64
"""Choices a request."""
serving.MOST_ROWS = 512


def drawn(url: str, member: str, suite: Suite, probe: Probe, n: int) -> list[tuple[str, str]]:
    """Return `n` independent answers with their finish reasons, asked for in few requests."""
    sent = suite.sent_decoding(probe)
    found: list[tuple[str, str]] = []
    while len(found) < n:
        body = {
            "model": member, "n": min(WIDTH, n - len(found)), "temperature": sent.temperature, "top_p": 1.0,
            "max_tokens": probe.max_output_tokens,
            "messages": [{"role": m.role, "content": m.content} for m in probe.messages],
        }  # fmt: skip
        request = urllib.request.Request(  # noqa: S310 - loopback
            f"{url}/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=600) as reply:  # noqa: S310 - loopback
            found += [(c["message"]["content"], c["finish_reason"]) for c in json.load(reply)["choices"]]
    return found


@cache
def _model(member: str) -> LanguageModel:
    return LanguageModel(serve.folder(member))


def sampled_here(member: str, suite: Suite, probe: Probe, n: int, rng: np.random.Generator) -> list[tuple[str, str]]:
    """Return `n` independent answers from the endpoint's own sampler, without the network: many at a time, seeded."""
    model, sent, most = _model(member), suite.sent_decoding(probe), probe.max_output_tokens or 16
    prompt = model.prompt_ids([{"role": m.role, "content": m.content} for m in probe.messages])
    seed, batch = int(rng.integers(2**60)), Batch(model)
    futures: list[Future[Sampled]] = [Future() for _ in range(n)]
    for i, future in enumerate(futures):
        job = Job(prompt=prompt, max_tokens=most, temperature=sent.temperature or 0.0, top_p=1.0, seed=(seed, i))
        batch.add(job, future)
    while batch.busy:
        batch.step()
    return [(f.result().text, f.result().finish_reason) for f in futures]
