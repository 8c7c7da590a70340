"""Continuous batching of one model: answers join when asked for and leave when done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch

from blackbox.serve.generation import Job, Sampled, SampledToken
from blackbox.serve.sampling import draw
from blackbox.serve.slots import Slots

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future

    from torch import Tensor

    from blackbox.serve.language_model import LanguageModel

MOST_ROWS = 64


@dataclass(slots=True, kw_only=True)
class _Row:
    """One answer under way."""

    job: Job
    future: Future[Sampled]
    uniforms: np.ndarray
    ids: list[int] = field(default_factory=list)
    tokens: list[SampledToken] = field(default_factory=list)
    first_logits: Tensor | None = None

    @property
    def position(self) -> int:
        """Position of the last token sampled, which the model has not read yet."""
        return len(self.job.prompt) + len(self.ids) - 1


class Batch:
    """All answers that one model is sampling."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model
        self._slots = Slots()
        self._rows: list[_Row] = []
        self._waiting: list[_Row] = []

    @property
    def busy(self) -> bool:
        """Whether there is anything left to sample."""
        return bool(self._rows or self._waiting)

    def add(self, job: Job, future: Future[Sampled]) -> None:
        """Take in an answer to be sampled."""
        if not future.set_running_or_notify_cancel():  # from here on nobody can cancel it under us
            return
        uniforms = np.random.default_rng(job.seed).random(job.max_tokens)
        self._waiting.append(_Row(job=job, future=future, uniforms=uniforms))

    @torch.inference_mode()
    def step(self) -> None:
        """Sample one more token for every answer under way, and the first one for those that fit in."""
        if self._rows:
            self._extend()
        room = MOST_ROWS - len(self._rows)
        joining, self._waiting = self._waiting[:room], self._waiting[room:]
        if joining:
            self._begin(joining)

    def fail(self, error: Exception) -> None:
        """Give up on every answer, with `error`."""
        for row in (*self._rows, *self._waiting):
            row.future.set_exception(error)
        self._rows, self._waiting = [], []

    def _begin(self, joining: list[_Row]) -> None:
        """Let rows join; a prompt that another row has read, or is about to read, is copied and not read again."""
        first, under_way = len(self._rows), {row.job.prompt for row in self._rows}
        new = list({row.job.prompt: row for row in joining if row.job.prompt not in under_way}.values())
        self._slots.reserve(first + len(joining), max(len(row.job.prompt) for row in joining))
        if new:
            self._read(new)
        taken = {id(row) for row in new}
        self._rows.extend(row for row in joining if id(row) not in taken)
        holders: dict[tuple[int, ...], int] = {}
        for index, row in enumerate(self._rows):
            holder = holders.setdefault(row.job.prompt, index)
            if row.first_logits is None:
                row.first_logits = self._rows[holder].first_logits
                self._slots.move(holder, index, len(row.job.prompt))
        self._take(first, torch.stack([row.first_logits for row in self._rows[first:] if row.first_logits is not None]))

    def _read(self, joining: list[_Row]) -> None:
        """Read whole prompts into new rows."""
        lengths = [len(row.job.prompt) for row in joining]
        longest = max(lengths)
        ids = torch.zeros(len(joining), longest, dtype=torch.long)
        for i, row in enumerate(joining):
            ids[i, : lengths[i]] = torch.tensor(row.job.prompt)
        self._slots.for_prompts(len(self._rows), len(joining), longest)
        positions = torch.arange(longest)
        seen = positions[None, :] <= positions[:, None]
        hidden = self._model.hidden(ids, positions[None, :], seen[None, None], self._slots)
        logits = self._model.logits(hidden[torch.arange(len(joining)), torch.tensor(lengths) - 1])
        for row, own in zip(joining, logits, strict=True):
            row.first_logits = own
        self._rows.extend(joining)

    def _extend(self) -> None:
        positions = torch.tensor([row.position for row in self._rows])
        length = int(positions.max()) + 1
        self._slots.for_tokens(positions, length)
        ids = torch.tensor([[row.ids[-1]] for row in self._rows])
        seen = torch.arange(length)[None, :] <= positions[:, None]
        hidden = self._model.hidden(ids, positions[:, None], seen[:, None, None], self._slots)
        self._take(0, self._model.logits(hidden[:, -1]))

    def _take(self, first: int, logits: Tensor) -> None:
        """Sample a token for each row from `first` on, and let those that are done leave."""
        rows = self._rows[first:]
        drawn = draw(
            _penalised(rows, logits),
            torch.tensor([row.job.temperature for row in rows]),
            torch.tensor([row.job.top_p for row in rows]),
            torch.tensor(np.array([row.uniforms[len(row.ids)] for row in rows])),
        )
        self._note(rows, logits, drawn)
        for row, token in zip(rows, drawn.tolist(), strict=True):
            row.ids.append(token)
        for index in range(len(self._rows) - 1, first - 1, -1):
            done = self._finished(self._rows[index])
            if done is not None:
                self._leave(index, done)

    def _note(self, rows: Sequence[_Row], logits: Tensor, drawn: Tensor) -> None:
        asked = [i for i, row in enumerate(rows) if row.job.top_logprobs is not None]
        if not asked:
            return
        logprobs = torch.log_softmax(logits[asked].double(), dim=-1)
        most = max(rows[i].job.top_logprobs or 0 for i in asked)
        values, ids = logprobs.topk(max(most, 1), dim=-1)
        for k, i in enumerate(asked):
            n = rows[i].job.top_logprobs or 0
            top = zip(ids[k, :n].tolist(), values[k, :n].tolist(), strict=True)
            token = int(drawn[i])
            rows[i].tokens.append(SampledToken(id=token, logprob=float(logprobs[k, token]), top=tuple(top)))

    def _finished(self, row: _Row) -> Sampled | None:
        """Return the answer if it is complete."""
        ended = row.ids[-1] in self._model.end_ids
        ids = row.ids[:-1] if ended else row.ids
        if row.job.stop:
            text = self._model.text(ids)
            cuts = [text.find(stop) for stop in row.job.stop if stop in text]
            if cuts:
                return self._sampled(row, text[: min(cuts)], len(ids), stopped=True)
        if ended or len(row.ids) == row.job.max_tokens:
            return self._sampled(row, self._model.text(ids), len(ids), stopped=ended)
        return None

    def _sampled(self, row: _Row, text: str, n_kept: int, *, stopped: bool) -> Sampled:
        tokens = None if row.job.top_logprobs is None else tuple(row.tokens[:n_kept])
        return Sampled(text=text, n_tokens=len(row.ids), finish_reason="stop" if stopped else "length", tokens=tokens)

    def _leave(self, index: int, done: Sampled) -> None:
        row, last = self._rows[index], self._rows.pop()
        if last is not row:
            self._slots.move(len(self._rows), index, last.position)
            self._rows[index] = last
        row.future.set_result(done)


def _penalised(rows: Sequence[_Row], logits: Tensor) -> Tensor:
    """Return the logits with each row's repetition penalty applied (Keskar et al., 2019, CTRL, section 4.1)."""
    strict = [i for i, row in enumerate(rows) if row.job.repetition_penalty != 1]
    if not strict:
        return logits
    penalised = logits.clone()
    for i in strict:
        seen = torch.tensor(sorted({*rows[i].job.prompt, *rows[i].ids}))
        values, penalty = logits[i, seen], rows[i].job.repetition_penalty
        penalised[i, seen] = torch.where(values > 0, values / penalty, values * penalty)
    return penalised
