"""The PyPI package `model-equality-testing` (Gao, Liang & Guestrin 2025) behind our interface.

It is no dependency of ours. Install it beside the project (`pip install --no-deps --target FOLDER
model-equality-testing==0.0.2`) and name the folder in `BLACKBOX_PEERS`; it also needs torch, tqdm,
transformers and matplotlib, which the project's environment holds.
"""

from __future__ import annotations

import importlib
import os
import sys
from importlib.metadata import distributions
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

PACKAGE = "model-equality-testing"


class Missing(Exception):
    """The package is not installed."""


class ModelEqualityTesting:
    """Its statistic and its permutation test, as shipped."""

    def __init__(self) -> None:
        folder = os.environ.get("BLACKBOX_PEERS", "")
        if folder and folder not in sys.path:
            sys.path.append(folder)
        try:
            self._algorithm = importlib.import_module("model_equality_testing.algorithm")
            self._pvalue = importlib.import_module("model_equality_testing.pvalue")
        except ImportError as error:
            raise Missing(f"{error.name} is not installed: see benchmarks/peers/met.py") from error
        self._tests = importlib.import_module("model_equality_testing.tests")
        self._texts = importlib.import_module("model_equality_testing.utils")
        self._samples = importlib.import_module("model_equality_testing.distribution")
        self._pvalue.tqdm.tqdm = lambda each, **_: each
        path = [folder] if folder else sys.path
        self.version = next(d.version for d in distributions(path=path) if d.metadata["Name"] == PACKAGE)

    def sample(self, answers: Sequence[Sequence[str]], *, length: int) -> Any:  # noqa: ANN401 - the package's type
        """Return its sample of the answers of each prompt, padded to `length` code points."""
        flat = [text for texts in answers for text in texts]
        points = self._texts.pad_to_length(self._texts.tokenize_unicode(flat), L=length)
        prompts = np.repeat(np.arange(len(answers)), [len(texts) for texts in answers])
        return self._samples.CompletionSample(prompts=prompts, completions=points, m=len(answers))

    def statistic(self, x: Any, y: Any, *, kind: str = "mmd_hamming") -> float:  # noqa: ANN401 - the package's type
        """Return its statistic of two samples."""
        return float(self._tests.IMPLEMENTED_TESTS[kind](x, y))

    def pvalue(self, x: Any, y: Any, *, n_permutations: int) -> float:  # noqa: ANN401 - the package's type
        """Return the p-value of its two-sample test with the Hamming kernel."""
        found, _ = self._algorithm.run_two_sample_test(x, y, stat_type="mmd_hamming", b=n_permutations)
        return float(found)
