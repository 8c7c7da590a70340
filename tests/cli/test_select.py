"""`suites select` through the command: a new suite with its own digest, and clear refusals."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

import pytest

from blackbox.cli import main
from blackbox.suites import find

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.commands import Command

N_GROUPS, N_PROMPTS = 8, 8


def answer(group: int, host: int, prompt: int) -> str:
    """Return an answer: kin share phrases at the first four prompts only."""
    rng = random.Random(f"{group} {host} {prompt}")  # noqa: S311 - text for a test
    own = random.Random(f"{group} {prompt}" if prompt < 4 else f"{group} {prompt} {host}")  # noqa: S311 - same
    phrases = " ".join(f"w{own.randrange(10**6)}" for _ in range(20))
    return f"{phrases} {' '.join(f'n{rng.randrange(60)}' for _ in range(20))} and so it goes on"


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with runs, pairs.csv and groups.csv."""
    folder = tmp_path_factory.mktemp("select")
    names = [(g, h, f"m{g}-{h}") for g in range(N_GROUPS) for h in range(2)]
    rows = [{"m": n, "q": f"Question {p}?", "a": answer(g, h, p)} for g, h, n in names for p in range(N_PROMPTS)]
    (folder / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    words = ["import", folder / "t.jsonl", "--prompt-field", "q", "--response-field", "a", "--model-field", "m"]
    assert main([str(w) for w in (*words, "--suite", "s", "--results", folder / "results", "--json")]) == 0
    pairs = [
        f"{a},{b},{'same' if g == k else 'different'}"
        for i, (g, _, a) in enumerate(names)
        for k, _, b in names[i + 1 :]
    ]
    (folder / "pairs.csv").write_text("\n".join(["a,b,relation", *pairs]) + "\n", encoding="utf-8")
    (folder / "groups.csv").write_text("\n".join(["model,group", *(f"{n},g{g}" for g, _, n in names)]) + "\n")
    return folder


def test_select(command: Command, labelled: Path, tmp_path: Path) -> None:
    """The prompts at which kin agree are kept; the suite is valid, and no group both chose and judged."""
    runs = sorted((labelled / "results").iterdir())
    labels = ("--pairs", labelled / "pairs.csv", "--groups", labelled / "groups.csv")
    out = tmp_path / "best.yaml"
    found = command("suites", "select", *runs, *labels, "-n", "4", "-o", out, "--json").json
    assert "blackbox.selection/1" == found["schema"]
    suite = find(str(out))
    assert {f"Question {p}?" for p in range(4)} == {probe.messages[-1].content for probe in suite.probes}
    assert ("s-selected", found["suite"]["digest"]) == (suite.name, suite.digest)
    assert not set(found["choosing_groups"]) & set(found["judging_groups"])
    assert found["gain"]["chosen"] >= found["gain"]["random_mean"]
    again = command("suites", "select", *runs, *labels, "-n", "4", "-o", out)
    assert (2, True) == (again.code, "exists already" in again.line())


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ((), "labels are needed"),
        (("--pairs", "pairs.csv"), "labels are needed"),
        (("--pairs", "pairs.csv", "--groups", "groups.csv", "-n", "8"), "ask for fewer"),
        (("--pairs", "pairs.csv", "--groups", "groups.csv", "--same", "kin"), "kin"),
        (("--population", "none.json"), "none.json"),
        (("--suite", "open-ended"), "not of open-ended"),
    ],
)
def test_refusals(
    command: Command, labelled: Path, monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...], said: str
) -> None:
    """What can't be chosen ends in one line and exit 2, and no file."""
    monkeypatch.chdir(labelled)
    runs = sorted((labelled / "results").iterdir())
    words = more if "-n" in more else (*more, "-n", "3")
    result = command("suites", "select", *runs, *words, "-o", "new.yaml")
    assert 2 == result.code
    assert said in result.line()
    assert not (labelled / "new.yaml").exists()
