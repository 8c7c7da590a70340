"""The training loop, the same for every member: next-token loss over half text, half conversations."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from transformers import PreTrainedModel

_PIECE = 4  # rows whose gradient is computed at a time: what fits a processor's cache is a third quicker
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
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = course.rate * _pace(step, steps, warm_up)
        losses.append(_step(model, optimiser, rows.batch(rng, course.batch), teacher))
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


def _step(
    model: PreTrainedModel,
    optimiser: torch.optim.Optimizer,
    batch: Batch,
    teacher: Callable[[torch.Tensor], torch.Tensor] | None,
) -> float:
    total, whole = batch.weights[:, 1:].sum(), 0.0
    optimiser.zero_grad(set_to_none=True)
    for piece in batch.pieces():
        loss = (_losses(model, piece.ids, teacher) * piece.weights[:, 1:].flatten()).sum() / total
        loss.backward()
        whole += float(loss.detach())
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimiser.step()
    return whole


def _losses(
    model: PreTrainedModel, ids: torch.Tensor, teacher: Callable[[torch.Tensor], torch.Tensor] | None
) -> torch.Tensor:
    """Return one loss a predicted token, in nats."""
    states = model.base_model(input_ids=ids, use_cache=False).last_hidden_state[:, :-1]
    logits = model.get_output_embeddings()(states.flatten(0, 1))
    if teacher is None:
        return functional.cross_entropy(logits, ids[:, 1:].flatten(), reduction="none")
    with torch.no_grad():
        wanted = functional.log_softmax(teacher(ids)[:, :-1].flatten(0, 1), dim=-1)
    given = functional.log_softmax(logits, dim=-1)
    return functional.kl_div(given, wanted, log_target=True, reduction="none").sum(dim=-1)
