"""What is asked of a model and what it says: the records between the HTTP side and the model's thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from concurrent.futures import Future


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One answer to sample.

    Args:
        prompt: Token ids, chat template included.
        max_tokens: Most tokens to sample.
        temperature: 0 takes the likeliest token each time.
        top_p: Share of probability kept, 1 for all.
        seed: Numbers that make the draw: two jobs with the same prompt, settings and seed get the same answer.
        stop: Texts before which the answer ends.
        top_logprobs: How many alternatives to report a token; None: no log-probabilities at all.
        repetition_penalty: Divides the logits of tokens that prompt or answer hold already (multiplies negative
            ones), as transformers does; 1 does nothing.
    """

    prompt: tuple[int, ...]
    max_tokens: int
    temperature: float
    top_p: float
    seed: tuple[int, ...]
    stop: tuple[str, ...] = ()
    top_logprobs: int | None = None
    repetition_penalty: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledToken:
    """One token of an answer with its log-probability under the model itself, before penalty, temperature and top_p."""

    id: int
    logprob: float
    top: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """One finished answer.

    Args:
        text: The answer, cut before a stop text.
        n_tokens: Tokens sampled, the end token included.
        finish_reason: `stop` at the end token or a stop text, else `length`.
        tokens: One entry a token of the answer, without the end token; None unless asked for.
    """

    text: str
    n_tokens: int
    finish_reason: Literal["stop", "length"]
    tokens: tuple[SampledToken, ...] | None


class Answerer(Protocol):
    """Something that can be served under a name."""

    context: int

    def prompt_ids(self, messages: Sequence[Mapping[str, str]]) -> tuple[int, ...]:
        """Return the token ids of a conversation, ready for the answer to follow."""
        ...

    def text_ids(self, text: str) -> tuple[int, ...]:
        """Return the token ids of a text as it stands, without a template."""
        ...

    def text(self, ids: Sequence[int]) -> str:
        """Return the text of token ids.

        Raises:
            IndexError: An id is not in the vocabulary.
        """
        ...

    def token_bytes(self, token: int) -> bytes:
        """Return the bytes a token stands for."""
        ...

    def submit(self, job: Job) -> Future[Sampled]:
        """Start sampling an answer; the future holds it when done."""
        ...
