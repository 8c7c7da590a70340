"""What a user may ask of a comparison."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from blackbox.workflow._compare_jobs import Jobs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from blackbox.workflow._compare_jobs import BackendName

ALL_QUESTIONS = ("same", "related", "mixed")
_WORDS = ("population", "chosen", "reply")
"""Options of one value that stand in the command that computes a comparison again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareOptions:
    """What a user may ask of a comparison.

    Args:
        questions: Questions to answer.
        seed: Overrides the suites' seed.
        allow_decoding_differences: Compare although different sampling was asked for.
        out: Folder to write to instead of a new one under results.
        controls: Positive-control runs, one a suite.
        benign: Runs of the same weights as the first-named endpoint on other hosts.
        alternatives: Runs of what a suspect may be serving beside the reference, one a suite.
        population: Population file that *related* is read against.
        chosen: How the pair came to be chosen, in the user's words.
        backend: Who scores pairs beside this process: loky, dask or ray; changes no number.
        n_jobs: Blocks of pairs scored at a time; 0: one a core, or as many as the cluster takes.
        reply: File with the reply of the other side.
        created_at: When this comparison was made.
    """

    created_at: datetime
    questions: tuple[str, ...] = ALL_QUESTIONS
    seed: int | None = None
    allow_decoding_differences: bool = False
    out: Path | None = None
    controls: tuple[str, ...] = ()
    benign: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    population: Path | None = None
    chosen: str | None = None
    reply: Path | None = None
    backend: BackendName | None = None
    n_jobs: int | None = None

    def command(self, runs: Sequence[str]) -> str:
        """Return the command that computes the same again from these runs; the seed stands beside it."""
        said: list[tuple[str, object]] = [
            *(("--control", run) for run in self.controls),
            *(("--benign", run) for run in self.benign),
            *(("--alternative", run) for run in self.alternatives),
            *((f"--{name}", value) for name in _WORDS if (value := getattr(self, name)) is not None),
        ]
        if self.questions != ALL_QUESTIONS:
            said.append(("--question", ",".join(self.questions)))
        words = [word for name, value in said for word in (name, shlex.quote(str(value)))]
        free = ["--allow-decoding-differences"] if self.allow_decoding_differences else []
        return " ".join(["blackbox compare", *runs, *words, *free])

    @property
    def jobs(self) -> Jobs:
        """Who scores pairs."""
        return Jobs(backend=self.backend, n=self.n_jobs)
