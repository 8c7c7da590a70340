"""Answerers that are no models: one that always says the same, and one that says random characters.

Traps for whoever compares endpoints: the first agrees with itself perfectly, the second with nothing, and neither has
an ancestor. Their tokens are bytes.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from blackbox.serve.fixed import FixedAnswers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from concurrent.futures import Future
    from pathlib import Path

    from blackbox.serve.generation import Answerer, Job, Sampled

_CONSTANT = "Thank you for your question."
_CHARACTERS = bytes(range(0x20, 0x7F))
_LONGEST = 120


class RandomCharacters(FixedAnswers):
    """Says uniform random printable ASCII of random length, whatever is asked; temperature changes nothing."""

    def submit(self, job: Job) -> Future[Sampled]:
        """Answer at once, with characters drawn from the job's seed."""
        rng = np.random.default_rng(job.seed)
        drawn = rng.integers(len(_CHARACTERS), size=int(rng.integers(1, _LONGEST + 1)))
        future = FixedAnswers(bytes(_CHARACTERS[i] for i in drawn).decode("ascii")).submit(job)
        answer = future.result()
        if answer.tokens is None:
            return future
        future = type(future)()
        each = -math.log(len(_CHARACTERS))
        future.set_result(replace(answer, tokens=tuple(replace(token, logprob=each) for token in answer.tokens)))
        return future


def with_scripted(models: Mapping[str, str | Path | Answerer]) -> dict[str, str | Path | Answerer]:
    """Return the models, with an answerer in the place of each that is called `constant` or `random-characters`."""
    made: dict[str, Answerer] = {"constant": FixedAnswers(_CONSTANT), "random-characters": RandomCharacters(_CONSTANT)}
    return {name: made.get(model, model) if isinstance(model, str) else model for name, model in models.items()}
