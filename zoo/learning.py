"""The training loop, the same for every member: next-token loss over half text, half conversations."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch.autograd.function import FunctionCtx
    from transformers import PreTrainedModel

    Body = Callable[..., Any]

_PIECE = 4  # rows whose gradient is computed at a time: what fits a processor's cache is a third quicker
_AT_ONCE = 256  # tokens whose logits are held at a time, for the same reason
_WORTH_COMPILING = 16_000  # rows in all: compiling takes about a minute and then saves a sixth
_WARM_UP = 40
_TALLY = 50  # steps whose mean is reported as the loss


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Token ids `(b, window)` and how much predicting each of them counts."""

    ids: torch.Tensor
    weights: torch.Tensor

    def pieces(self) -> Iterator[Batch]:
        """Yield the rows a few at a time, like long ones together and without the padding after the longest."""
        lengths = (self.weights != 0).long().cumsum(dim=1).argmax(dim=1) + 1  # the first place of the last count
        for rows in lengths.argsort(descending=True, stable=True).split(_PIECE):
            longest = int(lengths[rows[0]])
            yield Batch(ids=self.ids[rows, :longest], weights=self.weights[rows, :longest])


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Token rows to train on.

    Args:
        stream: `(n,)` ids of the text source, documents joined by the end token.
        chats: `(m, window)` ids, conversations from each row's start, padded.
        weights: `(m, window)`, how much each token of `chats` counts; 0 for padding. The stream's count 1.
        share: Share of a batch taken from `chats`.
    """

    stream: np.ndarray
    chats: np.ndarray
    weights: np.ndarray
    share: float

    def batch(self, rng: np.random.Generator, size: int) -> Batch:
        """Return `size` rows: `share` of them conversations, the others pieces of the stream."""
        window = self.chats.shape[1]
        n_chats = round(size * self.share)
        picked = rng.integers(len(self.chats), size=n_chats)
        starts = rng.integers(len(self.stream) - window, size=size - n_chats)
        pieces = self.stream[starts[:, None] + np.arange(window)]
        ids = np.concatenate([self.chats[picked], pieces]).astype(np.int64)
        weights = np.concatenate([self.weights[picked], np.ones(pieces.shape, np.float32)])
        return Batch(ids=torch.from_numpy(ids), weights=torch.from_numpy(weights))


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """What a training run came to: mean losses in nats a token over its last steps, and its time."""

    loss: float
    steps: int
    seconds: float
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How a model is trained: optimiser steps, rows a step, highest learning rate, and the seed of their order."""

    steps: int
    batch: int
    rate: float
    seed: int


def learn(
    model: PreTrainedModel,
    rows: Rows,
    course: Course,
    *,
    teacher: Callable[[torch.Tensor], torch.Tensor] | None = None,
) -> Learnt:
    """Train `model` in place with AdamW and a cosine schedule.

    Args:
        model: Trained in place, in float32: emulated bfloat16 is six times slower on processors that lack it.
        rows: What to train on.
        course: For how long, and how.
        teacher: Where given, the loss is the divergence from the logits it returns for the same ids.
    """
    steps, rng = course.steps, np.random.default_rng([course.seed, 7])
    torch.manual_seed(course.seed)
    optimiser = torch.optim.AdamW(model.parameters(), lr=course.rate, betas=(0.9, 0.95), weight_decay=0.05)
    warm_up = min(_WARM_UP, steps // 5)
    began, losses = time.monotonic(), []
    model.train()
    body = _quick(model.base_model, steps * course.batch)
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = course.rate * _pace(step, steps, warm_up)
        losses.append(_step(model, body, optimiser, rows.batch(rng, course.batch), teacher))
        if step % 100 == 0:
            print(
                f"    step {step:5d}  loss {np.mean(losses[-_TALLY:]):.3f}  {time.monotonic() - began:.0f} s",
                flush=True,
            )
    model.eval()
    return Learnt(
        loss=float(np.mean(losses[-_TALLY:])),
        steps=steps,
        seconds=time.monotonic() - began,
        tokens=steps * course.batch * rows.chats.shape[1],
    )


def _pace(step: int, steps: int, warm_up: int) -> float:
    if step < warm_up:
        return (step + 1) / warm_up
    return 0.05 + 0.95 * 0.5 * (1 + float(np.cos(np.pi * (step - warm_up) / max(1, steps - warm_up))))


def _quick(body: Body, n_rows: int) -> Body:
    """Return `body` compiled, where that pays and the compiler it needs is there."""
    if n_rows < _WORTH_COMPILING or shutil.which("g++") is None:
        return body
    return torch.compile(body, dynamic=True)


def _step(
    model: PreTrainedModel,
    body: Body,
    optimiser: torch.optim.Optimizer,
    batch: Batch,
    teacher: Callable[[torch.Tensor], torch.Tensor] | None,
) -> float:
    total, whole = batch.weights[:, 1:].sum(), 0.0
    optimiser.zero_grad(set_to_none=True)
    for piece in batch.pieces():
        states = body(input_ids=piece.ids, use_cache=False).last_hidden_state[:, :-1].flatten(0, 1)
        counts = piece.weights[:, 1:].flatten() / total
        words = model.get_output_embeddings().weight
        if teacher is None:
            loss = _NextToken.apply(states, words, piece.ids[:, 1:].flatten(), counts)
        else:
            loss = (_divergences(states @ words.T, teacher(piece.ids)[:, :-1].flatten(0, 1)) * counts).sum()
        loss.backward()
        whole += float(loss.detach())
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimiser.step()
    return whole


def _divergences(given: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Return `(n,)` Kullback-Leibler divergences in nats of the logits `given` from those `wanted`, both `(n, v)`."""
    with torch.no_grad():
        wanted = functional.log_softmax(wanted, dim=-1)
    given = functional.log_softmax(given, dim=-1)
    return functional.kl_div(given, wanted, log_target=True, reduction="none").sum(dim=-1)


class _NextToken(torch.autograd.Function):
    """Sum of weighted cross entropies; its gradient is made beside it, a few tokens at a time.

    All logits at once are many times what a processor's cache holds, and two processes share it.
    """

    @staticmethod
    def forward(  # type: ignore[override]
        ctx: FunctionCtx, states: torch.Tensor, words: torch.Tensor, ids: torch.Tensor, counts: torch.Tensor
    ) -> torch.Tensor:
        of_states, of_words, whole = torch.empty_like(states), torch.zeros_like(words), torch.zeros(())
        parts = (part.split(_AT_ONCE) for part in (states, ids, counts, of_states))
        for state, wanted, count, out in zip(*parts, strict=True):
            logits = state @ words.T
            level = logits.logsumexp(dim=-1)
            whole += ((level - logits.gather(1, wanted[:, None])[:, 0]) * count).sum()
            slope = logits.sub_(level[:, None]).exp_()
            slope[torch.arange(len(wanted)), wanted] -= 1
            slope.mul_(count[:, None])
            torch.mm(slope, words, out=out)
            of_words.addmm_(slope.T, state)
        ctx.save_for_backward(of_states, of_words)
        return whole

    @staticmethod
    def backward(  # type: ignore[override]
        ctx: FunctionCtx, outer: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, None, None]:
        of_states, of_words = ctx.saved_tensors  # type: ignore[attr-defined]
        return of_states * outer, of_words * outer, None, None
