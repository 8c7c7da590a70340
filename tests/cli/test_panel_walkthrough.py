"""The walk-through of docs/panel.md with made-up answers: panel, answers, population, ratio and identification."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

import pytest

from blackbox.cli import main
from blackbox.workflow.panel import load_panel

if TYPE_CHECKING:
    from pathlib import Path

    from blackbox.workflow.panel import PanelModel
    from tests.support.commands import Command

N_PROMPTS = 12
TWICE = frozenset({"llama-4", "mistral-nemo", "phi-4", "kimi-k2", "hunyuan", "gemma-3", "qwen3", "glm-4"})
"""Families that answer on both hosts; the others on one, and families not among these with one model: it is quicker."""


def answer(model: str, family: str, host: str, prompt: int) -> str:
    """Return an answer: phrases of the model, some of its family, and a host's own noise."""
    of_model, of_family = random.Random(f"{model} {prompt}"), random.Random(f"{family} {prompt}")  # noqa: S311 - text
    noise = random.Random(f"{model} {host} {prompt}")  # noqa: S311 - same
    words = [f"m{of_model.randrange(10**6)}" for _ in range(30)]
    words += [f"f{of_family.randrange(10**6)}" for _ in range(8)]
    words += [f"c{noise.randrange(50)}" for _ in range(25)]
    return f"About {prompt}: {' '.join(words)}"


def answering() -> list[tuple[PanelModel, str]]:
    """Return the models and hosts that answer."""
    first = {model.family: model for model in reversed(load_panel().models)}
    kept = [m for m in load_panel().models if m.family in TWICE or first[m.family] is m]
    return [(m, host) for m in kept for host in (m.hosts if m.family in TWICE else m.hosts[:1])]


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the panel's files, made-up answers of its endpoints and of two suspects as runs."""
    folder = tmp_path_factory.mktemp("panel")
    assert main(["init", "--panel", str(folder)]) == 0
    rows = [
        {"m": f"{m.name}.{host}", "q": f"Question {p}?", "a": answer(m.name, m.family, host, p)}
        for m, host in answering()
        for p in range(N_PROMPTS)
    ]
    for name, like in (("reseller", "phi-4"), ("newcomer", "newcomer")):
        rows += [{"m": name, "q": f"Question {p}?", "a": answer(like, like, name, p)} for p in range(N_PROMPTS)]
    (folder / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    words = ["import", folder / "t.jsonl", "--prompt-field", "q", "--response-field", "a", "--model-field", "m"]
    assert main([str(word) for word in (*words, "--suite", "recorded", "--results", folder / "results", "--json")]) == 0
    return folder


def runs(folder: Path) -> dict[str, str]:
    """Return the run of each endpoint."""
    found = {}
    for path in (folder / "results").iterdir():
        manifest = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
        found[manifest["endpoint"]["name"]] = str(path)
    return found


@pytest.mark.slow
def test_walk_through(command: Command, panel: Path) -> None:
    """The panel's lineage calibrates a population; by it a reseller is attributed and a newcomer is not."""
    known = runs(panel)
    suspects = {name: known.pop(name) for name in ("reseller", "newcomer")}
    labels = ("--pairs", panel / "pairs.csv", "--groups", panel / "groups.csv", "--sibling", "sibling,co-distilled")
    made = command("calibrate", *known.values(), *labels, "-o", panel / "panel.json", "--json")
    assert 0 == made.code, made.err
    assert 21 == made.json["counts"]["n_groups"]
    library = [known[f"{m.name}.{host}"] for m, host in answering() if host == m.hosts[0]]
    words = ("--library", *library, "--population", panel / "panel.json", "--json")
    found = command("identify", suspects["reseller"], *words).json
    best = found["candidates"][0]
    assert ("attributed", "phi-4.deepinfra") == (found["verdict"], found["attributed_to"]), found["reason"]
    assert best["log10_lr"] == max(row["log10_lr"] for row in found["candidates"])
    assert 0 < best["log10_lr"] <= best["bounds"][1]
    assert ("population", 21) == (found["rejection"]["source"], found["rejection"]["n_groups"])
    assert "panel" == found["population"]["name"]
    stranger = command("identify", suspects["newcomer"], *words).json
    assert ("none of these", None) == (stranger["verdict"], stranger["attributed_to"])
