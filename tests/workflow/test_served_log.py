"""The server's log and the client's journal tell one story, and a story that differs is seen."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from support.hurried_time import HurriedClock

from blackbox import suites
from blackbox.core import EndpointSpec
from blackbox.errors import UsageError
from blackbox.serve import FixedAnswers, RequestLog, Rule, Script, When, make_fault, running
from blackbox.suites import locked
from blackbox.workflow.clock import run_sync
from blackbox.workflow.collecting import run_suites
from blackbox.workflow.served_log import compare_log
from blackbox.workflow.sessions import RunRequest
from tests.support.fake_vendor import N_CALLS, SMALL_SUITE

PAGE = Path(__file__).parents[2] / "docs" / "serving.md"
RULES = (("status", "503", 3), ("half-json", None, 6), ("reset", None, 8))


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The log of a server that spoils three requests, and the run that met them."""
    folder = tmp_path_factory.mktemp("story")
    (folder / "small.yaml").write_text(locked(SMALL_SUITE), encoding="utf-8")
    rules = tuple(
        Rule(name=name, does=make_fault(name, value), when=When(models=("shop",), requests=((at, at),)))
        for name, value, at in RULES
    )
    log = RequestLog(folder / "requests.jsonl")
    with running({"shop": FixedAnswers("Blue")}, script=Script(rules=rules), log=log) as base_url:
        spec = EndpointSpec(name="shop", kind="openai-chat", base_url=base_url, model="shop", concurrency=1)
        request = RunRequest(
            endpoints=(spec,), suites=(suites.find(str(folder / "small.yaml")),), results=folder / "results"
        )
        report = run_sync(run_suites(request, environ={}, clock=HurriedClock(), on_progress=lambda _: None))
    path = report.entries[0].path
    assert path is not None
    return folder / "requests.jsonl", path


def test_every_attempt_is_in_the_log(story: tuple[Path, Path]) -> None:
    """Calls and failures are counted alike on both sides, and what the server did to them is told by name."""
    (found,) = compare_log(story[0], [story[1]])
    assert found.agrees
    assert (N_CALLS + 2, N_CALLS + 2) == (found.n_requests, found.n_attempts)
    assert ({503: 1}, {503: 1}) == (found.logged, found.journalled)
    assert {name for name, _, _ in RULES} == {word.partition("=")[0] for word in found.done}


def _entries(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text("ascii").splitlines()]


@pytest.mark.parametrize("spoil", ["left out", "another status", "another reply"])
def test_another_story_is_seen(story: tuple[Path, Path], tmp_path: Path, spoil: str) -> None:
    """A request the server does not know of, an error nobody received, a reply that came from elsewhere."""
    entries = _entries(story[0])
    if spoil == "left out":
        del entries[0]
    elif spoil == "another status":
        entries[0]["status"] = 500
    else:
        entries[0]["response_id"] = "chatcmpl-other"
    told = tmp_path / "told.jsonl"
    told.write_text("".join(json.dumps(entry) + "\n" for entry in entries), "ascii")
    assert not compare_log(told, [story[1]])[0].agrees


@pytest.mark.parametrize("line", ["{", "[]", '{"model": "a"}', "[" * 100_000])
def test_another_file_is_one_clear_line(story: tuple[Path, Path], tmp_path: Path, line: str) -> None:
    """With the number of the line."""
    (tmp_path / "other.jsonl").write_text(line + "\n", "utf-8")
    with pytest.raises(UsageError, match="line 1: no line of a log"):
        compare_log(tmp_path / "other.jsonl", [story[1]])


def test_the_page_shows_it(story: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    """The lines on the page are run as they stand, with these files in the place of its own."""
    (block,) = re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    code = block.replace('"requests.jsonl"', repr(str(story[0]))).replace('"results"', repr(str(story[1].parent)))
    exec(compile(code, str(PAGE), "exec"), {})  # noqa: S102 - our own page
    assert f"shop True {N_CALLS + 2} {N_CALLS + 2}" in capsys.readouterr().out
