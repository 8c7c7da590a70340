"""Answerers that are no models: one that always says the same, and one that says random characters.

Traps for whoever compares endpoints: the first agrees with itself perfectly, the second with nothing, and neither has
an ancestor. Their tokens are bytes.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from concurrent.futures import Future
from typing import TYPE_CHECKING

import numpy as np

from blackbox.serve.generation import Sampled, SampledToken

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.serve.generation import Job

_CONSTANT = "Thank you for your question."
_CHARACTERS = bytes(range(0x20, 0x7F))
_LONGEST = 120


class _Scripted(ABC):
    """What both have in common: bytes for tokens, and an answer at once."""

    context = 1 << 20

    def prompt_ids(self, messages: Sequence[Mapping[str, str]]) -> tuple[int, ...]:
        """Return the bytes of all messages."""
        return tuple("\n".join(message["content"] for message in messages).encode("utf-8", "replace"))

    def token_bytes(self, token: int) -> bytes:
        """Return the byte a token is."""
        return bytes([token])

    def submit(self, job: Job) -> Future[Sampled]:
        """Return a future that already holds the answer."""
        spoken, logprob = self.spoken(job)
        future: Future[Sampled] = Future()
        future.set_result(_cut(spoken, logprob, job))
        return future

    @abstractmethod
    def spoken(self, job: Job) -> tuple[bytes, float]:
        """Return the whole answer, and the log-probability of each of its bytes."""


class ConstantAnswers(_Scripted):
    """Says the same, whatever is asked."""

    def spoken(self, job: Job) -> tuple[bytes, float]:
        """Return the one answer."""
        del job
        return _CONSTANT.encode(), 0.0


class RandomCharacters(_Scripted):
    """Says uniform random printable ASCII of random length, whatever is asked; temperature changes nothing."""

    def spoken(self, job: Job) -> tuple[bytes, float]:
        """Return characters drawn from the job's seed."""
        rng = np.random.default_rng(job.seed)
        drawn = rng.integers(len(_CHARACTERS), size=int(rng.integers(1, _LONGEST + 1)))
        return bytes(_CHARACTERS[i] for i in drawn), -math.log(len(_CHARACTERS))


def _cut(spoken: bytes, logprob: float, job: Job) -> Sampled:
    """Return an answer as a model's would come: cut at the token limit and before a stop text."""
    kept = spoken[: job.max_tokens]
    text = kept.decode("ascii")
    stops = [text.find(stop) for stop in job.stop if stop in text]
    text = text[: min(stops)] if stops else text
    ended = bool(stops) or len(kept) == len(spoken)
    tokens = None
    if job.top_logprobs is not None:
        tokens = tuple(SampledToken(id=byte, logprob=logprob, top=()) for byte in text.encode())
    return Sampled(text=text, n_tokens=len(kept), finish_reason="stop" if ended else "length", tokens=tokens)
