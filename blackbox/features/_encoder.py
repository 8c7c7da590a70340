"""Runs a sentence-transformers model on the CPU: fp32, offline, silent, in batches of alike length."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy.typing as npt

_TOKENS_A_BATCH = 2048
"""Padded tokens a batch: on two cores 512 to 4,096 are within a tenth of each other, more is slower."""
_TEXTS_MEASURED = 256
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def load(folder: Path) -> Any:  # noqa: ANN401 - sentence-transformers is untyped to our checker
    """Return the model in `folder`, in fp32 on the CPU. Reads that folder and nothing else.

    Imports torch and transformers: seconds.
    """
    from sentence_transformers import SentenceTransformer

    with _no_progress_bars():
        model = SentenceTransformer(
            str(folder),
            device="cpu",
            local_files_only=True,
            model_kwargs={"use_safetensors": True, "dtype": "float32"},
        )
    return model.eval()


def encode(model: Any, texts: Sequence[str]) -> npt.NDArray[np.float32]:  # noqa: ANN401 - as above
    """Return the unit-norm embeddings of at least one text, `(n, d)` float32; equal texts are embedded once.

    The batches depend on the set of texts alone, not on their order. A text's embedding differs between
    batches by rounding, up to 2e-7.
    """
    # Lone surrogates are no text to a tokenizer; they count as the replacement character, as in stored tables.
    safe = [_SURROGATE.sub("\ufffd", text) for text in texts]
    distinct = sorted(set(safe))
    place = {text: i for i, text in enumerate(distinct)}
    lengths = _token_counts(model, distinct)
    found: dict[int, npt.NDArray[np.float32]] = {}
    for batch in _batches(lengths):
        rows = model.encode(
            [distinct[i] for i in batch],
            batch_size=len(batch),
            show_progress_bar=False,
            convert_to_numpy=True,
            normalize_embeddings=True,
        )
        found |= zip(batch, rows, strict=True)
    return np.stack([found[place[text]] for text in safe]).astype(np.float32, copy=False)


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield the places of texts, shortest first, with at most `_TOKENS_A_BATCH` tokens once padded."""
    batch: list[int] = []
    for i in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and lengths[i] * (len(batch) + 1) > _TOKENS_A_BATCH:
            yield batch
            batch = []
        batch.append(i)
    yield batch


def _token_counts(model: Any, texts: Sequence[str]) -> list[int]:  # noqa: ANN401 - as above
    counts: list[int] = []
    for start in range(0, len(texts), _TEXTS_MEASURED):
        block = list(texts[start : start + _TEXTS_MEASURED])
        counts += model.preprocess(block)["attention_mask"].sum(dim=1).tolist()
    return counts


@contextmanager
def _no_progress_bars() -> Iterator[None]:
    """Keep transformers from drawing while weights load; its setting is put back afterwards."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()
