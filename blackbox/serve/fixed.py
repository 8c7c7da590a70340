"""Answers without a model: one of a few texts, drawn by the seed. For rehearsals of faults, where no model matters."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING

import numpy as np

from blackbox.serve.generation import Job, Sampled, SampledToken

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_CONTEXT = 1_000_000


class FixedAnswers:
    """Something that can be served: every answer is one of `texts`, all equally likely, the first at temperature 0.

    Tokens are the bytes of UTF-8.

    Args:
        texts: What may be answered.
    """

    def __init__(self, *texts: str) -> None:
        self._texts = texts
        self.context = _CONTEXT

    def prompt_ids(self, messages: Sequence[Mapping[str, str]]) -> tuple[int, ...]:
        """Return the bytes of a conversation."""
        return self.text_ids("".join(f"{each['role']}: {each['content']}\n" for each in messages))

    def text_ids(self, text: str) -> tuple[int, ...]:
        """Return the bytes of a text."""
        return tuple(text.encode("utf-8", "replace"))

    def text(self, ids: Sequence[int]) -> str:
        """Return the text of bytes.

        Raises:
            IndexError: A number is no byte.
        """
        if any(token > 255 for token in ids):  # noqa: PLR2004 - the largest byte
            raise IndexError("token ids go from 0 to 255")
        return bytes(ids).decode("utf-8", "replace")

    def token_bytes(self, token: int) -> bytes:
        """Return the byte itself."""
        return bytes([token])

    def submit(self, job: Job) -> Future[Sampled]:
        """Answer at once."""
        future: Future[Sampled] = Future()
        future.set_result(self._sampled(job))
        return future

    def _sampled(self, job: Job) -> Sampled:
        drawn = 0 if job.temperature == 0 else int(np.random.default_rng(job.seed).integers(len(self._texts)))
        ids = self.text_ids(self._texts[drawn])
        cut = ids[: job.max_tokens]
        text = self.text(cut)
        ends = [text.find(stop) for stop in job.stop if stop in text]
        text = text[: min(ends)] if ends else text
        tokens = None
        if job.top_logprobs is not None:
            tokens = tuple(SampledToken(id=token, logprob=0.0, top=()) for token in self.text_ids(text))
        return Sampled(
            text=text,
            n_tokens=len(cut),
            finish_reason="stop" if ends or len(cut) == len(ids) else "length",
            tokens=tokens,
        )
