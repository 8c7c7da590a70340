"""Answers drawn from the prompt alone: whoever asks the same gets the same, so that two runs can be compared."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from blackbox.serve import FixedAnswers
from blackbox.suites import locked

if TYPE_CHECKING:
    from concurrent.futures import Future
    from pathlib import Path

    from blackbox.serve.generation import Job, Sampled

_HEAD = """\
schema: blackbox.suite/1
name: numbered
version: 1
questions: [same]
system: You are a helpful assistant.
decoding: {{temperature: 1.0, top_p: 1.0}}
defaults: {{family: pick, language: en, form: closed, parser: word, repeats: {repeats}, max_output_tokens: 64}}
probes:
"""


class DrawnAnswers(FixedAnswers):
    """Says a word that depends on the prompt and on nothing else."""

    def __init__(self) -> None:
        super().__init__("word")

    def submit(self, job: Job) -> Future[Sampled]:
        """Answer at once."""
        return FixedAnswers(hashlib.sha256(bytes(job.prompt)).hexdigest()[:12]).submit(job)


def numbered_suite(folder: Path, n_probes: int, *, repeats: int = 1) -> Path:
    """Write a suite of `n_probes` different prompts and return its file."""
    path = folder / "numbered.yaml"
    probes = "".join(f"  - {{id: p{i:05d}, prompt: Name the word number {i}.}}\n" for i in range(n_probes))
    path.write_text(locked(_HEAD.format(repeats=repeats) + probes), encoding="utf-8")
    return path


def configuration(folder: Path, base_url: str, *models: str, more: str = "") -> Path:
    """Write a configuration with one endpoint a model of one server and return its file."""
    path = folder / "blackbox.yaml"
    blocks = "".join(
        f"  {model}: {{kind: openai-chat, base_url: '{base_url}', model: {model}{more}}}\n" for model in models
    )
    path.write_text(f"endpoints:\n{blocks}", encoding="utf-8")
    return path
