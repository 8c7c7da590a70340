"""Many answers at once from one model."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from blackbox.serve import folder
from blackbox.serve.batch import MOST_ROWS, Batch
from blackbox.serve.generation import Job, Sampled
from blackbox.serve.language_model import LanguageModel

if TYPE_CHECKING:
    import pytest
    from torch import Tensor


def test_a_prompt_is_read_once_for_all_its_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that share a prompt read it once, also those that join later, and say what they say alone."""
    model = LanguageModel(folder("a"))
    prompts = [model.prompt_ids([{"role": "user", "content": text}]) for text in ("Name a colour.", "Toss a coin.")]
    jobs = [
        Job(prompt=prompts[i % 2], max_tokens=6 + i % 3, temperature=1.0, top_p=1.0, seed=(i,))
        for i in range(MOST_ROWS + 30)
    ]
    alone = [_answers(model, [job])[0].text for job in jobs[::12]]
    read: list[tuple[int, ...]] = []
    hidden = model.hidden

    def counted(ids: Tensor, *rest: Any) -> Tensor:
        read.extend(tuple(row) for row in ids.tolist() if len(row) > 1)
        return hidden(ids, *rest)

    monkeypatch.setattr(model, "hidden", counted)
    together = _answers(model, jobs)

    assert len(read) == 2
    assert [answer.text for answer in together[::12]] == alone


def _answers(model: LanguageModel, jobs: list[Job]) -> list[Sampled]:
    batch, futures = Batch(model), [Future[Sampled]() for _ in jobs]
    for job, future in zip(jobs, futures, strict=True):
        batch.add(job, future)
    while batch.busy:
        batch.step()
    return [future.result() for future in futures]
