"""What a user may ask of a comparison."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from blackbox.workflow._compare_jobs import Jobs

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from blackbox.workflow._compare_jobs import BackendName


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
    questions: tuple[str, ...] = ("same", "related", "mixed")
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

    @property
    def jobs(self) -> Jobs:
        """Who scores pairs."""
        return Jobs(backend=self.backend, n=self.n_jobs)
