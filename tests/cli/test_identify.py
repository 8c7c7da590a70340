"""`identify` as a person types it: known endpoints found, strangers and generators not, odd input in one line."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from blackbox.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.commands import Command, Said

N_LIBRARY, N_PROMPTS, N_WORDS = 41, 12, 60
COMMON = [f"common{i}" for i in range(12)]


def answer(model: int, prompt: int, session: int) -> str:
    """Return an answer of a made-up model: phrases of its own for each prompt, common ones, and noise of a session."""
    own = random.Random(f"{model} {prompt}")  # noqa: S311 - text for a test
    phrases = [[f"w{own.randrange(10**6)}" for _ in range(5)] for _ in range(8)]
    noise = random.Random(f"{model} {prompt} {session}")  # noqa: S311 - same
    about = [f"topic{prompt}", "is", "what", f"topic{prompt}", "says"]
    words = list(about)
    while len(words) < N_WORDS:
        words += noise.choice(phrases) if noise.random() < 0.5 else noise.choices(COMMON, k=4)
        words += about if noise.random() < 0.3 else []
    return " ".join(words)


def generated(prompt: int, seed: int) -> str:
    """Return words of a generator that reads no prompt."""
    rng = random.Random(f"generator {prompt} {seed}")  # noqa: S311 - same
    return " ".join(rng.choices(COMMON + [f"w{rng.randrange(10**6)}" for _ in range(20)], k=N_WORDS))


SUSPECTS: dict[str, Callable[[int], str | None]] = {
    "known": lambda p: answer(7, p, session=1),
    "stranger": lambda p: answer(500, p, session=1),
    "constant": lambda _: answer(7, 3, session=1),
    "generator": lambda p: generated(p, 1),
    "ensemble": lambda p: answer(3 if p % 2 else 11, p, session=1),
    "mostly": lambda p: answer(11 if p % 4 == 1 else 3, p, session=1),
    "silent": lambda _: None,
    "mute": lambda _: "",
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the run of each endpoint by name, imported once."""
    folder = tmp_path_factory.mktemp("identify")
    rows = [
        {"m": f"model-{m:02d}", "q": f"Question {p}?", "a": answer(m, p, session=0)}
        for m in range(N_LIBRARY)
        for p in range(N_PROMPTS)
    ]
    rows += [
        {"m": name, "q": f"Question {p}?", "a": said(p)} for name, said in SUSPECTS.items() for p in range(N_PROMPTS)
    ]
    table = folder / "t.jsonl"
    table.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    words = ["import", table, "--prompt-field", "q", "--response-field", "a", "--model-field", "m", "--suite", "s"]
    assert main([str(word) for word in (*words, "--results", folder / "results", "--json")]) == 0
    runs = {}
    for path in sorted((folder / "results").iterdir()):
        manifest = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
        runs[manifest["endpoint"]["name"]] = str(path)
    return runs


@pytest.fixture
def identify(command: Command, library: dict[str, str]) -> Callable[..., Said]:
    """Return a function that identifies an endpoint of the module's runs."""
    known = [path for name, path in library.items() if name.startswith("model-")]

    def run(name: str, *more: str | Path, runs: list[str] | None = None) -> Said:
        return command("identify", library[name], "--library", *(known if runs is None else runs), *more)

    return run


def test_a_known_endpoint_is_attributed(identify: Callable[..., Said]) -> None:
    """A second session of a library's endpoint leads the ranking and is attributed to it."""
    found = identify("known", "--json").json
    assert "blackbox.identification/1" == found["schema"]
    assert ("attributed", "model-07") == (found["verdict"], found["attributed_to"])
    assert "model-07" == found["candidates"][0]["endpoint"]
    assert [1, 2, 3] == [row["rank"] for row in found["candidates"][:3]]
    assert N_LIBRARY == len(found["candidates"]) == found["library"]["n_endpoints"]
    assert pytest.approx(2 / (1 + N_LIBRARY)) == found["rejection"]["pvalue"]
    assert 1 / N_LIBRARY == pytest.approx(found["candidates"][0]["rank_pvalue"])
    assert 1.0 == found["candidates"][0]["rank_pvalue_adjusted"]
    assert found["candidates"][0]["log10_lr"] is None
    assert "may not be in the library" in found["library"]["note"]
    assert found["library"]["age_days"] is None


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("stranger", "not in the library"),
        ("constant", "do not depend on what is asked"),
        ("generator", "do not depend on what is asked"),
        ("ensemble", "two unrelated candidates"),
        ("mostly", "two unrelated candidates"),
    ],
)
def test_none_of_these(identify: Callable[..., Said], name: str, why: str) -> None:
    """A stranger, a constant, a generator and ensembles are none of these, each for its reason."""
    found = identify(name, "--json").json
    assert ("none of these", None) == (found["verdict"], found["attributed_to"])
    assert why in found["reason"]
    assert found["candidates"]


@pytest.mark.parametrize("name", ["silent", "mute"])
def test_who_says_nothing_is_not_attributed(identify: Callable[..., Said], name: str) -> None:
    """An endpoint that only failed, or answered with nothing, is nobody."""
    found = identify(name, "--json").json
    assert found["verdict"] in {"inconclusive", "none of these"}
    assert found["attributed_to"] is None


def test_gate(identify: Callable[..., Said], library: dict[str, str]) -> None:
    """1 attributed, 0 none of these, 3 inconclusive; without --gate 0."""
    few = [library[f"model-{i:02d}"] for i in range(5, 9)]
    assert 1 == identify("known", "--gate").code
    assert 0 == identify("constant", "--gate", runs=few).code
    assert 3 == identify("known", "--gate", runs=few).code
    assert 0 == identify("known", runs=few).code


def test_a_small_library_ranks_and_does_not_attribute(identify: Callable[..., Said], library: dict[str, str]) -> None:
    """Four endpoints can't hold false attributions at 5 %: the ranking stands alone."""
    found = identify("known", "--json", runs=[library[f"model-{i:02d}"] for i in range(5, 9)]).json
    assert "inconclusive" == found["verdict"]
    assert "model-07" == found["candidates"][0]["endpoint"]
    assert found["candidates"][0]["rank_pvalue"] is None
    assert "39 are needed" in found["reason"]


def test_groups_weigh_one_vote_each(identify: Callable[..., Said], tmp_path: Path) -> None:
    """With a file of groups, families are groups: kin in the library are no reason to reject."""
    groups = tmp_path / "groups.csv"
    rows = [f"model-{i:02d},g{i % 40}" for i in range(N_LIBRARY)]
    groups.write_text("\n".join(["model,group", *rows]) + "\n", encoding="utf-8")
    found = identify("known", "--groups", groups, "--json").json
    assert 40 == found["rejection"]["n_groups"]
    assert "g7" == found["candidates"][0]["group"]
    assert "attributed" == found["verdict"]


def test_the_suspect_and_strangers_to_the_suite_are_left_out(
    identify: Callable[..., Said], library: dict[str, str]
) -> None:
    """The suspect itself and a run named twice are no candidates, and it is said."""
    twice = library["model-01"]
    found = identify("known", "--json", runs=[library["known"], twice, twice, library["model-07"]])
    assert ["it is the suspect itself", "named twice"] == [entry["reason"] for entry in found.json["skipped_runs"]]
    assert 2 == len(found.json["candidates"])


def test_in_words(identify: Callable[..., Said], library: dict[str, str]) -> None:
    """The verdict comes first, then the ranking, then what it can't say."""
    said = identify("constant", runs=[library[f"model-{i:02d}"] for i in range(5, 9)]).out
    said = " ".join(said.split())
    assert said.startswith("none of these: its answers do not depend on what is asked")
    assert "The true endpoint may not be in the library. It holds 4 endpoints, of unknown age." in said
    assert "who derived from whom" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("identify", "nowhere", "--library", "nothing"), "nowhere"),
        (("identify", "x"), "--library"),
    ],
)
def test_what_cannot_be_done_is_one_line(command: Command, words: tuple[str, ...], said: str) -> None:
    """Unknown runs and a missing library end in one line and exit 2."""
    result = command(*words)
    assert 2 == result.code
    assert said in result.line()


def test_only_itself(identify: Callable[..., Said], library: dict[str, str], tmp_path: Path) -> None:
    """A library of the suspect alone, or a population that isn't there, is one line."""
    assert 2 == identify("known", runs=[library["known"]]).code
    missing: Any = identify("known", "--population", tmp_path / "none.json")
    assert 2 == missing.code
    assert "none.json" in missing.line()
