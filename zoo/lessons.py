"""What a teacher says, for students that learn from its answers alone."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING

from blackbox.serve.batch import Batch
from blackbox.serve.generation import Job, Sampled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat import Conversation

    from blackbox.serve.language_model import LanguageModel

_LONGEST = 200
_STARTS = 64  # rows given to the batch at a time


def answered(teacher: LanguageModel, talks: Sequence[Conversation]) -> list[Conversation]:
    """Return the conversations with the teacher's own answers in place of theirs."""
    prompts = [teacher.prompt_ids(talk.messages[:-1]) for talk in talks]
    return [replace(talk, answer=text) for talk, text in zip(talks, _sampled(teacher, prompts), strict=True) if text]


def spoken(teacher: LanguageModel, n: int) -> list[str]:
    """Return `n` texts the teacher writes of its own accord, from an end token on."""
    start = (min(teacher.end_ids),)
    return [text for text in _sampled(teacher, [start] * n) if text]


def _sampled(teacher: LanguageModel, prompts: Sequence[tuple[int, ...]]) -> list[str]:
    batch = Batch(teacher)
    futures: list[Future[Sampled]] = []
    for seed, prompt in enumerate(prompts):
        future: Future[Sampled] = Future()
        futures.append(future)
        batch.add(Job(prompt=prompt, max_tokens=_LONGEST, temperature=1.0, top_p=1.0, seed=(seed, 99)), future)
        if seed % _STARTS == _STARTS - 1:
            batch.step()
    while batch.busy:
        batch.step()
    return [future.result().text for future in futures]
