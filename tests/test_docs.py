"""What the documents say is there is there, and their code runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import make_cli_docs
import pytest
import screenshot

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
ADRS = sorted((ROOT / "docs" / "adr").glob("*.md"))
GENERATED = ROOT / "docs" / "cli.md"


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _fenced(path: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@cache
def _commands() -> dict[str, Any]:
    from typer.main import get_command

    from blackbox.cli.app import app

    found: dict[str, Any] = {}
    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        found[name] = command
        found |= {f"{name} {sub}": each for sub, each in getattr(command, "commands", {}).items()}
    return found


def _command_lines() -> Iterator[tuple[str, list[str]]]:
    """Yield (page, words after `blackbox`) of each command line that a page shows."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8") if page != GENERATED else ""
        for line in re.findall(r"(?:^\$ |`)blackbox ([a-z][^`\n#|]*)", text, re.MULTILINE):
            yield _name(page), line.split()


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link and picture is a file of this project."""
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))
    local = [link for link in links if not re.match(r"[a-z]+:", link)]

    assert [link for link in local if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("source", ["README.md", "examples/blackbox.yaml"])
def test_the_configurations_shown_can_be_loaded(source: str, tmp_path: Path) -> None:
    """The YAML a person copies is accepted as it stands, presets included."""
    from blackbox.workflow.config import load

    path = ROOT / source
    texts = _fenced(path, "yaml") if path.suffix == ".md" else [path.read_text(encoding="utf-8")]
    assert texts
    for text in texts:
        (tmp_path / "blackbox.yaml").write_text(text, encoding="utf-8")
        config = load(None, environ={}, cwd=tmp_path)
        assert len(config.endpoints) >= 3


def test_the_commands_shown_exist() -> None:
    """Every `blackbox …` in a page is a command, and takes the options shown with it."""
    unknown = []
    for page, words in _command_lines():
        both = " ".join(words[:2])
        command = _commands().get(both) or _commands().get(words[0])
        options = {word.partition("=")[0] for word in words if word.startswith("-")}
        known = {name for each in command.params for name in each.opts} | {"--help", "-h"} if command else set()
        unknown += [f"{page}: blackbox {' '.join(words)}"] if command is None or options - known else []

    assert unknown == []


def test_the_command_reference_is_current() -> None:
    """`docs/cli.md` is what the commands say of themselves."""
    environ = {**os.environ, "PYTHONWARNINGS": "error"}
    check = [sys.executable, ROOT / "scripts" / "make_cli_docs.py", "--check"]

    ran = subprocess.run(check, env=environ, capture_output=True, text=True, check=False)

    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_stale_command_reference_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check above can fail."""
    stale = tmp_path / "cli.md"
    stale.write_text("old", encoding="utf-8")
    monkeypatch.setattr(make_cli_docs, "TARGET", stale)
    monkeypatch.setattr(make_cli_docs, "document", lambda: "new")
    monkeypatch.setattr(sys, "argv", ["make_cli_docs.py", "--check"])

    assert make_cli_docs.main() == 1


def test_decisions_are_numbered_without_a_gap() -> None:
    """A decision is never removed, only superseded."""
    assert [int(path.name[:4]) for path in ADRS] == list(range(1, len(ADRS) + 1))


@pytest.mark.parametrize("adr", ADRS, ids=_name)
def test_a_decision_says_what_it_rules_out_and_names_tests_that_exist(adr: Path) -> None:
    """Problem, decision, what it rules out, and the tests that would notice."""
    text = adr.read_text(encoding="utf-8")
    files = re.findall(r"`(tests/[\w/]+\.py)`", text)
    tests = re.findall(r"`(test_\w+)`", text)
    sources = "".join((ROOT / name).read_text(encoding="utf-8") for name in files)

    assert re.findall(r"^\*\*([A-Z][a-z ]+)\.\*\*", text, re.MULTILINE) == [
        "Problem",
        "Decision",
        "Rules out",
        "Guarded by",
    ]
    assert files
    assert tests
    assert [name for name in tests if f"def {name}(" not in sources] == []


def test_changes_of_numbers_come_first() -> None:
    """In every release, what alters a number stands before everything else."""
    releases = re.split(r"^## ", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]

    assert releases
    assert all(re.search(r"^### (.*)$", release, re.MULTILINE)[1] == "Changed results" for release in releases)  # type: ignore[index]


def test_a_page_that_asks_for_something_is_seen() -> None:
    """The screenshot's check tells the page's requests from the browser's own, and reads a log that was cut off."""
    log = (
        '{"constants": {"logSourceType": {"URL_REQUEST": 1, "SOCKET": 2}}, "events": [\n'
        '{"source": {"type": 1}, "params": {"url": "https://update.example/", "initiator": "not an origin"}},\n'
        '{"source": {"type": 2}, "params": {"url": "https://socket.example/", "initiator": "null"}},\n'
        '{"source": {"type": 1}, "params": {"url": "data:image/png,x", "initiator": "null"}},\n'
        '{"source": {"type": 1}, "params": {"url": "https://picture.example/x.png", "initiator": "null"}},\n'
    )

    assert screenshot.requests(log) == ["https://picture.example/x.png"]
