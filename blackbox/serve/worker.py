"""One thread that samples for all models in turn: tiny models lose more to switching threads than they gain."""

from __future__ import annotations

import queue
import threading
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

from blackbox.serve.batch import Batch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from blackbox.serve.generation import Job, Sampled
    from blackbox.serve.language_model import LanguageModel


class Worker:
    """Samples answers in a thread of its own while it is `working`; what is asked before waits."""

    def __init__(self) -> None:
        self._arrivals: queue.SimpleQueue[tuple[LanguageModel, Job, Future[Sampled]] | None] = queue.SimpleQueue()
        self._batches: dict[int, Batch] = {}
        self._ended = threading.Event()

    def submit(self, model: LanguageModel, job: Job) -> Future[Sampled]:
        """Start sampling an answer; the future holds it when done."""
        future: Future[Sampled] = Future()
        self._arrivals.put((model, job, future))
        if self._ended.is_set():
            self._refuse_all()
        return future

    @contextmanager
    def working(self) -> Iterator[None]:
        """Sample while the context is open; then give up on what is under way."""
        thread = threading.Thread(target=self._work, name="blackbox-serve-model", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._arrivals.put(None)
            thread.join()

    def _work(self) -> None:
        torch.set_num_threads(1)
        try:
            while self._take_in():
                for batch in self._batches.values():
                    if batch.busy:
                        batch.step()
        finally:  # whatever ended this thread, nobody may be left waiting for it
            self._refuse_all()

    def _refuse_all(self) -> None:
        self._ended.set()
        gone = ConnectionAbortedError("the server is shutting down")
        for batch in self._batches.values():
            batch.fail(gone)
        while not self._arrivals.empty():
            arrived = self._arrivals.get()
            if arrived is not None:
                arrived[2].set_exception(gone)

    def _take_in(self) -> bool:
        """Take in what has arrived, waiting only when there is nothing else to do; False: closed."""
        idle = not any(batch.busy for batch in self._batches.values())
        while True:
            try:
                arrived = self._arrivals.get(block=idle)
            except queue.Empty:
                return True
            if arrived is None:
                return False
            model, job, future = arrived
            self._batches.setdefault(id(model), Batch(model)).add(job, future)
            idle = False


class ServedModel:
    """A language model and the thread that samples from it; what a served name stands for."""

    def __init__(self, model: LanguageModel, worker: Worker) -> None:
        self._model = model
        self._worker = worker
        self.context = model.context

    def prompt_ids(self, messages: Sequence[Mapping[str, str]]) -> tuple[int, ...]:
        """Return the token ids of a conversation, ready for the answer to follow."""
        return self._model.prompt_ids(messages)

    def text_ids(self, text: str) -> tuple[int, ...]:
        """Return the token ids of a text as it stands, without a template."""
        return self._model.text_ids(text)

    def text(self, ids: Sequence[int]) -> str:
        """Return the text of token ids.

        Raises:
            IndexError: An id is not in the vocabulary.
        """
        return self._model.checked_text(ids)

    def token_bytes(self, token: int) -> bytes:
        """Return the bytes a token stands for."""
        return self._model.token_bytes(token)

    def submit(self, job: Job) -> Future[Sampled]:
        """Start sampling an answer; the future holds it when done."""
        return self._worker.submit(self._model, job)
